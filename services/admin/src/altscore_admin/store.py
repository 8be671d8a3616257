"""All SQL of the admin service; takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import asyncpg

from altscore_admin.domain import Kind, Proposal, Statement

_STATEMENT = """
kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest, guardrail_digest, evaluation
"""
_ADD_DISTRIBUTOR = """
INSERT INTO distributors (distributor_id, name, requested_by, requested_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (distributor_id) DO UPDATE SET name = excluded.name
"""
_ADD_LENDER = """
INSERT INTO lenders (lender_id, name, requested_by, requested_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (lender_id) DO UPDATE SET name = excluded.name
"""
_PROPOSE = """
INSERT INTO promotions (promotion_id, kind, model_name, model_version, model_sha256, artifact_uri, taxonomy_digest,
    guardrail_digest, evaluation, statement_digest, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_OPEN = """
SELECT promotion_id, statement_digest, proposed_by, proposed_at FROM promotions
WHERE model_name = $1 AND kind = $2 AND status = 'proposed' FOR UPDATE
"""
_CHAMPION = """
SELECT promotion_id, kind, statement_digest, proposed_by, proposed_at, approved_by, approved_at FROM promotions
WHERE model_name = $1 AND status = 'promoted' ORDER BY seq DESC LIMIT 1
"""
_APPROVE = """
UPDATE promotions SET status = 'promoted', approved_by = $2, approved_at = $3, promotion_record = $4,
    signature_key_id = $5, signature = $6
WHERE promotion_id = $1
"""
_OVERVIEW = """
SELECT (SELECT count(*) FROM distributors WHERE status = 'active') AS distributors,
       (SELECT count(*) FROM lenders WHERE status = 'active') AS lenders,
       (SELECT coalesce(sum(invited), 0) FROM invite_runs) AS invited,
       (SELECT count(*) FROM promotions WHERE status = 'proposed') AS open_promotions,
       (SELECT count(*) FROM anomalies WHERE status = 'open') AS open_anomalies
"""


async def add_distributor(
    connection: asyncpg.Connection, distributor_id: str, *, name: str, by: str, at: datetime
) -> None:
    """Notes a distributor, or his new name."""
    await connection.execute(_ADD_DISTRIBUTOR, distributor_id, name, by, at)


async def add_lender(connection: asyncpg.Connection, lender_id: str, *, name: str, by: str, at: datetime) -> None:
    """Notes a lender, or its new name."""
    await connection.execute(_ADD_LENDER, lender_id, name, by, at)


async def activate_distributor(connection: asyncpg.Connection, distributor_id: str) -> None:
    """The owner has him."""
    await connection.execute("UPDATE distributors SET status = 'active' WHERE distributor_id = $1", distributor_id)


async def activate_lender(connection: asyncpg.Connection, lender_id: str) -> None:
    """The owner has it."""
    await connection.execute("UPDATE lenders SET status = 'active' WHERE lender_id = $1", lender_id)


async def distributor_name(connection: asyncpg.Connection, distributor_id: str) -> str | None:
    """Name of an active distributor."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM distributors WHERE distributor_id = $1 AND status = 'active'", distributor_id
    )
    return name


async def unknown_lenders(connection: asyncpg.Connection, lender_ids: Sequence[str]) -> list[str]:
    """Those that are not active lenders."""
    rows = await connection.fetch(
        "SELECT lender_id FROM lenders WHERE lender_id = ANY ($1) AND status = 'active'", list(lender_ids)
    )
    known = {row["lender_id"] for row in rows}
    return [one for one in lender_ids if one not in known]


async def begin_invites(
    connection: asyncpg.Connection,
    run_id: str,
    *,
    distributor_id: str,
    lender_scope: Sequence[str],
    purpose: str,
    by: str,
    at: datetime,
) -> None:
    """Notes that invites are being sent."""
    await connection.execute(
        "INSERT INTO invite_runs (run_id, distributor_id, lender_scope, purpose, requested_by, requested_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        run_id,
        distributor_id,
        list(lender_scope),
        purpose,
        by,
        at,
    )


async def end_invites(connection: asyncpg.Connection, run_id: str, counts: dict[str, int], at: datetime) -> None:
    """Notes how it went."""
    await connection.execute(
        "UPDATE invite_runs SET finished_at = $2, invited = $3, already_open = $4, unreachable = $5, refused = $6"
        " WHERE run_id = $1",
        run_id,
        at,
        counts["invited"],
        counts["already_open"],
        counts["unreachable"],
        counts["refused"],
    )


async def lock_model(connection: asyncpg.Connection, model_name: str) -> None:
    """Promotions of one model come one after the other."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", model_name)


async def open_proposal(connection: asyncpg.Connection, model_name: str, kind: Kind) -> Proposal | None:
    """The open proposal of a model."""
    row = await connection.fetchrow(_OPEN, model_name, kind)
    return Proposal(**dict(row)) if row else None


async def propose(
    connection: asyncpg.Connection, promotion_id: str, statement: Statement, *, by: str, at: datetime
) -> None:
    """Opens a proposal."""
    await connection.execute(
        _PROPOSE,
        promotion_id,
        statement.kind,
        statement.model_name,
        statement.model_version,
        statement.model_sha256,
        statement.artifact_uri,
        statement.taxonomy_digest,
        statement.guardrail_digest,
        statement.evaluation,
        statement.digest,
        by,
        at,
    )


async def close_proposal(
    connection: asyncpg.Connection, promotion_id: str, status: Literal["withdrawn", "expired"]
) -> None:
    """Ends a proposal that nobody approved."""
    await connection.execute("UPDATE promotions SET status = $2 WHERE promotion_id = $1", promotion_id, status)


async def approve(
    connection: asyncpg.Connection,
    promotion_id: str,
    *,
    by: str,
    at: datetime,
    record: str,
    key_id: str,
    signature: str,
) -> None:
    """Makes a proposal a promotion; the database refuses the proposer himself."""
    await connection.execute(_APPROVE, promotion_id, by, at, record, key_id, signature)


async def champion(connection: asyncpg.Connection, model_name: str) -> asyncpg.Record | None:
    """The newest promotion of a model."""
    return await connection.fetchrow(_CHAMPION, model_name)


async def history(connection: asyncpg.Connection, model_name: str) -> list[Statement]:
    """Promoted statements of a model, newest first."""
    rows = await connection.fetch(
        f"SELECT {_STATEMENT} FROM promotions WHERE model_name = $1 AND status = 'promoted' ORDER BY seq DESC",  # noqa: S608  # constant columns
        model_name,
    )
    return [Statement(**dict(row)) for row in rows]


async def add_anomaly(connection: asyncpg.Connection, data: dict[str, Any]) -> None:
    """Notes an anomaly for a person to look at."""
    await connection.execute(
        "INSERT INTO anomalies (anomaly_id, retailer_id, run_id, score, threshold, detected_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (anomaly_id) DO NOTHING",
        *(data[name] for name in ("anomaly_id", "retailer_id", "run_id", "score", "threshold", "detected_at")),
    )


async def add_failure(connection: asyncpg.Connection, source: str, at: datetime) -> None:
    """Notes a failed sign-in."""
    await connection.execute("INSERT INTO failed_sign_ins (source, failed_at) VALUES ($1, $2)", source, at)


async def failures_since(connection: asyncpg.Connection, source: str, since: datetime) -> int:
    """Failed sign-ins of an address."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM failed_sign_ins WHERE source = $1 AND failed_at > $2", source, since
        )
    )


async def forget_failures(connection: asyncpg.Connection, before: datetime) -> None:
    """Old failures are in the audit chain; here they only cost room."""
    await connection.execute("DELETE FROM failed_sign_ins WHERE failed_at < $1", before)


async def overview(connection: asyncpg.Connection) -> asyncpg.Record:
    """The counts of the first page."""
    return await connection.fetchrow(_OVERVIEW)


async def distributors(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Distributors with the sum of their invites, by id."""
    return list(
        await connection.fetch(
            "SELECT d.distributor_id, d.name, d.status, d.requested_at, coalesce(sum(r.invited), 0)::bigint AS invited"
            " FROM distributors d LEFT JOIN invite_runs r USING (distributor_id)"
            " GROUP BY d.distributor_id ORDER BY d.distributor_id LIMIT 1000"
        )
    )


async def lenders(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Lenders, by id."""
    return list(
        await connection.fetch(
            "SELECT lender_id, name, status, requested_at FROM lenders ORDER BY lender_id LIMIT 1000"
        )
    )


async def promotions(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """The newest promotions and proposals."""
    return list(
        await connection.fetch(
            "SELECT promotion_id, kind, model_name, model_version, status, proposed_by, approved_by, proposed_at"
            " FROM promotions ORDER BY seq DESC LIMIT 20"
        )
    )
