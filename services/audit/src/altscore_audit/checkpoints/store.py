"""SQL of checkpoints; takes a connection, never commits."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_audit.chain.domain import Link

_PROGRESS = """
SELECT h.chain, h.last_seq, coalesce(c.seq, 0) AS signed_seq,
       coalesce(c.entry_hash, decode(repeat('00', 32), 'hex')) AS signed_hash,
       (SELECT l.recorded_at FROM audit_log l WHERE l.chain = h.chain AND l.seq > coalesce(c.seq, 0)
        ORDER BY l.seq LIMIT 1) AS oldest_at
FROM audit_chain h
LEFT JOIN LATERAL (
    SELECT seq, entry_hash FROM audit_checkpoint c WHERE c.chain = h.chain ORDER BY seq DESC LIMIT 1
) c ON true
ORDER BY h.chain
"""

MEASURES = (
    Measure(
        name="altscore_audit_unsigned_age_seconds",
        help="Age of the oldest entry that no checkpoint covers; 0 when all are covered.",
        query=f"SELECT chain, coalesce(extract(epoch FROM now() - oldest_at), 0) FROM ({_PROGRESS}) AS progress",  # noqa: S608
        labels=("chain",),
    ),
)


@dataclass(frozen=True)
class ChainProgress:
    """How far a chain is and how far its newest checkpoint is."""

    chain: str
    last_seq: int
    signed_seq: int
    signed_hash: bytes
    oldest_at: datetime | None


@dataclass(frozen=True)
class SignedCheckpoint:
    """A signed checkpoint and its key in the bucket."""

    link: Link
    document: str
    signature: bytes
    key_id: str
    object_key: str
    signed_at: datetime


async def chain_progress(connection: asyncpg.Connection) -> list[ChainProgress]:
    """Every chain with its newest checkpoint."""
    return [ChainProgress(**dict(row)) for row in await connection.fetch(_PROGRESS)]


async def add_checkpoint(connection: asyncpg.Connection, checkpoint: SignedCheckpoint) -> None:
    """Adds a checkpoint; the database refuses one that does not name an entry of its chain."""
    await connection.execute(
        "SELECT audit_checkpoint_add($1, $2, $3, $4, $5, $6, $7, $8)",
        checkpoint.link.chain,
        checkpoint.link.seq,
        checkpoint.link.entry_hash,
        checkpoint.document,
        checkpoint.signature.hex(),
        checkpoint.key_id,
        checkpoint.object_key,
        checkpoint.signed_at,
    )
