"""All SQL of models; every function takes a connection in a transaction and never commits."""

from datetime import datetime

import asyncpg

from altscore_scoring.errors import ModelRefused
from altscore_scoring.promotions.domain import Promotion

_ADD_PENDING_MODEL = """
INSERT INTO models (promotion_id, model_name, model_version, model_sha256, artifact_uri, promotion_record,
                    promoted_at, signature_key_id, signature, state, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10)
ON CONFLICT (model_sha256) DO UPDATE SET
    state = CASE models.state WHEN 'active' THEN 'active' ELSE 'pending' END, changed_at = excluded.changed_at,
    model_version = excluded.model_version, artifact_uri = excluded.artifact_uri, promotion_id = excluded.promotion_id,
    promotion_record = excluded.promotion_record, promoted_at = excluded.promoted_at,
    signature_key_id = excluded.signature_key_id, signature = excluded.signature
WHERE models.promoted_at < excluded.promoted_at
"""
_FORGET_CLAIMS = """
DELETE FROM inbox WHERE topic = $1 AND EXISTS (
    SELECT FROM models m WHERE NOT EXISTS (SELECT FROM model_decisions d WHERE d.decision_id = m.promotion_id))
"""
# A rollback to the model in use, before the one it takes back was loaded: that one is no longer the next.
_RETIRE_OVERTAKEN = """
UPDATE models SET state = 'retired', changed_at = $1
WHERE state = 'pending' AND promoted_at < (SELECT promoted_at FROM models WHERE state = 'active')
"""
# For the gauge alone: a state without its promotion in the history, or with a later one that was in use, is none.
_ACTIVE = """
SELECT m.promotion_id, m.model_name, m.model_version, m.model_sha256, m.artifact_uri, m.promotion_record, m.promoted_at,
       m.signature_key_id, m.signature
FROM models m JOIN model_decisions d ON d.decision_id = m.promotion_id AND d.kind = 'promotion'
    AND (d.record, d.signature_key_id, d.signature) = (m.promotion_record, m.signature_key_id, m.signature)
WHERE m.state = 'active' AND NOT EXISTS (
    SELECT FROM model_decisions later JOIN models o ON o.promotion_id = later.decision_id
    WHERE later.kind = 'promotion' AND (later.decided_at, later.seq) > (d.decided_at, d.seq) AND o.state = 'retired')
"""
ACTIVE_MODELS = f"SELECT count(*) FROM ({_ACTIVE}) AS active"  # noqa: S608  # a text of our own
_ADD_PROMOTION = """
INSERT INTO model_decisions (decision_id, kind, model_name, record, signature_key_id, signature, decided_at,
                             received_at)
VALUES ($1, 'promotion', $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING decision_id
"""
_COMPLETE_SIGNATURE = """
UPDATE models SET signature_key_id = $3, signature = $4
WHERE promotion_id = $1 AND promotion_record = $2 AND signature IS DISTINCT FROM $4 RETURNING model_sha256
"""
_IS_SUPERSEDED = "SELECT EXISTS (SELECT FROM models WHERE state = 'active' AND promoted_at > $1)"
# What a model of before has not scored yet, it never will; a job without an end was not blocked by a fault.
_END_JOBS_OF_OTHERS = "UPDATE jobs SET state = 'blocked' WHERE state NOT IN ('done', 'blocked') AND model_sha256 <> $1"
# A model that returns goes on with the newest run where it was ended.
_RESUME_NEWEST = """
UPDATE jobs SET state = 'queued' WHERE model_sha256 = $1 AND state = 'blocked' AND finished_at IS NULL
    AND run_id = (SELECT run_id FROM gold_runs ORDER BY arrival DESC LIMIT 1)
"""


async def forget_claims(connection: asyncpg.Connection, topic: str) -> None:
    """Lets the topic be applied again while a model's promotion is not in the history: the release before took it."""
    await connection.execute(_FORGET_CLAIMS, topic)


async def add_pending_model(connection: asyncpg.Connection, model: Promotion, at: datetime) -> None:
    """Keeps a promoted model until its artifacts are verified; a later promotion of the same bytes revives it."""
    await connection.execute(_ADD_PENDING_MODEL, *model, at)
    await connection.execute(_RETIRE_OVERTAKEN, at)


async def add_promotion(
    connection: asyncpg.Connection, model: Promotion, *, approved_at: datetime, at: datetime
) -> bool:
    """Adds a promotion to the history, which is never changed; False when it is there already."""
    added = await connection.fetchval(
        _ADD_PROMOTION,
        model.promotion_id,
        model.model_name,
        model.promotion_record,
        model.signature_key_id,
        model.signature,
        approved_at,
        at,
    )
    return added is not None


async def complete_signature(connection: asyncpg.Connection, model: Promotion) -> bool:
    """Adds the signature to a model that was promoted before signatures were kept; whether there was one."""
    completed = await connection.fetchval(
        _COMPLETE_SIGNATURE, model.promotion_id, model.promotion_record, model.signature_key_id, model.signature
    )
    return completed is not None


async def is_superseded(connection: asyncpg.Connection, model: Promotion) -> bool:
    """Whether the active model was promoted after this one."""
    return bool(await connection.fetchval(_IS_SUPERSEDED, model.promoted_at))


async def states(connection: asyncpg.Connection) -> dict[str, str]:
    """What was last done with each model, by digest; none of it is signed, so nothing rests on it alone."""
    rows = await connection.fetch("SELECT model_sha256, state FROM models")
    return {row["model_sha256"]: row["state"] for row in rows}


async def artifact_uri(connection: asyncpg.Connection, model_sha256: str) -> str:
    """Where a known model lies; whoever loads it holds its bytes against the digest.

    Raises:
        ModelRefused: it is not known.
    """
    uri = await connection.fetchval("SELECT artifact_uri FROM models WHERE model_sha256 = $1", model_sha256)
    if uri is None:
        raise ModelRefused("the model is not known")
    return str(uri)


async def lock_model(connection: asyncpg.Connection, model: Promotion, at: datetime) -> str:
    """The state of a model, which is added when it is missing; others wait until this transaction ends."""
    query = "SELECT state FROM models WHERE model_sha256 = $1 FOR UPDATE"
    state = await connection.fetchval(query, model.model_sha256)
    if state is None:
        await add_pending_model(connection, model, at)
        state = await connection.fetchval(query, model.model_sha256)
    return str(state)


async def activate_model(connection: asyncpg.Connection, model_sha256: str, at: datetime) -> None:
    """Makes a model the active one, retires every other, and ends what is being scored with another."""
    await connection.execute("UPDATE models SET state = 'retired', changed_at = $1 WHERE state = 'active'", at)
    await set_model_state(connection, model_sha256, state="active", at=at)
    await connection.execute(_RETIRE_OVERTAKEN, at)
    await connection.execute(_END_JOBS_OF_OTHERS, model_sha256)
    await connection.execute(_RESUME_NEWEST, model_sha256)


async def set_model_state(connection: asyncpg.Connection, model_sha256: str, *, state: str, at: datetime) -> None:
    """Changes a model's state."""
    query = "UPDATE models SET state = $2, changed_at = $3 WHERE model_sha256 = $1"
    await connection.execute(query, model_sha256, state, at)
