"""Lenders' access at score is as admin ordered it and as the audit trail says, or the difference is named."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from altscore_admin.reconciliation.domain import AccessDifference
from altscore_admin.reconciliation.service import PAGE, ReconciliationService
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.instants import format_instant
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS

from ..conftest import NOW, Operations, Upstreams

ORDER = str(uuid4())
YESTERDAY = NOW - timedelta(days=1)


def entry(
    producer: str, action: str, outcome: str, *, order_id: str = ORDER, at: Any = YESTERDAY, **details: str
) -> dict[str, Any]:
    """An entry of the audit trail about lender_one."""
    event = {"producer": producer, "action": action, "outcome": outcome, "subject": "lender_one"}
    payload = json.dumps(event | {"details": {"order_id": order_id, **details}})
    return {"action": action, "occurred_at": format_instant(at, "seconds"), "payload": payload}


def trail(
    action: str = "lender_suspended", *, order_id: str = ORDER, at: Any = YESTERDAY, **details: str
) -> list[dict[str, Any]]:
    """What the audit trail holds of an order that went as it should."""
    outcomes = (("admin", "requested"), ("score", "done"), ("admin", "ok"))
    return [entry(producer, action, outcome, order_id=order_id, at=at, **details) for producer, outcome in outcomes]


def lender(client_id: str = "lender_one", **change: Any) -> dict[str, Any]:
    """A lender as score lists it."""
    return {"client_id": client_id, "is_genuine": True, "is_active": True, "version": 1, **change}


def order(**change: Any) -> dict[str, Any]:
    """An order as score lists it."""
    done_at = format_instant(YESTERDAY, "seconds")
    return {
        **{"order_id": ORDER, "kind": "suspend", "client_id": "lender_one"},
        **{"done_at": done_at, "is_in_force": True},
        **change,
    }


SUSPENDED = [lender(is_active=False), lender("test_lender_one")]
WELL = [lender(), lender("test_lender_one")]


@pytest.fixture
def service(partners: Operations, upstreams: Upstreams, pool: asyncpg.Pool) -> ReconciliationService:
    """The service, with lender_one onboarded at admin."""
    clock = FixedClock(NOW)
    outbox = Outbox(SchemaCatalog.load(SCHEMAS), "admin", clock, mac_key=OUTBOX_KEY)
    return ReconciliationService(pool=pool, outbox=outbox, clock=clock, upstream=upstreams.clients())


@pytest.mark.parametrize(
    ("lenders", "orders", "entries", "expected"),
    [
        (WELL, [], [], []),
        (SUSPENDED, [order()], trail(), []),
        (WELL, [order()], trail(), [("lender_state", "lender_one")]),
        (SUSPENDED, [order()], trail(sandbox_too="yes"), [("lender_state", "test_lender_one")]),
        (SUSPENDED, [order()], trail()[1:2], [("order_unknown", ORDER)]),
        (SUSPENDED, [order()], [trail()[0], trail()[2]], [("order_not_audited", ORDER)]),
        (SUSPENDED, [], trail(), [("order_missing", ORDER)]),
        (WELL, [order(is_in_force=False)], trail("token_revoked"), [("revocation_missing", ORDER)]),
        ([*WELL, lender("lender_evil")], [], [], [("lender_unknown", "lender_evil")]),
        ([lender("test_lender_one")], [], [], [("lender_missing", "lender_one")]),
        ([lender(is_genuine=False), lender("test_lender_one")], [], [], [("lender_changed", "lender_one")]),
        # What happened a moment ago may be on its way into the audit trail; what is old is not compared.
        (SUSPENDED, [order(done_at=format_instant(NOW, "seconds"))], [], []),
        (SUSPENDED, [order(done_at="2026-01-01T00:00:00Z")], [], []),
        # A refused order was requested and not carried out.
        (WELL, [], [entry("admin", "lender_suspended", name) for name in ("requested", "refused")], []),
    ],
)
async def test_each_difference_is_named_and_nothing_else(
    service: ReconciliationService,
    upstreams: Upstreams,
    partners: Operations,
    *,
    lenders: list[Any],
    orders: list[Any],
    entries: list[Any],
    expected: list[tuple[str, str]],
) -> None:
    upstreams.lender_access, upstreams.trail = {"lenders": lenders, "orders": orders}, entries
    assert await service.reconcile() == [AccessDifference(*item) for item in expected]
    (audited,) = [event for event in await partners.events() if event["action"] == "lender_access_reconciled"]
    assert (audited["outcome"], sum(map(int, audited["details"].values()))) == (
        "differs" if expected else "ok",
        len(expected),
    )


async def test_every_page_of_the_audit_trail_is_read(service: ReconciliationService, upstreams: Upstreams) -> None:
    identifiers = [str(uuid4()) for _ in range(PAGE)]
    upstreams.lender_access = {"lenders": WELL, "orders": [order(order_id=name) for name in identifiers]}
    upstreams.trail = [item for name in identifiers for item in trail("tokens_revoked", order_id=name)]
    assert await service.reconcile() == []
    upstreams.trail = upstreams.trail[:-3]
    assert [item.kind for item in await service.reconcile()] == ["order_not_audited", "order_unknown"]


@pytest.mark.parametrize("neighbour", ["score", "audit"])
async def test_what_cannot_be_read_is_no_agreement(
    service: ReconciliationService, upstreams: Upstreams, neighbour: str
) -> None:
    upstreams.lender_access, upstreams.trail = {"lenders": WELL, "orders": []}, []
    upstreams.is_down.add(neighbour)
    with pytest.raises(Unavailable):
        await service.reconcile()
