"""All SQL of models; every function takes a connection in a transaction and never commits."""

from datetime import datetime

import asyncpg

from altscore_scoring.promotions.domain import Promotion

_ADD_PENDING_MODEL = """
INSERT INTO models (promotion_id, model_name, model_version, model_sha256, artifact_uri, promotion_record,
                    promoted_at, state, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8)
ON CONFLICT (model_sha256) DO UPDATE SET
    state = 'pending', changed_at = excluded.changed_at, model_version = excluded.model_version,
    artifact_uri = excluded.artifact_uri, promotion_id = excluded.promotion_id,
    promotion_record = excluded.promotion_record, promoted_at = excluded.promoted_at
WHERE models.state <> 'active'
"""
_MODEL_IN_STATE = """
SELECT promotion_id, model_name, model_version, model_sha256, artifact_uri, promotion_record, promoted_at
FROM models WHERE state = $1 ORDER BY promoted_at DESC, model_sha256 LIMIT 1
"""
_MODEL = """
SELECT promotion_id, model_name, model_version, model_sha256, artifact_uri, promotion_record, promoted_at
FROM models WHERE model_sha256 = $1
"""


async def add_pending_model(connection: asyncpg.Connection, model: Promotion, at: datetime) -> None:
    """Keeps a promoted model until its artifacts are verified; a later promotion of the same bytes revives it."""
    await connection.execute(_ADD_PENDING_MODEL, *model, at)


async def model_in_state(connection: asyncpg.Connection, state: str) -> Promotion | None:
    """The latest promoted model in a state; of 'active' there is at most one (index models_one_active)."""
    row = await connection.fetchrow(_MODEL_IN_STATE, state)
    return None if row is None else Promotion(*row)


async def model(connection: asyncpg.Connection, model_sha256: str) -> Promotion:
    """A known model."""
    return Promotion(*await connection.fetchrow(_MODEL, model_sha256))


async def lock_pending(connection: asyncpg.Connection, model_sha256: str) -> bool:
    """Whether a model is still pending; no other worker decides on it before this transaction ends."""
    query = "SELECT FROM models WHERE model_sha256 = $1 AND state = 'pending' FOR UPDATE"
    return await connection.fetchrow(query, model_sha256) is not None


async def activate_model(connection: asyncpg.Connection, model_sha256: str, at: datetime) -> None:
    """Makes a model the active one and retires every other."""
    await connection.execute("UPDATE models SET state = 'retired', changed_at = $1 WHERE state = 'active'", at)
    await set_model_state(connection, model_sha256, state="active", at=at)
    await connection.execute("UPDATE models SET state = 'retired', changed_at = $1 WHERE state = 'pending'", at)


async def set_model_state(connection: asyncpg.Connection, model_sha256: str, *, state: str, at: datetime) -> None:
    """Changes a model's state."""
    query = "UPDATE models SET state = $2, changed_at = $3 WHERE model_sha256 = $1"
    await connection.execute(query, model_sha256, state, at)
