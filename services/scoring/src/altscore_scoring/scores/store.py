"""All SQL of scores, blocks and evidence; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from altscore_scoring.scores.evidence import EvidenceItem

_SIGNATURE = frozenset({"record", "key_id", "signature"})


class ScoreRow(NamedTuple):
    """A row of `scores`; the signed record, its key and its signature are sealed_record, seal_key_id and seal there."""

    score_id: str
    retailer_id: str
    run_id: str
    model_sha256: str
    scored_at: datetime
    record: str
    key_id: str
    signature: str
    evidence_digest: str

    def signed_fields(self) -> dict[str, Any]:
        """The columns that the signed record repeats."""
        return {name: value for name, value in self._asdict().items() if name not in _SIGNATURE}


class BlockRow(NamedTuple):
    """A row of `blocks`; the signature is missing in blocks of whole runs, and in those of earlier releases."""

    block_id: str
    retailer_id: str | None
    scope: str
    reason: str
    code: str
    run_id: str | None
    model_sha256: str | None
    blocked_at: datetime
    evidence_digest: str | None
    record: str | None = None
    key_id: str | None = None
    signature: str | None = None

    def signed_fields(self) -> dict[str, Any]:
        """The columns that the signed record repeats."""
        return {name: value for name, value in self._asdict().items() if name not in _SIGNATURE}


_ADD_SCORES = """
INSERT INTO scores (score_id, retailer_id, run_id, model_sha256, scored_at, sealed_record, seal_key_id, seal,
                    evidence_digest)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
                     $8::text[], $9::text[])
ON CONFLICT DO NOTHING RETURNING score_id
"""
_ADD_BLOCKS = """
INSERT INTO blocks (block_id, retailer_id, scope, reason, code, run_id, model_sha256, blocked_at, evidence_digest,
                    sealed_record, seal_key_id, seal)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[])
ON CONFLICT DO NOTHING RETURNING block_id
"""
_SCORES_THAT_STAND = """
SELECT n.score_id FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS n (score_id, run_id, model_sha256, retailer_id)
JOIN scores s USING (run_id, model_sha256, retailer_id)
"""
_BLOCKS_THAT_STAND = """
SELECT n.block_id FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS n (block_id, run_id, model_sha256, retailer_id, reason)
JOIN blocks b USING (run_id, model_sha256, retailer_id, reason)
"""
_SCORE = """
SELECT score_id, retailer_id, run_id, model_sha256, scored_at, sealed_record, seal_key_id, seal, evidence_digest
FROM scores WHERE score_id = $1
"""
_BLOCK = """
SELECT block_id, retailer_id, scope, reason, code, run_id, model_sha256, blocked_at, evidence_digest, sealed_record,
       seal_key_id, seal
FROM blocks WHERE block_id = $1
"""
_KEY_OF_A_SCORE = ("score_id", "run_id", "model_sha256", "retailer_id")
_KEY_OF_A_BLOCK = ("block_id", "run_id", "model_sha256", "retailer_id", "reason")
_OUTCOME = """
SELECT 'computed' FROM scores WHERE run_id = $1 AND model_sha256 = $2 AND retailer_id = $3
UNION ALL
SELECT reason FROM blocks WHERE run_id = $1 AND model_sha256 = $2 AND retailer_id = $3 AND reason <> 'CONSENT'
LIMIT 1
"""


async def add_evidence(connection: asyncpg.Connection, items: Sequence[EvidenceItem]) -> None:
    """Adds records of evidence; what is known already is kept."""
    await connection.execute(
        "INSERT INTO evidence (digest, kind, body) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) "
        "ON CONFLICT DO NOTHING",
        [item.digest for item in items],
        [item.kind for item in items],
        [item.body for item in items],
    )


async def add_scores(connection: asyncpg.Connection, rows: Sequence[ScoreRow]) -> set[str]:
    """Adds scores; returns the ids that are new. A retailer has one score per run and model."""
    if not rows:
        return set()
    added = await connection.fetch(_ADD_SCORES, *map(list, zip(*rows, strict=True)))
    return {row["score_id"] for row in added}


async def scores_that_stand(connection: asyncpg.Connection, rows: Sequence[ScoreRow]) -> set[str]:
    """Ids of those scores whose retailer has one already, for the same run and model."""
    if not rows:
        return set()
    columns = [[getattr(row, name) for row in rows] for name in _KEY_OF_A_SCORE]
    return {row["score_id"] for row in await connection.fetch(_SCORES_THAT_STAND, *columns)}


async def blocks_that_stand(connection: asyncpg.Connection, rows: Sequence[BlockRow]) -> set[str]:
    """Ids of those blocks that a retailer has already, for the same run, model and reason."""
    if not rows:
        return set()
    columns = [[getattr(row, name) for row in rows] for name in _KEY_OF_A_BLOCK]
    return {row["block_id"] for row in await connection.fetch(_BLOCKS_THAT_STAND, *columns)}


async def add_blocks(connection: asyncpg.Connection, rows: Sequence[BlockRow]) -> set[str]:
    """Adds blocks; returns the ids that are new."""
    if not rows:
        return set()
    added = await connection.fetch(_ADD_BLOCKS, *map(list, zip(*rows, strict=True)))
    return {row["block_id"] for row in added}


async def score(connection: asyncpg.Connection, score_id: str) -> ScoreRow | None:
    """A score by id."""
    row = await connection.fetchrow(_SCORE, score_id)
    return None if row is None else ScoreRow(*row)


async def block(connection: asyncpg.Connection, block_id: str) -> BlockRow | None:
    """A block by id."""
    row = await connection.fetchrow(_BLOCK, block_id)
    return None if row is None else BlockRow(*row)


async def evidence(connection: asyncpg.Connection, digest: str) -> EvidenceItem | None:
    """A record of evidence; its body is empty once its retailer is erased."""
    row = await connection.fetchrow("SELECT digest, kind, body FROM evidence WHERE digest = $1", digest)
    return None if row is None else EvidenceItem(*row)


async def outcome_of(connection: asyncpg.Connection, *, run_id: str, model_sha256: str, retailer_id: str) -> str | None:
    """'computed' or the reason of the block that a retailer has in a run; a consent block is none."""
    outcome: str | None = await connection.fetchval(_OUTCOME, run_id, model_sha256, retailer_id)
    return outcome
