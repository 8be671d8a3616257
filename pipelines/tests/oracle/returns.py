"""The part of a credit note that gives goods back."""

from oracle.records import Return
from oracle.rules import Rules
from oracle.settlement import AccountState


def returned_paise(state: AccountState, returned: Return, rules: Rules) -> int:
    """A credit note without what it wrote off."""
    return returned.paise - (state.written_off[returned.key] if rules.write_offs else 0)
