"""Normal forms of text (decision 88): one to show, one to tell identities by."""

import hashlib
import re
import unicodedata
from functools import lru_cache

_LINE_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_NOTHING = frozenset({"", "-", "--", ".", "0", "na", "n/a", "n.a.", "nil", "none", "null", "urp", "unregistered"})
_LONGEST_LABEL = 64
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def display_text(text: str) -> str:
    """NFC without control and bidi characters; a line break or tab becomes a blank.

    Joiners stay: Devanagari and other scripts are written with them.
    """
    single_line = _BIDI.sub("", _LINE_BLANKS.sub(" ", text))
    return unicodedata.normalize("NFC", "".join(char for char in single_line if unicodedata.category(char) != "Cc"))


def label(text: str) -> str:
    """A short text of an ERP, as a bill's name, in one line and no longer than AltScore takes it.

    What is cut off is replaced by its digest, so that two long names stay two.
    """
    line = " ".join(display_text(text).split())
    if len(line) <= _LONGEST_LABEL:
        return line
    return f"{line[: _LONGEST_LABEL - 13]}~{hashlib.sha256(line.encode()).hexdigest()[:12]}"


def visible_text(text: str) -> str:
    """NFKC without format and control characters, blanks collapsed; case is kept."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    compatible = _LINE_BLANKS.sub(" ", unicodedata.normalize("NFKC", text))
    visible = "".join(char for char in compatible if unicodedata.category(char) not in ("Cf", "Cc"))
    return " ".join(unicodedata.normalize("NFKC", visible).split())


@lru_cache(maxsize=4096)
def comparison_text(text: str) -> str:
    """NFKC, case-folded, without format and control characters, blanks collapsed.

    Two texts that a person cannot tell apart by invisible characters, width, case or blanks are equal in this form.
    """
    return " ".join(unicodedata.normalize("NFKC", visible_text(text).casefold()).split())


def filled(text: str) -> str | None:
    """The cell's visible text, or None where it says nothing (`URP`, `NA`, `-`)."""
    cell = visible_text(text)
    return None if cell.casefold() in _NOTHING else cell
