"""The pipeline's own database: which runs were announced."""

from typing import Any

import asyncpg

_INSERT = """
INSERT INTO runs (
    run_id, run_key, as_of_on, consent_version, engine, retailers, features, manifest_uri, manifest_sha256,
    set_aside, late_ledgers, differing_ledgers, uncompared_ledgers
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (run_id) DO NOTHING
RETURNING run_id
"""


async def add_run(connection: asyncpg.Connection, manifest: dict[str, Any], *, uri: str, sha256: str) -> bool:
    """Notes a run as announced, in the caller's transaction; False when it already was."""
    erp_ledgers = manifest.get("erp_comparison", {}).get("ledgers")  # a manifest of an earlier version compared none
    row = await connection.fetchval(
        _INSERT,
        manifest["run_id"],
        manifest["run_key"],
        manifest["as_of_on"],
        manifest["consent_version"],
        manifest["code_version"].partition("-")[0],
        manifest["retailers"],
        manifest["features"],
        uri,
        sha256,
        len(manifest["set_aside"]),
        len(manifest.get("late_ledgers", [])),  # a manifest of an earlier version names none
        None if erp_ledgers is None else sum(ledger["differing"] > 0 for ledger in erp_ledgers),
        None if erp_ledgers is None else sum(ledger["not_compared"] > 0 for ledger in erp_ledgers),
    )
    return row is not None


async def is_announced(connection: asyncpg.Connection, run_id: str) -> bool:
    """Whether the run was announced and nothing of ours waits for the broker."""
    known = await connection.fetchval("SELECT true FROM runs WHERE run_id = $1", run_id)
    waiting = await connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)")
    return bool(known) and not waiting
