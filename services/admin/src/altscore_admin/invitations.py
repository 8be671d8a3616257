"""Invites to a distributor's retailers: the vault says who can be reached, consent opens each invite once."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound, Unavailable
from altscore_libs.ids import new_id

from altscore_admin import store
from altscore_admin.clients import Contact
from altscore_admin.desk import Desk
from altscore_admin.domain import language_of
from altscore_admin.errors import PartnerRefused
from altscore_admin.operators import Operator

AT_ONCE = 8


@dataclass(frozen=True)
class InviteOrder:
    """What is asked of whom."""

    distributor_id: str
    lender_scope: Sequence[str]
    purpose: str
    hindi_share: Decimal
    retailer_ids: Collection[str] | None  # None: everybody of that distributor


async def invite(desk: Desk, operator: Operator, order: InviteOrder) -> dict[str, int]:
    """Sends the invites and counts them; repeating an interrupted run is safe.

    Returns:
        invited, already_open, unreachable, refused (consent said no for that retailer), unknown (named, but not his).

    Raises:
        NotFound: no such distributor.
        InvalidRequest: a lender that is not onboarded.
        Unavailable: vault or consent; what was invited so far stands.
    """
    run_id, by = new_id("ivr"), operator.operator_id
    name = await _begin(desk, order, run_id, by)
    counts: Counter[str] = Counter()
    named, after = set(order.retailer_ids or ()), None
    seen: set[str] = set()
    try:
        while True:
            page, after = await desk.owners.retailers(order.distributor_id, after)
            chosen = [contact for contact in page if order.retailer_ids is None or contact.retailer_id in named]
            seen.update(contact.retailer_id for contact in chosen)
            counts.update(await _invite_page(desk, order, name, chosen))
            if after is None:
                break
    except Unavailable:
        await _end(desk, order, run_id, by, counts=counts, outcome="interrupted")
        raise
    counts["unknown"] = len(named - seen)
    return await _end(desk, order, run_id, by, counts=counts, outcome="ok")


async def _begin(desk: Desk, order: InviteOrder, run_id: str, by: str) -> str:
    async with transaction(desk.pool) as connection:
        name = await store.distributor_name(connection, order.distributor_id)
        if name is None:
            raise NotFound("no such distributor")
        if await store.unknown_lenders(connection, order.lender_scope):
            raise InvalidRequest(
                "every lender must be onboarded", errors=[FieldError("lender_scope", "names an unknown lender")]
            )
        await store.begin_invites(
            connection,
            run_id,
            distributor_id=order.distributor_id,
            lender_scope=order.lender_scope,
            purpose=order.purpose,
            by=by,
            at=desk.clock.now(),
        )
        await desk.outbox.audit(
            connection,
            "admin_action",
            actor=by,
            subject=order.distributor_id,
            outcome="requested",
            details={"kind": "invites", "run_id": run_id, "lenders": ",".join(order.lender_scope)},
        )
    return name


async def _invite_page(desk: Desk, order: InviteOrder, name: str, page: Sequence[Contact]) -> Counter[str]:
    limit = asyncio.Semaphore(AT_ONCE)

    async def open_invite(contact: Contact) -> str:
        if contact.contact_ref is None:  # no confirmed phone in this distributor's own ledger (decision 89)
            return "unreachable"
        invite = {
            "retailer_id": contact.retailer_id,
            "contact_ref": contact.contact_ref,
            "distributor_id": order.distributor_id,
            "distributor_name": name,
            "lender_scope": list(order.lender_scope),
            "purpose": order.purpose,
            "language": language_of(contact.retailer_id, order.hindi_share),
        }
        async with limit:
            try:
                return "invited" if await desk.owners.invite(invite) else "already_open"
            except (PartnerRefused, InvalidRequest, NotFound):
                return "refused"

    results = await asyncio.gather(*(open_invite(contact) for contact in page), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return Counter(str(result) for result in results)


async def _end(
    desk: Desk, order: InviteOrder, run_id: str, by: str, *, counts: Counter[str], outcome: str
) -> dict[str, int]:
    whole = {kind: counts[kind] for kind in ("invited", "already_open", "unreachable", "refused", "unknown")}
    async with transaction(desk.pool) as connection:
        await store.end_invites(connection, run_id, whole, desk.clock.now())
        await desk.outbox.audit(
            connection,
            "admin_action",
            actor=by,
            subject=order.distributor_id,
            outcome=outcome,
            details={"kind": "invites", "run_id": run_id, **{kind: str(number) for kind, number in whole.items()}},
        )
    return whole
