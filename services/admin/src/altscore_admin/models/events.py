"""Publishes promoted models."""

import asyncpg
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.domain import Approval
from altscore_admin.models.domain import Statement


async def publish_promoted(
    outbox: Outbox, connection: asyncpg.Connection, promotion_id: str, statement: Statement, approval: Approval
) -> None:
    """Announces the new champion with its signed record, in the transaction that approves it."""
    event = {
        "promotion_id": promotion_id,
        **statement.identification,
        "promotion_record": approval.record,
        "signature_key_id": approval.key_id,
        "signature": approval.signature,
        "promoted_at": approval.at,
    }
    await outbox.add(connection, "model.promoted", key=statement.model_name, data=event)
