"""Last step: tell the world, once, that a run's Gold is there."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_pipelines.hooks.run_store import add_run
from altscore_pipelines.storage import Storage, uri

PRODUCER = "pipeline"
_MAX_REASON = 500


async def announce(lake: Storage, pool: asyncpg.Pool, outbox: Outbox, run_id: str) -> bool:
    """Writes the run, `pipeline.gold.ready` and its audit event in one transaction; the relay sends them after.

    Args:
        lake: root of Gold.
        pool: of the pipeline's database.
        outbox: of producer `pipeline`.
        run_id: whose manifest is announced.

    Returns:
        False when it had been announced before.

    Raises:
        Missing: the run has no manifest.
    """
    key = f"gold/run={run_id}/manifest.json"
    body = lake.read(key).body
    manifest: dict[str, Any] = json.loads(body)
    manifest["as_of_on"] = date.fromisoformat(manifest["as_of_on"])
    sha256 = hashlib.sha256(body).hexdigest()
    async with transaction(pool) as connection:
        if not await add_run(connection, manifest, uri=uri(lake, key), sha256=sha256):
            return False
        event = {
            "run_id": run_id,
            "run_key": manifest["run_key"],
            "manifest_uri": uri(lake, key),
            "manifest_sha256": sha256,
            "as_of_on": manifest["as_of_on"],
            "retailers": manifest["retailers"],
            "consent_version": manifest["consent_version"],
        }
        await outbox.add(connection, "pipeline.gold.ready", key=run_id, data=event)
        await outbox.audit(
            connection,
            "pipeline_run",
            actor=PRODUCER,
            outcome="ok",
            subject=run_id,
            details={
                "manifest_sha256": sha256,
                "consent_version": str(manifest["consent_version"]),
                **_set_aside(manifest["set_aside"]),
                **_late(manifest.get("late_ledgers", [])),
                **_erp(manifest.get("erp_comparison", {}).get("ledgers", [])),
            },
        )
    return True


def _set_aside(batches: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Number and names of the batches that the run left out."""
    if not batches:
        return {}
    names = "; ".join(f"{batch['batch']}: {batch['reason']}" for batch in batches)
    return {"set_aside": str(len(batches)), "set_aside_batches": names[:_MAX_REASON]}


def _late(ledgers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Number and names of the ledgers that lie behind the run's snapshot, the latest first."""
    if not ledgers:
        return {}
    latest_first = sorted(ledgers, key=lambda ledger: (-ledger["late_days"], ledger["distributor_id"]))
    names = "; ".join(f"{ledger['distributor_id']}: {ledger['late_days']} days" for ledger in latest_first)
    return {"late_ledgers": str(len(ledgers)), "late_ledger_names": names[:_MAX_REASON]}


def _erp(ledgers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Number and names of the ledgers that differ from their ERP, the worst first; number of those not compared."""
    worst_first = sorted(ledgers, key=lambda ledger: (-ledger["differing"], ledger["distributor_id"]))
    differing = [ledger for ledger in worst_first if ledger["differing"]]
    details = {}
    if differing:
        names = "; ".join(f"{ledger['distributor_id']}: {ledger['differing']} months" for ledger in differing)
        details = {"differing_ledgers": str(len(differing)), "differing_ledger_names": names[:_MAX_REASON]}
    if not_compared := sum(ledger["not_compared"] > 0 for ledger in ledgers):
        details["uncompared_ledgers"] = str(not_compared)
    return details


async def report_stop(pool: asyncpg.Pool, outbox: Outbox, step: str, error: Exception) -> None:
    """Audits a run that was stopped; the reason names objects and rows, nobody."""
    async with transaction(pool) as connection:
        await outbox.audit(
            connection,
            "pipeline_run",
            actor=PRODUCER,
            outcome="refused",
            reason=type(error).__name__,
            details={"step": step, "what": str(error)[:_MAX_REASON]},
        )
