"""Every row that was committed to an outbox is accounted for: sent, refused, or named as missing (ADR 0048).

The database gives each row a stripe and a number when it is inserted (ddl.outbox_accounting), gapless in each stripe
and gone again with a rollback. What the relay does not find behind a number has been deleted, by whomever.
"""

import logging
from typing import NamedTuple

import asyncpg

from altscore_libs.outbox import Outbox

LONGEST_GAP = 1_000  # of a trace that is gone, numbers are named at most so far
PAGE = 200  # traces of each stripe that a statement looks at: it must end in time however much waits
MISSING_ACTION, REFUSED_ACTION = "outbox_row_missing", "outbox_row_refused"
_log = logging.getLogger("altscore.outbox")

# One statement, so that all of it sees the same instant: a row deleted while it runs is named by the next one. A trace
# is needed until the producer's own number says the same, and until everything before it in its stripe is settled.
_ACCOUNT = """
WITH page AS (
    SELECT t.stripe, t.first, t.row_ids FROM outbox_checked c CROSS JOIN LATERAL (
        SELECT * FROM outbox_trace o WHERE o.stripe = c.stripe ORDER BY o.first LIMIT $2
    ) t
), held AS (
    SELECT t.stripe, t.first, t.first + cardinality(t.row_ids) AS following, i.place, i.row_id, o.id IS NULL AS is_gone,
           o.id IS NULL OR o.producer_seq IS NOT NULL OR o.refused_at IS NOT NULL OR o.sent_at IS NOT NULL AS is_settled
    FROM page t
    CROSS JOIN LATERAL unnest(t.row_ids) WITH ORDINALITY AS i (row_id, place)
    LEFT JOIN outbox o ON o.id = i.row_id
), known AS (
    SELECT DISTINCT stripe, first, following FROM held
    UNION ALL SELECT s.stripe, s.last + 1, s.last + 1 FROM outbox_stripe s
    WHERE (SELECT count(*) FROM page p WHERE p.stripe = s.stripe) < $2  -- its newest trace was seen
), expected AS (
    SELECT k.stripe, k.first, coalesce(
        lag(k.following) OVER (PARTITION BY k.stripe ORDER BY k.first, k.following), c.last + 1) AS number
    FROM known k JOIN outbox_checked c ON c.stripe = k.stripe
), gone AS (
    SELECT stripe, first + place - 1 AS number, row_id FROM held WHERE is_gone
    UNION ALL
    SELECT e.stripe, n, NULL FROM expected e
    CROSS JOIN LATERAL generate_series(e.number, least(e.first, e.number + $1) - 1) AS n
), named AS (
    INSERT INTO outbox_missing (stripe, number, row_id) SELECT stripe, number, row_id FROM gone
    ON CONFLICT (stripe, number) DO NOTHING RETURNING stripe, number, row_id
), settled AS (
    SELECT stripe, first, max(following) - 1 AS last,
           bool_and(bool_and(is_settled)) OVER (PARTITION BY stripe ORDER BY first) AS is_settled
    FROM held GROUP BY stripe, first
), forgotten AS (
    DELETE FROM outbox_trace t USING settled s
    WHERE s.is_settled AND t.stripe = s.stripe AND t.first = s.first RETURNING s.stripe, s.last
), advanced AS (
    UPDATE outbox_checked c SET last = greatest(c.last, f.last)
    FROM (SELECT stripe, max(last) AS last FROM forgotten GROUP BY stripe) f WHERE c.stripe = f.stripe
)
SELECT stripe, number, row_id FROM named UNION ALL SELECT -1, count(*), NULL FROM forgotten ORDER BY stripe, number
"""
_REFUSE = """
UPDATE outbox SET refused_at = now(), refused_reason = $2
WHERE id = $1 AND refused_at IS NULL AND sent_at IS NULL RETURNING id
"""


class MissingRow(NamedTuple):
    """A row that was committed and is not there.

    Args:
        stripe: of its number.
        number: in the stripe.
        row_id: its id in the outbox, None where the trace of it is gone too.
    """

    stripe: int
    number: int
    row_id: int | None


class Refusal(NamedTuple):
    """A row that is not sent, and why."""

    row_id: int
    reason: str


async def name_missing(connection: asyncpg.Connection, outbox: Outbox, producer: str) -> list[MissingRow]:
    """Names rows that are missing and were not named before: in the log, in `outbox_missing` and in the audit.

    Args:
        connection: of the relay's role, in a transaction; this function never commits.
        outbox: for the audit.
        producer: whose outbox it is.
    """
    missing: list[MissingRow] = []
    has_more = True
    while has_more:
        forgotten, *named = [MissingRow(*row) for row in await connection.fetch(_ACCOUNT, LONGEST_GAP, PAGE)]
        missing += named
        has_more = forgotten.number >= PAGE
    for row in missing:
        details = {"stripe": str(row.stripe), "number": str(row.number)}
        _log.error("outbox row missing", extra={"producer": producer, "row_id": row.row_id, **details})
        subject = f"{producer}/{row.stripe}/{row.number}"
        await outbox.audit(
            connection, MISSING_ACTION, actor=producer, subject=subject, outcome="failed", details=details
        )
    return missing


async def refuse(connection: asyncpg.Connection, outbox: Outbox, producer: str, refusal: Refusal) -> None:
    """Sets a row aside in its place, so that it is never sent, and names it in the log and in the audit.

    Args:
        connection: of the relay's role, in a transaction; this function never commits.
        outbox: for the audit.
        producer: whose outbox it is.
        refusal: the row and the reason.
    """
    if await connection.fetchval(_REFUSE, refusal.row_id, refusal.reason) is None:
        return
    _log.error("outbox row refused", extra={"producer": producer, "row_id": refusal.row_id, "reason": refusal.reason})
    subject = f"{producer}/{refusal.row_id}"
    await outbox.audit(
        connection, REFUSED_ACTION, actor=producer, subject=subject, outcome="refused", reason=refusal.reason
    )
