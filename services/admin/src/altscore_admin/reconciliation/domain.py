"""What admin ordered, what the audit trail says was done and what score has must be the same. No I/O, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

TEST_PREFIX = "test_"
ACTIONS = (
    "token_revoked",
    "tokens_revoked",
    "lender_suspended",
    "lender_reactivated",
    "lender_secret_rotated",
)
_STATES = {"lender_suspended": False, "lender_reactivated": True}


class AccessDifference(NamedTuple):
    """One thing that two of the three do not agree on."""

    kind: str
    subject: str


class Lender(NamedTuple):
    """A lender as score has it."""

    client_id: str
    is_genuine: bool
    is_active: bool


class Order(NamedTuple):
    """An order that score carried out."""

    order_id: str
    client_id: str
    done_at: datetime
    is_in_force: bool


class AuditedOrder(NamedTuple):
    """What one entry of the audit trail says of an order."""

    producer: str
    action: str
    outcome: str
    order_id: str
    client_id: str
    occurred_at: datetime
    covers_sandbox: bool = False

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Whom the order is about."""
        return (self.client_id, f"{TEST_PREFIX}{self.client_id}") if self.covers_sandbox else (self.client_id,)


@dataclass(frozen=True)
class Facts:
    """What the three say.

    Attributes:
        onboarded: lenders that admin has onboarded; score must have them.
        requested: lenders whose onboarding was asked for; score may have them.
        lenders: as score has them.
        orders: that score carried out.
        audited: entries of both services about orders, of the window and of any order.
        since: from when orders are compared.
        until: up to when; younger ones may still be on their way into the audit trail.
    """

    onboarded: frozenset[str]
    requested: frozenset[str]
    lenders: list[Lender]
    orders: list[Order]
    audited: list[AuditedOrder]
    since: datetime
    until: datetime

    def is_compared(self, at: datetime) -> bool:
        """Whether something that happened then is compared."""
        return self.since <= at <= self.until


def differences(facts: Facts) -> list[AccessDifference]:
    """Everything that the three do not agree on, sorted."""
    return sorted({*_of_lenders(facts), *_of_states(facts), *_of_orders(facts)})


def _of_lenders(facts: Facts) -> Iterator[AccessDifference]:
    known = facts.requested | {f"{TEST_PREFIX}{lender_id}" for lender_id in facts.requested}
    present = {lender.client_id for lender in facts.lenders}
    yield from (AccessDifference("lender_unknown", client_id) for client_id in present - known)
    yield from (AccessDifference("lender_missing", client_id) for client_id in facts.onboarded - present)
    yield from (
        AccessDifference("lender_changed", lender.client_id) for lender in facts.lenders if not lender.is_genuine
    )


def _of_states(facts: Facts) -> Iterator[AccessDifference]:
    """The newest order to suspend or reactivate says what a lender's state is."""
    ordered: dict[str, bool] = {}
    for entry in sorted(_done(facts.audited, "score"), key=lambda entry: entry.occurred_at):
        if entry.action in _STATES:
            ordered |= dict.fromkeys(entry.client_ids, _STATES[entry.action])
    moving = {order.client_id for order in facts.orders if order.done_at > facts.until}
    moving |= {
        client_id for entry in facts.audited if entry.occurred_at > facts.until for client_id in entry.client_ids
    }
    moving |= {f"{TEST_PREFIX}{client_id}" for client_id in moving}  # an order may cover the sandbox client too
    for lender in facts.lenders:
        is_settled = lender.client_id not in moving
        if is_settled and ordered.get(lender.client_id, lender.is_active) != lender.is_active:
            yield AccessDifference("lender_state", lender.client_id)


def _of_orders(facts: Facts) -> Iterator[AccessDifference]:
    requested = {entry.order_id for entry in facts.audited if entry.producer == "admin"}
    done = {entry.order_id for entry in _done(facts.audited, "score")}
    carried_out = {order.order_id for order in facts.orders}
    for order in facts.orders:
        if not facts.is_compared(order.done_at):
            continue
        if order.order_id not in requested:
            yield AccessDifference("order_unknown", order.order_id)
        if order.order_id not in done:
            yield AccessDifference("order_not_audited", order.order_id)
    yield from (
        AccessDifference("revocation_missing", order.order_id) for order in facts.orders if not order.is_in_force
    )
    for entry in facts.audited:
        if not facts.is_compared(entry.occurred_at) or entry.order_id in carried_out:
            continue
        if (entry.producer, entry.outcome) in {("admin", "ok"), ("score", "done")}:
            yield AccessDifference("order_missing", entry.order_id)
        if entry.producer == "score" and entry.order_id not in requested:
            yield AccessDifference("order_unknown", entry.order_id)


def _done(audited: Iterable[AuditedOrder], producer: str) -> list[AuditedOrder]:
    return [entry for entry in audited if entry.producer == producer and entry.outcome == "done"]
