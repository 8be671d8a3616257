"""SQL of portfolios: reads under a lender's row-level security, counts months in the projector's context."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from altscore_score.portfolios.domain import (
    BLOCKS,
    ENDING,
    PD_RISE,
    Alert,
    Counted,
    Filters,
    Holding,
    Month,
    Place,
)
from altscore_score.scores.domain import FRESH_DAYS, SignedRecord

# Along the primary key of portfolio_holding; the newest score and blocks of each row are one probe each, as in
# score_for().
_PURPOSES = """coalesce((SELECT array_agg(g.purpose ORDER BY g.purpose) FROM consent_grant g
    WHERE g.lender_id = $1 AND g.retailer_id = {retailer} AND g.is_active AND g.expires_at > now()), '{{}}')"""
PAGE_ROWS = f"""
WITH page AS (
    SELECT t.retailer_id, t.consent_expires_at FROM portfolio_holding t
    WHERE t.lender_id = $1 AND t.retailer_id > $2
      AND ($4::text IS NULL OR t.risk_band = $4 AND t.expires_at > $6
           AND (t.blocked_at IS NULL OR t.blocked_at < t.scored_at))
      AND ($5::timestamptz IS NULL OR t.consent_expires_at <= $5)
    ORDER BY t.retailer_id LIMIT $3
)
SELECT p.retailer_id, {_PURPOSES.format(retailer="p.retailer_id")} AS purposes, p.consent_expires_at,
       s.score_id, s.sealed_record, s.seal_key_id, s.seal, b.code AS block_code, b.blocked_at,
       r.blocked_at AS run_blocked_at
FROM page p
LEFT JOIN LATERAL (SELECT * FROM sealed_score x WHERE x.retailer_id = p.retailer_id
    ORDER BY x.scored_at DESC, x.score_id DESC LIMIT 1) s ON true
LEFT JOIN LATERAL (SELECT * FROM score_block x WHERE x.retailer_id = p.retailer_id AND x.scope = 'retailer'
    ORDER BY x.blocked_at DESC LIMIT 1) b ON true
LEFT JOIN LATERAL (SELECT * FROM score_block x WHERE x.retailer_id = p.retailer_id AND x.scope = 'run'
    ORDER BY x.blocked_at DESC LIMIT 1) r ON true
ORDER BY p.retailer_id
"""  # noqa: S608  # no input
# A block for want of a consent that was given again is no block that POST /v1/score names: the retailer is not scored.
_STANDING = """CASE
    WHEN t.blocked_at IS NOT NULL AND (t.scored_at IS NULL OR t.blocked_at >= t.scored_at)
        THEN CASE WHEN t.block_code = ANY({blocks}::text[]) THEN 'blocked' ELSE 'not_scored' END
    WHEN t.scored_at IS NULL OR t.expires_at <= {now} OR t.risk_band IS NULL THEN 'not_scored'
    ELSE t.risk_band END"""
# One pass along the primary key of portfolio_holding, as in the alerts below.
COUNTED = f"""
SELECT standing, count(*) AS retailers,
       coalesce(sum(recommended_limit_inr) FILTER (WHERE is_shown), 0) AS recommended_limit_inr,
       count(*) FILTER (WHERE is_shown AND is_low_confidence) AS low_confidence,
       count(*) FILTER (WHERE consent_expires_at <= $5) AS consents_ending
FROM (
    SELECT standing, recommended_limit_inr, consent_expires_at, is_low_confidence,
           standing NOT IN ('blocked', 'not_scored') AS is_shown
    FROM (
        SELECT {_STANDING.format(blocks="$2", now="$3")} AS standing, t.recommended_limit_inr, t.consent_expires_at,
               t.is_low_confidence_data OR ($3 AT TIME ZONE 'UTC')::date - t.data_as_of_on > {FRESH_DAYS}
                   OR greatest(t.run_blocked_at, $4) > t.scored_at AS is_low_confidence
        FROM portfolio_holding t WHERE t.lender_id = $1
        OFFSET 0  -- otherwise the standing is computed again wherever it is named
    ) judged
) shown
GROUP BY standing
"""  # noqa: S608  # no input
COUNT_MONTH = f"""
INSERT INTO portfolio_month AS old (lender_id, month, standing, retailers, recommended_limit_inr, counted_at)
SELECT lender_id, $1, standing, count(*),
       coalesce(sum(recommended_limit_inr) FILTER (WHERE standing NOT IN ('blocked', 'not_scored')), 0), $2
FROM (
    SELECT h.lender_id, t.recommended_limit_inr, {_STANDING.format(blocks="$3", now="$2")} AS standing
    FROM (SELECT DISTINCT g.lender_id, g.retailer_id FROM consent_grant g
          WHERE g.lender_id = $4 AND g.is_active AND g.expires_at > now()) h
    LEFT JOIN retailer_standing t USING (retailer_id)
) judged
GROUP BY lender_id, standing
ON CONFLICT (lender_id, month, standing) DO UPDATE SET retailers = excluded.retailers,
    recommended_limit_inr = excluded.recommended_limit_inr, counted_at = excluded.counted_at
"""  # noqa: S608  # as above
_IS_SHOWN = "t.scored_at IS NOT NULL AND (t.blocked_at IS NULL OR t.blocked_at < t.scored_at)"
_IS_IN_FORCE = f"{_IS_SHOWN} AND t.expires_at > $2 AND t.scored_at > $3"
_ALERTS = {
    "band_dropped": ("t.scored_at", f"{_IS_IN_FORCE} AND t.risk_band > t.previous_band"),
    "pd_rose": ("t.scored_at", f"{_IS_IN_FORCE} AND t.probability_of_default >= t.previous_probability + $4::numeric"),
    "score_expired": ("t.expires_at", f"{_IS_SHOWN} AND t.expires_at <= $2 AND t.expires_at > $3"),
    "blocked": (
        "t.blocked_at",
        "t.block_code = ANY($5::text[]) AND (t.scored_at IS NULL OR t.blocked_at >= t.scored_at) AND t.blocked_at > $3",
    ),
    "consent_ending": ("t.consent_expires_at - $6::interval", "t.consent_expires_at <= $2 + $6::interval"),
}
_BEFORE = "($7::timestamptz, $8::text, $9::text)"
# One pass along the primary key: of each holding when it would be alerted, by kind, and from the holdings whose newest
# alerts are the newest of all, the alerts. Whatever belongs on a page belongs to one of so many holdings.
_AT = ",\n           ".join(
    f"CASE WHEN {holds} AND ({at}, '{kind}', t.retailer_id) < {_BEFORE} THEN {at} END AS {kind}"
    for kind, (at, holds) in _ALERTS.items()
)
_NEWEST_KIND = " ".join(f"WHEN {kind} THEN '{kind}'" for kind in sorted(_ALERTS, reverse=True))
_OF_HOLDINGS = f"""SELECT a.kind, n.retailer_id, a.at
    FROM (
        SELECT *, CASE newest_at {_NEWEST_KIND} END AS newest_kind
        FROM (
            SELECT *, greatest({", ".join(_ALERTS)}) AS newest_at
            FROM (
                SELECT t.retailer_id, {_AT} FROM portfolio_holding t WHERE t.lender_id = $1
                OFFSET 0  -- otherwise each instant is computed again wherever it is named
            ) judged
            OFFSET 0
        ) dated
        WHERE newest_at IS NOT NULL ORDER BY newest_at DESC, newest_kind DESC, retailer_id DESC LIMIT $10
    ) n
    CROSS JOIN LATERAL (VALUES {", ".join(f"('{kind}', n.{kind})" for kind in _ALERTS)}) a (kind, at)
    WHERE a.at IS NOT NULL"""  # noqa: S608  # no input
# Ends go along consent_grant_ended and consent_grant_ending.
ALERT_ROWS = f"""
WITH alert AS (
    {_OF_HOLDINGS}
    UNION ALL
    SELECT 'consent_ended', g.retailer_id, max(g.at)
    FROM (
        SELECT x.retailer_id, x.ended_at AS at FROM consent_grant x
        WHERE x.lender_id = $1 AND NOT x.is_active AND x.ended_at > $3
        UNION ALL
        SELECT x.retailer_id, x.expires_at FROM consent_grant x
        WHERE x.lender_id = $1 AND x.is_active AND x.expires_at <= now() AND x.expires_at > $3
    ) g
    WHERE NOT EXISTS (SELECT FROM portfolio_holding h WHERE h.lender_id = $1 AND h.retailer_id = g.retailer_id)
    GROUP BY g.retailer_id
), page AS (
    SELECT kind, retailer_id, at FROM alert
    WHERE (at, kind, retailer_id) < {_BEFORE} ORDER BY at DESC, kind DESC, retailer_id DESC LIMIT $10
)
SELECT kind, retailer_id, at, {_PURPOSES.format(retailer="page.retailer_id")} AS purposes
FROM page ORDER BY at DESC, kind DESC, retailer_id DESC
"""  # noqa: S608  # as above


class StoredRow(NamedTuple):
    """A row of a page: the grant, the record before its signature is verified, the newest blocks."""

    holding: Holding
    signed: SignedRecord | None
    block_code: str | None
    blocked_at: datetime | None
    run_blocked_at: datetime | None


async def page(
    connection: asyncpg.Connection, lender_id: str, *, after: str, limit: int, filters: Filters, now: datetime
) -> list[StoredRow]:
    """The next rows behind a retailer."""
    ending_before = now + ENDING if filters.is_ending else None
    rows = await connection.fetch(PAGE_ROWS, lender_id, after, limit, filters.band, ending_before, now)
    return [
        StoredRow(
            holding=Holding(row["retailer_id"], tuple(row["purposes"]), row["consent_expires_at"]),
            signed=_signed(row),
            block_code=row["block_code"],
            blocked_at=row["blocked_at"],
            run_blocked_at=row["run_blocked_at"],
        )
        for row in rows
    ]


async def counted(
    connection: asyncpg.Connection, lender_id: str, *, now: datetime, run_blocked_at: datetime | None
) -> list[Counted]:
    """A portfolio, counted by where its retailers stand now."""
    # The plan for a lender of middling size sorts the rows of a large one on disk.
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await connection.fetch(COUNTED, lender_id, list(BLOCKS), now, run_blocked_at, now + ENDING)
    return [
        Counted(
            standing=row["standing"],
            retailers=row["retailers"],
            recommended_limit_inr=int(row["recommended_limit_inr"]),
            low_confidence=row["low_confidence"],
            consents_ending=row["consents_ending"],
        )
        for row in rows
    ]


async def months(connection: asyncpg.Connection, lender_id: str, *, since: date) -> list[Month]:
    """Counts by month, the newest month first (primary key)."""
    rows = await connection.fetch(
        """SELECT month, standing, retailers, recommended_limit_inr, counted_at FROM portfolio_month
        WHERE lender_id = $1 AND month >= $2 ORDER BY month DESC, standing""",
        lender_id,
        since,
    )
    return [
        Month(
            month=f"{row['month']:%Y-%m}",
            standing=row["standing"],
            retailers=row["retailers"],
            recommended_limit_inr=int(row["recommended_limit_inr"]),
            counted_at=row["counted_at"],
        )
        for row in rows
    ]


async def alerts(
    connection: asyncpg.Connection, lender_id: str, *, now: datetime, since: datetime, before: Place, limit: int
) -> list[Alert]:
    """The newest alerts before a place."""
    rows = await connection.fetch(
        ALERT_ROWS, lender_id, now, since, Decimal(PD_RISE), list(BLOCKS), ENDING, *before, limit
    )
    return [
        Alert(kind=row["kind"], retailer_id=row["retailer_id"], at=row["at"], purposes=tuple(row["purposes"]))
        for row in rows
    ]


async def counted_lenders(connection: asyncpg.Connection, month: date) -> list[str]:
    """Lenders with a grant in force, or with counts of this month, by id."""
    rows = await connection.fetch(
        """SELECT lender_id FROM consent_grant WHERE is_active AND expires_at > now()
        UNION SELECT lender_id FROM portfolio_month WHERE month = $1 ORDER BY 1""",
        month,
    )
    return [row["lender_id"] for row in rows]


async def count_month(connection: asyncpg.Connection, lender_id: str, month: date, *, now: datetime) -> None:
    """Counts a lender's portfolio for a month; what was counted of it before is replaced."""
    await connection.execute(COUNT_MONTH, month, now, list(BLOCKS), lender_id)
    await connection.execute(
        "DELETE FROM portfolio_month WHERE lender_id = $3 AND month = $1 AND counted_at < $2", month, now, lender_id
    )


def _signed(row: asyncpg.Record) -> SignedRecord | None:
    if row["score_id"] is None:
        return None
    return SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"])
