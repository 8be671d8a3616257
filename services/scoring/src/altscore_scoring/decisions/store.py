"""All SQL of decisions; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from altscore_scoring.decisions.domain import Decision, SignedDecision

_ADD = """
INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, freeze_id, decided_at,
                             received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING decision_id
"""
_OF_KINDS = """
SELECT decision_id, kind, model_name, record, signature_key_id, signature FROM model_decisions
WHERE kind = ANY($1) ORDER BY decided_at DESC, seq DESC
"""
_BY_ID = """
SELECT decision_id, kind, model_name, record, signature_key_id, signature FROM model_decisions WHERE decision_id = $1
"""
_UNFREEZES = """
SELECT decision_id, kind, model_name, record, signature_key_id, signature FROM model_decisions
WHERE kind = 'unfreeze' AND freeze_id = $1 ORDER BY seq
"""


async def add_decision(
    connection: asyncpg.Connection, signed: SignedDecision, decision: Decision, at: datetime
) -> bool:
    """Keeps a verified decision for good; False when it is kept already."""
    freeze_id = decision.fields.get("freeze_id")
    added = await connection.fetchval(_ADD, *signed, freeze_id, decision.decided_at, at)
    return added is not None


async def decisions_of(connection: asyncpg.Connection, kinds: Sequence[str]) -> list[SignedDecision]:
    """Rows of these kinds, newest first (index model_decisions_by_kind); none of them is verified."""
    return [SignedDecision(*row) for row in await connection.fetch(_OF_KINDS, list(kinds))]


async def decisions_by_id(connection: asyncpg.Connection, decision_id: str) -> list[SignedDecision]:
    """The row of this id, if any; it is not verified."""
    return [SignedDecision(*row) for row in await connection.fetch(_BY_ID, decision_id)]


async def unfreezes_of(connection: asyncpg.Connection, freeze_id: str) -> list[SignedDecision]:
    """Rows that name a freeze to be ended; none of them is verified."""
    return [SignedDecision(*row) for row in await connection.fetch(_UNFREEZES, freeze_id)]
