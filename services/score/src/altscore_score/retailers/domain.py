"""The form of a GSTIN."""

import re

_GSTIN = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)"  # state or territory
    r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]"  # PAN; its fourth letter is the kind of holder
    r"[1-9A-Z]Z[0-9A-Z]"  # registration in the state, Z, check character
)
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_gstin(value: str) -> bool:
    """Whether a text has the form and the check character of a retailer's GSTIN (special registrations have another).

    Source: the published algorithm; weights 1 and 2 alternate, digits of each product in base 36 are added.
    """
    if not _GSTIN.fullmatch(value):
        return False
    total = 0
    for position, character in enumerate(value[:14]):
        quotient, remainder = divmod(_BASE36.index(character) * (1 + position % 2), 36)
        total += quotient + remainder
    return _BASE36[-total % 36] == value[14]
