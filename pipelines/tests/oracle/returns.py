"""The part of a credit note that gives goods back."""

from oracle.records import Return
from oracle.settlement import AccountState


def returned_paise(state: AccountState, returned: Return) -> int:
    """A credit note without what it wrote off."""
    return returned.paise - state.written_off[returned.key]
