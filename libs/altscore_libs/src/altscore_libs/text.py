"""Normal forms of text (decision 88): one to show, one to compare by, that one with its case, and its bare letters."""

import re
import unicodedata

_LINE_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Invisible, yet neither format nor control characters: variation selectors, joiners and fillers of single scripts.
_FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Accents, strokes and frames that are put over any letter; the vowel signs of Indian scripts are not among them.
_OVERLAYS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

# Quotation marks, messengers' marks for bold, italic and fixed width, and what ends a sentence that asks nothing. The
# mark that strikes out is not among them: who crosses a word out does not say it.
_AROUND_A_SENTENCE = " .,;:!।॥。、*_`´\"'“”„‘’‚«»()[]{}<>-–—"


def display_text(text: str) -> str:
    """NFC without control and bidi characters; a line break or tab becomes a blank.

    Joiners stay: Devanagari and other scripts are written with them.
    """
    single_line = _BIDI.sub("", _LINE_BLANKS.sub(" ", text))
    return unicodedata.normalize("NFC", "".join(char for char in single_line if unicodedata.category(char) != "Cc"))


def visible_text(text: str) -> str:
    """NFKC without format and control characters, blanks collapsed; case is kept, for identifiers that it tells apart.

    It is the comparison form without case-folding.
    """
    compatible = _LINE_BLANKS.sub(" ", unicodedata.normalize("NFKC", text))
    visible = "".join(char for char in compatible if unicodedata.category(char) not in ("Cf", "Cc"))
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def comparison_text(text: str) -> str:
    """NFKC, case-folded, without format and control characters, blanks collapsed.

    Two texts that a person cannot tell apart by invisible characters, width, case or blanks are equal in this form.
    """
    return " ".join(unicodedata.normalize("NFKC", visible_text(text).casefold()).split())


def without_fillers(text: str) -> str:
    """The text without variation selectors, joiners and fillers, which are invisible and of no format category."""
    return _FILLERS.sub("", text)


def sentence_text(text: str) -> str:
    """The comparison form without what stands around a plain statement; a question stays one."""
    return comparison_text(without_fillers(text)).strip(_AROUND_A_SENTENCE)


def bare_text(text: str, *, between: str = " ") -> str:
    """The comparison form of nothing but letters, their vowel signs, and digits, blanks collapsed.

    Everything else goes: punctuation, quotation marks, emoji, accents and strokes over letters, and the marks by which
    messengers write bold, italic, struck or fixed-width text.

    Args:
        text: as somebody wrote it.
        between: what stands for each punctuation mark and symbol, a blank or nothing.
    """
    compared = comparison_text(without_fillers(text))
    letters = unicodedata.normalize("NFC", _OVERLAYS.sub("", unicodedata.normalize("NFD", compared)))
    kept = (char if char == " " or unicodedata.category(char)[0] in "LMN" else between for char in letters)
    return " ".join("".join(kept).split())
