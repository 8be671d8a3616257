"""Whether people's words say that money did not come after all: a narration, a way of paying, a status."""

import re

from altscore_connector.text import comparison_text

_BOUNCED = re.compile(
    r"bounc|dishono|unpaid|insufficient|stop\w* payment|payment stop|refer to drawer|बाउंस|अनादर"
    # A cheque, by its number or not, or a mandate that was returned; goods are returned too, so the word alone is none.
    r"|\b(?:che?q(?:ue)?s?|ecs|nach)\b\W*(?:(?:no|number)\b\W*)?(?:[\w/-]*\d[\w/-]*\W+)?(?:(?:was|is|has been)\s+)?"
    r"(?:returned|return|rtn|retd|ret)\b"
)
_RETURNED = re.compile(r"return|\brtn\b|\bretd?\b|वापस")


def narrates_a_bounce(text: str) -> bool:
    """Whether a narration speaks of a cheque or mandate that came back."""
    return _BOUNCED.search(comparison_text(text)) is not None


def speaks_of_a_bounce(text: str) -> bool:
    """Whether a way of paying, or the status of a receipt, says so; there a return is that of the money."""
    return narrates_a_bounce(text) or _RETURNED.search(comparison_text(text)) is not None
