"""Distributors, lenders and backfill windows: noted and audited first, then asked of the owner, then noted as done."""

from typing import Any

from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound

from altscore_admin import store
from altscore_admin.desk import Desk
from altscore_admin.operators import Operator


async def onboard_distributor(
    desk: Desk, operator: Operator, distributor_id: str, *, name: str, csr_pem: str
) -> dict[str, Any]:
    """Onboards a distributor at ingestion; what comes back holds his secrets, once, and is kept nowhere here."""
    by, at = operator.operator_id, desk.clock.now()
    async with transaction(desk.pool) as connection:
        await store.add_distributor(connection, distributor_id, name=name, by=by, at=at)
        await desk.outbox.audit(
            connection, "distributor_onboarded", actor=by, subject=distributor_id, outcome="requested"
        )
    try:
        answer = await desk.owners.put_distributor(distributor_id, name, csr_pem)
    except AltScoreError as error:
        await _failed(desk, "distributor_onboarded", by, distributor_id, error)
        raise
    async with transaction(desk.pool) as connection:
        await store.activate_distributor(connection, distributor_id)
        await desk.outbox.audit(
            connection,
            "distributor_onboarded",
            actor=by,
            subject=distributor_id,
            outcome="ok",
            details={"secrets_shown": "yes" if answer.get("api_key") else "no"},
        )
    return answer


async def onboard_lender(desk: Desk, operator: Operator, lender_id: str, *, name: str) -> dict[str, Any]:
    """Onboards a lender at score; its secret comes back once and is kept nowhere here."""
    by, at = operator.operator_id, desk.clock.now()
    async with transaction(desk.pool) as connection:
        await store.add_lender(connection, lender_id, name=name, by=by, at=at)
        await desk.outbox.audit(connection, "lender_onboarded", actor=by, subject=lender_id, outcome="requested")
    try:
        answer = await desk.owners.put_lender(lender_id, name)
    except AltScoreError as error:
        await _failed(desk, "lender_onboarded", by, lender_id, error)
        raise
    async with transaction(desk.pool) as connection:
        await store.activate_lender(connection, lender_id)
        await desk.outbox.audit(
            connection,
            "lender_onboarded",
            actor=by,
            subject=lender_id,
            outcome="ok",
            details={"secrets_shown": "yes" if answer.get("client_secret") else "no"},
        )
    return answer


async def open_backfill(desk: Desk, operator: Operator, distributor_id: str, *, hours: int) -> str:
    """Opens a distributor's backfill window; returns when it closes."""
    by = operator.operator_id
    async with transaction(desk.pool) as connection:
        if await store.distributor_name(connection, distributor_id) is None:
            raise NotFound("no such distributor")
        await desk.outbox.audit(
            connection,
            "backfill_opened",
            actor=by,
            subject=distributor_id,
            outcome="requested",
            details={"hours": str(hours)},
        )
    try:
        open_until = await desk.owners.open_backfill(distributor_id, hours)
    except AltScoreError as error:
        await _failed(desk, "backfill_opened", by, distributor_id, error)
        raise
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(
            connection,
            "backfill_opened",
            actor=by,
            subject=distributor_id,
            outcome="ok",
            details={"open_until": open_until},
        )
    return open_until


async def confirm_phone(desk: Desk, operator: Operator, retailer_id: str, distributor_id: str) -> None:
    """Confirms a retailer's phone that only this distributor's ledger names, so that it may answer invites.

    Raises:
        NotFound: no such distributor, or its ledger holds no phone of that retailer.

    Source: decision 89.
    """
    by, details = operator.operator_id, {"kind": "phone_confirmation", "distributor_id": distributor_id}
    async with transaction(desk.pool) as connection:
        if await store.distributor_name(connection, distributor_id) is None:
            raise NotFound("no such distributor")
        await desk.outbox.audit(
            connection, "admin_action", actor=by, subject=retailer_id, outcome="requested", details=details
        )
    try:
        contact_ref = await desk.owners.confirm_phone(retailer_id, distributor_id)
    except AltScoreError as error:
        async with transaction(desk.pool) as connection:
            await desk.outbox.audit(
                connection,
                "admin_action",
                actor=by,
                subject=retailer_id,
                outcome="refused",
                reason=error.code,
                details=details,
            )
        raise
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(
            connection,
            "admin_action",
            actor=by,
            subject=retailer_id,
            outcome="ok",
            details={**details, "contact_ref": contact_ref},
        )


async def _failed(desk: Desk, action: str, by: str, subject: str, error: AltScoreError) -> None:
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(connection, action, actor=by, subject=subject, outcome="refused", reason=error.code)
