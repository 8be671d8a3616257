"""Publishes decisions about models."""

import asyncpg
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.domain import Approval
from altscore_admin.model_decisions.domain import DecisionStatement


async def publish_decided(
    outbox: Outbox,
    connection: asyncpg.Connection,
    decision_id: str,
    *,
    statement: DecisionStatement,
    approval: Approval,
) -> None:
    """Announces a decision with its signed record, in the transaction that approves it."""
    event = {
        "decision_id": decision_id,
        "kind": statement.kind,
        "model_name": statement.model_name,
        "decision_record": approval.record,
        "signature_key_id": approval.key_id,
        "signature": approval.signature,
        "decided_at": approval.at,
    }
    await outbox.add(connection, "model.decided", key=statement.model_name, data=event)
