"""Rules of invitations that need no database."""

from decimal import Decimal

import pytest
from altscore_admin.invitations.domain import InvitationCommand, complete_counts, language_of

from ..conftest import retailer


def command(**changes: object) -> InvitationCommand:
    values = {
        "distributor_id": "dist_north",
        "lender_scope": ("lender_one",),
        "purpose": "credit_score",
        "hindi_share": Decimal(1),
        "retailer_ids": None,
    }
    return InvitationCommand(**{**values, **changes})  # type: ignore[arg-type]  # the values above fit


def test_without_names_everybody_is_invited_and_with_names_only_they() -> None:
    assert command().includes(retailer(1))
    named = command(retailer_ids=frozenset({retailer(2)}))
    assert [named.includes(retailer(number)) for number in (1, 2)] == [False, True]


@pytest.mark.parametrize(("share", "expected"), [("0", {"en"}), ("1", {"hi"})])
def test_a_share_of_nothing_or_everything_leaves_one_language(share: str, expected: set[str]) -> None:
    assert {language_of(retailer(number), Decimal(share)) for number in range(200)} == expected


def test_every_outcome_is_counted_even_when_it_never_occurred() -> None:
    assert complete_counts({"invited": 2}) == {
        "invited": 2,
        "already_open": 0,
        "unreachable": 0,
        "refused": 0,
        "unknown": 0,
    }
