"""Text as it is shown and as it is compared (decision 88)."""

import re
import unicodedata

_BLANKS = re.compile(r"\s+")


def display_text(text: str) -> str:
    """The text to show: NFC, blanks collapsed, without control, bidirectional and other invisible marks but joiners."""
    composed = unicodedata.normalize("NFC", _BLANKS.sub(" ", text))
    return "".join(c for c in composed if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf")).strip()


def without_invisible(text: str) -> str:
    """NFKC with every format character (Cf) and control character removed and blanks collapsed; case is kept."""
    compatible = _BLANKS.sub(" ", unicodedata.normalize("NFKC", text))
    return _BLANKS.sub(" ", "".join(c for c in compatible if unicodedata.category(c) not in ("Cc", "Cf"))).strip()


def comparison_text(text: str) -> str:
    """The text to compare by: `without_invisible`, case-folded."""
    return without_invisible(text).casefold()


_JOINERS = "\u200c\u200d"  # Devanagari spells with them
