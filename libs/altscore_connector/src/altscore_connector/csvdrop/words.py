"""Words of people in a file: what a status, a kind of document or a currency says."""

import re
from typing import Literal

from altscore_connector.text import comparison_text, filled

_LETTERS = re.compile(r"[^\W\d_]+(?:[\u0900-\u0903\u093a-\u094d]+[^\W\d_]*)*")
_CANCELLED = re.compile(r"cancel|void|delet|revers|रद्द|निरस्त")
_NEGATED = frozenset({"not", "un", "no", "never", "non", "नहीं"})
_LIVE_TEXT = (
    "active approved billed cleared closed completed complete confirmed delivered dispatched due final finalised "
    "finalized generated invoiced issued live locked normal ok open outstanding overdue paid partial part partially "
    "partly pending posted printed received regular sent settled shipped submitted unpaid valid "
    "चालू सक्रिय भुगतान बकाया"
)
_LIVE = frozenset(_LIVE_TEXT.split())
_RUPEES = frozenset({"inr", "rs", "rs.", "₹", "rupee", "rupees", "indian rupee", "indian rupees", "re", "रुपये", "रुपया"})
_CREDIT_NOTE = re.compile(r"credit[\s/-]*(?:note|memo)|sales?[\s-]*return|\bc/?n\b|\bcr\.?\s*note\b|क्रेडिट नोट")
_NO_INVOICE = re.compile(
    r"receipt|payment|journal|purchase|debit[\s-]*note|order|quot|pro[\s-]?forma|challan|contra|estimate|delivery note"
)

State = Literal["live", "cancelled", "unknown"]
Kind = Literal["invoice", "return", "other"]


def state_of(text: str) -> State:
    """What a status says of a document; one that is neither of a standing nor of a withdrawn one is not guessed."""
    if filled(text) is None:
        return "live"
    terms = _LETTERS.findall(comparison_text(text))
    withdrawn = [term for term in terms if _CANCELLED.search(term)]
    if withdrawn:
        is_negated = not _NEGATED.isdisjoint(terms) or any(term.startswith("un") for term in withdrawn)
        return "unknown" if is_negated else "cancelled"
    return "live" if terms and _LIVE.issuperset(terms) else "unknown"


def is_rupees(text: str) -> bool:
    """Whether a currency is that of India; an empty cell says nothing else."""
    return filled(text) is None or comparison_text(text) in _RUPEES


def kind_of(text: str) -> Kind:
    """What the type of a voucher says: a credit note, a document that is no invoice at all, or anything else."""
    written = comparison_text(text)
    if _CREDIT_NOTE.search(written):
        return "return"
    return "other" if _NO_INVOICE.search(written) and "invoice" not in written else "invoice"
