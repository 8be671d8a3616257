"""Lenders' client ids, and what operators order about their access."""

from dataclasses import dataclass, replace
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

    @property
    def covers_sandbox(self) -> bool:
        """Whether the lender's sandbox client is meant too: whoever is refused, or let in again, is so everywhere."""
        return self.kind in ("suspend", "reactivate") and not is_test(self.lender_id)


class OrderResult(NamedTuple):
    """What became of an order; the secret is shown this once."""

    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


class OnboardedSecrets(NamedTuple):
    """Secrets that were issued just now; None where the credentials existed before."""

    live: str | None
    test: str | None


class FormerSecret(NamedTuple):
    """The hash of a secret that was replaced, and until when it still counts."""

    secret_hash: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class LenderRow:
    """A lender's row in the database, all of which its MAC covers."""

    lender_id: str
    version: int
    secret_hash: str
    is_active: bool
    tokens_valid_from: datetime | None
    former_secrets: tuple[FormerSecret, ...] = ()

    def valid_hashes(self, now: datetime) -> list[str]:
        """Hashes that the lender's secret may match; none while it is suspended."""
        if not self.is_active:
            return []
        former = [secret.secret_hash for secret in self.former_secrets if secret.valid_until > now]
        return [self.secret_hash, *former]

    def rotated(self, secret_hash: str, *, now: datetime, former_until: datetime) -> "LenderRow":
        """With a new secret; every other one counts until `former_until` at most."""
        former = [*self.former_secrets]
        if former_until > now:
            former.append(FormerSecret(self.secret_hash, former_until))
        shortened = (FormerSecret(secret.secret_hash, min(secret.valid_until, former_until)) for secret in former)
        counting = tuple(secret for secret in shortened if secret.valid_until > now)
        return replace(self, version=self.version + 1, secret_hash=secret_hash, former_secrets=counting)

    def with_state(self, *, is_active: bool, epoch: datetime | None) -> "LenderRow":
        """Suspended or reactivated, and without the tokens that were issued until `epoch`, which never goes back."""
        instants = [instant for instant in (epoch, self.tokens_valid_from) if instant is not None]
        return replace(
            self, version=self.version + 1, is_active=is_active, tokens_valid_from=max(instants, default=None)
        )


class ListedLender(NamedTuple):
    """A lender's access as it stands in the database, and whether its row is genuine."""

    client_id: str
    is_genuine: bool
    is_active: bool
    version: int


class ListedOrder(NamedTuple):
    """An order that was carried out; not in force where the revocation of a token that lives is gone."""

    order_id: str
    kind: str
    client_id: str
    done_at: datetime
    is_in_force: bool


class AccessListing(NamedTuple):
    """Lenders and orders, for the comparison with what admin ordered."""

    lenders: list[ListedLender]
    orders: list[ListedOrder]
