"""SQL of detections; takes a connection, never commits. The role may SELECT and call one function."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_audit.detections.domain import RULES, Detection

# The names of the rules are ours; a rule that found nothing says 0.
_LAST_HOUR = """
SELECT r.rule, count(d.seq) FROM unnest(string_to_array('{rules}', ',')) AS r (rule)
LEFT JOIN audit_detection d ON d.rule = r.rule AND d.detected_at > now() - interval '1 hour' GROUP BY 1
"""
_UNREAD = "SELECT p.chain, c.last_seq - p.read_seq FROM audit_detection_position p JOIN audit_chain c USING (chain)"
MEASURES = (
    Measure(
        name="altscore_audit_detections_last_hour",
        help="Times that a rule of alerting was met by entries that were read in the last hour.",
        query=_LAST_HOUR.format(rules=",".join(RULES)),
        labels=("rule",),
    ),
    Measure(
        name="altscore_audit_detection_unread",
        help="Entries that the rules of alerting have not read.",
        query=_UNREAD,
        labels=("chain",),
    ),
)
_POSITIONS = "SELECT chain, read_seq FROM audit_detection_position ORDER BY chain"
_RECORDED_AT = "SELECT recorded_at FROM audit_log WHERE chain = $1 AND seq = $2"


class Position(NamedTuple):
    """Up to where the rules have read a chain."""

    chain: str
    read_seq: int


async def positions(connection: asyncpg.Connection) -> list[Position]:
    """Of every chain, by name."""
    return [Position(**dict(row)) for row in await connection.fetch(_POSITIONS)]


async def last_before(connection: asyncpg.Connection, position: Position, before: datetime) -> int:
    """The last entry that was chained before an instant, of those that were read; 0 when none was."""
    low, high = 0, position.read_seq
    while low < high:  # entries are chained in order of time, which has no index
        middle = (low + high + 1) // 2
        recorded_at = await connection.fetchval(_RECORDED_AT, position.chain, middle)
        if recorded_at is None or recorded_at < before:  # none: it was deleted with its segment, the oldest first
            low = middle
        else:
            high = middle - 1
    return low


async def add(connection: asyncpg.Connection, position: Position, to_seq: int, detections: Sequence[Detection]) -> bool:
    """Keeps detections and moves a position; False where another process moved it meanwhile."""
    return bool(
        await connection.fetchval(
            "SELECT audit_detected($1, $2, $3, $4, $5, $6)",
            position.chain,
            position.read_seq,
            to_seq,
            [detection.rule for detection in detections],
            [detection.seq for detection in detections],
            [detection.at for detection in detections],
        )
    )
