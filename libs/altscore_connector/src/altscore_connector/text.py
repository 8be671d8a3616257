"""Normal forms of text (decision 88): one to show, one to tell identities by."""

import re
import unicodedata
from functools import lru_cache

_LINE_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def display_text(text: str) -> str:
    """NFC without control and bidi characters; a line break or tab becomes a blank.

    Joiners stay: Devanagari and other scripts are written with them.
    """
    single_line = _BIDI.sub("", _LINE_BLANKS.sub(" ", text))
    return unicodedata.normalize("NFC", "".join(char for char in single_line if unicodedata.category(char) != "Cc"))


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
