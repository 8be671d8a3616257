"""Lenders' client ids, and what operators order about their access."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

TEST_PREFIX = "test_"
OrderKind = Literal["revoke_token", "revoke_tokens", "suspend", "reactivate", "rotate_secret"]


def is_test(client_id: str) -> bool:
    """Whether a client id is that of test credentials."""
    return client_id.startswith(TEST_PREFIX)


def test_id_of(lender_id: str) -> str:
    """The client id of a lender's test credentials."""
    return f"{TEST_PREFIX}{lender_id}"


@dataclass(frozen=True)
class AccessOrder:
    """One thing an operator orders about a lender's access.

    Args:
        order_id: the same id is carried out once.
        kind: what.
        lender_id: whose.
        by: the operator's id.
        reason: a word of the operators' list.
        jti: of `revoke_token`.
        overlap: of `rotate_secret`: how long the secrets before may still be used.
    """

    order_id: UUID
    kind: OrderKind
    lender_id: str
    by: str
    reason: str
    jti: str | None = None
    overlap: timedelta = timedelta(0)


class OrderResult(NamedTuple):
    """What became of an order; the secret is shown this once."""

    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


class OnboardedSecrets(NamedTuple):
    """Secrets that were issued just now; None where the credentials existed before."""

    live: str | None
    test: str | None
