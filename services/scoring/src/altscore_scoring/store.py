"""All SQL of the scoring database; every function takes a connection in a transaction and never commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg

from altscore_scoring.promotion import Promotion


class GoldRun(NamedTuple):
    """An announced run of the pipeline."""

    run_id: str
    run_key: str
    manifest_uri: str
    manifest_sha256: str
    as_of_on: date
    retailers: int
    consent_version: int


class Job(NamedTuple):
    """The scoring of one run with one model, and how far it got."""

    run_id: str
    model_sha256: str
    next_row: int
    monitors: dict[str, Any] | None
    counts: dict[str, int]


class ScoreRow(NamedTuple):
    """A row of `scores`."""

    score_id: str
    retailer_id: str
    run_id: str
    model_sha256: str
    scored_at: datetime
    sealed_record: str
    seal_key_id: str
    seal: str
    evidence_digest: str


class BlockRow(NamedTuple):
    """A row of `blocks`."""

    block_id: str
    retailer_id: str | None
    scope: str
    reason: str
    code: str
    run_id: str | None
    model_sha256: str | None
    blocked_at: datetime
    evidence_digest: str | None


_ADD_GOLD_RUN = """
INSERT INTO gold_runs (run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version,
                       received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_NEWEST_GOLD_RUN = """
SELECT run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version
FROM gold_runs ORDER BY arrival DESC LIMIT 1
"""
_GOLD_RUN = """
SELECT run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version
FROM gold_runs WHERE run_id = $1
"""
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
_ADD_SCORES = """
INSERT INTO scores (score_id, retailer_id, run_id, model_sha256, scored_at, sealed_record, seal_key_id, seal,
                    evidence_digest)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                     $8::text[], $9::text[])
ON CONFLICT DO NOTHING RETURNING score_id
"""
_ADD_BLOCKS = """
INSERT INTO blocks (block_id, retailer_id, scope, reason, code, run_id, model_sha256, blocked_at, evidence_digest)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::text[])
ON CONFLICT DO NOTHING RETURNING block_id
"""
_SCORE = """
SELECT score_id, retailer_id, run_id, model_sha256, scored_at, sealed_record, seal_key_id, seal, evidence_digest
FROM scores WHERE score_id = $1
"""
_OUTCOME = """
SELECT 'computed' FROM scores WHERE run_id = $1 AND model_sha256 = $2 AND retailer_id = $3
UNION ALL
SELECT reason FROM blocks WHERE run_id = $1 AND model_sha256 = $2 AND retailer_id = $3 AND reason <> 'CONSENT'
LIMIT 1
"""


async def add_gold_run(connection: asyncpg.Connection, run: GoldRun, at: datetime) -> None:
    """Keeps an announced run; announcing it again changes nothing."""
    await connection.execute(_ADD_GOLD_RUN, *run, at)


async def newest_gold_run(connection: asyncpg.Connection) -> GoldRun | None:
    """The run that arrived last (index gold_runs_arrival_key)."""
    row = await connection.fetchrow(_NEWEST_GOLD_RUN)
    return None if row is None else GoldRun(*row)


async def gold_run(connection: asyncpg.Connection, run_id: str) -> GoldRun:
    """A known run."""
    return GoldRun(*await connection.fetchrow(_GOLD_RUN, run_id))


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


async def activate_model(connection: asyncpg.Connection, model_sha256: str, at: datetime) -> None:
    """Moves the pointer."""
    await connection.execute("UPDATE models SET state = 'retired', changed_at = $1 WHERE state = 'active'", at)
    await set_model_state(connection, model_sha256, "active", at)
    await connection.execute("UPDATE models SET state = 'retired', changed_at = $1 WHERE state = 'pending'", at)


async def set_model_state(connection: asyncpg.Connection, model_sha256: str, state: str, at: datetime) -> None:
    """Changes a model's state."""
    query = "UPDATE models SET state = $2, changed_at = $3 WHERE model_sha256 = $1"
    await connection.execute(query, model_sha256, state, at)


async def add_job(connection: asyncpg.Connection, run_id: str, model_sha256: str, at: datetime) -> None:
    """Queues a run for a model, once."""
    await connection.execute(
        "INSERT INTO jobs (run_id, model_sha256, state, queued_at) VALUES ($1, $2, 'queued', $3) "
        "ON CONFLICT DO NOTHING",
        run_id,
        model_sha256,
        at,
    )


async def requeue_job(connection: asyncpg.Connection, run_id: str) -> None:
    """Queues the blocked jobs of a run again, where they stopped."""
    query = "UPDATE jobs SET state = 'queued', finished_at = NULL WHERE run_id = $1 AND state = 'blocked'"
    await connection.execute(query, run_id)


async def queued_job(connection: asyncpg.Connection) -> Job | None:
    """The oldest queued job (index jobs_queued)."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs WHERE state = 'queued' "
        "ORDER BY queued_at, run_id LIMIT 1"
    )
    return None if row is None else _job(row)


async def lock_job(connection: asyncpg.Connection, run_id: str, model_sha256: str) -> Job | None:
    """The queued job under a row lock, or None when another worker finished it."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs "
        "WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued' FOR UPDATE",
        run_id,
        model_sha256,
    )
    return None if row is None else _job(row)


async def finished_job(connection: asyncpg.Connection, run_id: str, model_sha256: str) -> Job | None:
    """The job of a run that is done."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs "
        "WHERE run_id = $1 AND model_sha256 = $2 AND state = 'done'",
        run_id,
        model_sha256,
    )
    return None if row is None else _job(row)


def _job(row: asyncpg.Record) -> Job:
    monitors = None if row["monitors"] is None else json.loads(row["monitors"])
    return Job(row["run_id"], row["model_sha256"], row["next_row"], monitors, json.loads(row["counts"]))


async def save_monitors(connection: asyncpg.Connection, job: Job, monitors: Mapping[str, Any]) -> None:
    """Keeps the run-wide measurements, so that a resumed job flags alike."""
    query = "UPDATE jobs SET monitors = $3 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, json.dumps(monitors))


async def advance_job(connection: asyncpg.Connection, job: Job, next_row: int, counts: Mapping[str, int]) -> None:
    """Moves a job past a chunk."""
    query = "UPDATE jobs SET next_row = $3, counts = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, next_row, json.dumps(counts))


async def finish_job(connection: asyncpg.Connection, job: Job, state: str, at: datetime) -> None:
    """Ends a job as 'done' or 'blocked'."""
    query = "UPDATE jobs SET state = $3, finished_at = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, state, at)


async def add_evidence(connection: asyncpg.Connection, items: Mapping[str, tuple[str, str]]) -> None:
    """Adds digest → (kind, body); what is known already is kept."""
    await connection.execute(
        "INSERT INTO evidence (digest, kind, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) "
        "ON CONFLICT DO NOTHING",
        list(items),
        [kind for kind, _ in items.values()],
        [body for _, body in items.values()],
    )


async def add_scores(connection: asyncpg.Connection, rows: Sequence[ScoreRow]) -> set[str]:
    """Adds scores; returns the ids that are new. A retailer has one score per run and model."""
    if not rows:
        return set()
    found = await connection.fetch(_ADD_SCORES, *map(list, zip(*rows, strict=True)))
    return {row["score_id"] for row in found}


async def add_blocks(connection: asyncpg.Connection, rows: Sequence[BlockRow]) -> set[str]:
    """Adds blocks; returns the ids that are new."""
    if not rows:
        return set()
    found = await connection.fetch(_ADD_BLOCKS, *map(list, zip(*rows, strict=True)))
    return {row["block_id"] for row in found}


async def score(connection: asyncpg.Connection, score_id: str) -> ScoreRow | None:
    """A score by id."""
    row = await connection.fetchrow(_SCORE, score_id)
    return None if row is None else ScoreRow(*row)


async def evidence(connection: asyncpg.Connection, digest: str) -> str | None:
    """The body of a piece of evidence."""
    found: str | None = await connection.fetchval("SELECT body FROM evidence WHERE digest = $1", digest)
    return found


async def outcome_of(connection: asyncpg.Connection, run_id: str, model_sha256: str, retailer_id: str) -> str | None:
    """'computed' or the reason of the block that a retailer has in a run; consent blocks leave him open."""
    found: str | None = await connection.fetchval(_OUTCOME, run_id, model_sha256, retailer_id)
    return found


async def add_revocation(connection: asyncpg.Connection, retailer_id: str, consent_id: str, at: datetime) -> None:
    """Keeps a revocation until it is settled."""
    query = "INSERT INTO revocations (retailer_id, consent_id, received_at) VALUES ($1, $2, $3)"
    await connection.execute(query, retailer_id, consent_id, at)


async def last_revocation(connection: asyncpg.Connection) -> int:
    """Number of the newest revocation, 0 when there is none."""
    found: int = await connection.fetchval("SELECT coalesce(max(id), 0) FROM revocations")
    return found


async def is_revoked_since(connection: asyncpg.Connection, retailer_ids: Sequence[str], last: int) -> bool:
    """Whether one of these retailers revoked after `last` (index revocations_of_retailer)."""
    query = "SELECT EXISTS (SELECT FROM revocations WHERE retailer_id = ANY($1) AND id > $2)"
    found: bool = await connection.fetchval(query, list(retailer_ids), last)
    return found


async def open_revocations(connection: asyncpg.Connection, limit: int) -> list[tuple[int, str]]:
    """Revocations not yet settled, oldest first (index revocations_open)."""
    query = "SELECT id, retailer_id FROM revocations WHERE settled_at IS NULL ORDER BY id LIMIT $1"
    return [(row["id"], row["retailer_id"]) for row in await connection.fetch(query, limit)]


async def settle_revocations(connection: asyncpg.Connection, ids: Sequence[int], at: datetime) -> list[int]:
    """Marks revocations as settled; returns those that nobody else settled meanwhile."""
    query = "UPDATE revocations SET settled_at = $2 WHERE id = ANY($1) AND settled_at IS NULL RETURNING id"
    return [row["id"] for row in await connection.fetch(query, list(ids), at)]


async def add_request(connection: asyncpg.Connection, retailer_id: str, lender_id: str, at: datetime) -> None:
    """Keeps a lender's request for a score until it is settled."""
    query = "INSERT INTO score_requests (retailer_id, lender_id, received_at) VALUES ($1, $2, $3)"
    await connection.execute(query, retailer_id, lender_id, at)


async def open_requests(connection: asyncpg.Connection, limit: int) -> list[str]:
    """Retailers with an open request, oldest first (index score_requests_open)."""
    query = "SELECT retailer_id FROM score_requests WHERE settled_at IS NULL ORDER BY id LIMIT $1"
    return list(dict.fromkeys(row["retailer_id"] for row in await connection.fetch(query, limit)))


async def settle_requests(connection: asyncpg.Connection, outcomes: Mapping[str, str], at: datetime) -> None:
    """Closes the open requests of these retailers."""
    await connection.execute(
        "UPDATE score_requests AS r SET settled_at = $3, outcome = o.outcome "
        "FROM unnest($1::text[], $2::text[]) AS o (retailer_id, outcome) "
        "WHERE r.retailer_id = o.retailer_id AND r.settled_at IS NULL",
        list(outcomes),
        list(outcomes.values()),
        at,
    )
