"""SQL of segments; takes a connection, never commits. A row counts only where its signature holds."""

import asyncpg
from altscore_libs.signer import SignatureVerifier

from altscore_audit.chain.domain import GENERAL
from altscore_audit.segments import domain
from altscore_audit.segments.domain import Decision, Segment, SignedSegment

_SEGMENTS = "SELECT last_seq, document, signature FROM audit_segment WHERE chain = $1 ORDER BY last_seq, signature"
_DECISIONS = """
SELECT record, key_id, signature FROM audit_segment_deletion WHERE chain = $1 AND last_seq = $2 ORDER BY signature
"""
_HANDED_OVER = "SELECT payload FROM audit_log WHERE action = $1 AND chain = $2 ORDER BY seq"


async def segments(connection: asyncpg.Connection, chain: str, keys: SignatureVerifier) -> list[SignedSegment]:
    """The segments of a chain that the key of checkpoints signed, each following the one before."""
    following: list[SignedSegment] = []
    for row in await connection.fetch(_SEGMENTS, chain):
        signed = domain.signed_segment(row["document"], row["signature"], keys)
        begins_at = following[-1].segment.last_seq + 1 if following else 1
        if signed is None or (signed.segment.chain, signed.segment.last_seq) != (chain, row["last_seq"]):
            continue
        if signed.segment.first_seq == begins_at:
            following.append(signed)
    return following


async def decisions(connection: asyncpg.Connection, segment: Segment) -> list[Decision]:
    """What is kept as a decision to delete a segment; whether two persons took it is another question."""
    return [Decision(**dict(row)) for row in await connection.fetch(_DECISIONS, segment.chain, segment.last_seq)]


async def handed_over(connection: asyncpg.Connection) -> list[Decision]:
    """What entries of the chain hand over as decisions, in the chain's order."""
    rows = await connection.fetch(_HANDED_OVER, domain.DECIDED, GENERAL)
    return [decision for row in rows if (decision := domain.decision_of(row["payload"])) is not None]


async def is_gone(connection: asyncpg.Connection, segment: Segment) -> bool:
    """Whether no entry of a segment is left; entries are deleted in order."""
    statement = "SELECT NOT EXISTS (SELECT FROM audit_log WHERE chain = $1 AND seq = $2)"
    return bool(await connection.fetchval(statement, segment.chain, segment.last_seq))


async def add(connection: asyncpg.Connection, signed: SignedSegment) -> None:
    """Adds a segment; the database refuses one that does not end with an entry of its chain."""
    segment = signed.segment
    await connection.execute(
        "SELECT audit_segment_add($1, $2, $3, $4, $5, $6)",
        segment.chain,
        segment.last_seq,
        segment.last_hash,
        segment.month,
        signed.document,
        signed.signature,
    )


async def decide(connection: asyncpg.Connection, segment: Segment, decision: Decision) -> None:
    """Keeps the decision to delete a segment."""
    await connection.execute(
        "SELECT audit_segment_decide($1, $2, $3, $4, $5)", segment.chain, segment.last_seq, *decision
    )


async def delete(connection: asyncpg.Connection, segment: Segment, limit: int) -> int:
    """Deletes the oldest entries up to the end of a segment; how many. The database refuses what must be kept."""
    statement = "SELECT audit_segment_delete($1, $2, $3)"
    return int(await connection.fetchval(statement, segment.chain, segment.last_seq, limit))
