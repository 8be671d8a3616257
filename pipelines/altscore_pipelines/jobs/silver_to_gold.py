"""Second step: control totals, Gold, its manifest, and last the pointer."""

import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.instants import format_instant

from altscore_pipelines.bronze import SetAside
from altscore_pipelines.erp_totals import comparison_of, log_differences
from altscore_pipelines.errors import DbtFailed, GoldIncomplete, TotalsDisagree
from altscore_pipelines.hooks.dbt import Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import POINTER, Engine
from altscore_pipelines.late_ledgers import late_ledgers, log_late_ledgers
from altscore_pipelines.lineage.recording import finish_lineage, kept_if_possible, recorded
from altscore_pipelines.plan import RunPlan, identity_map_prefix, read_plan
from altscore_pipelines.storage import Content, Storage, read_if_any

CONTROL = ("path:models/control", "totals_agree", "no_row_unreconciled", "allocations_never_exceed")
GOLD = ("path:models/gold",)
_TABLE = "retailer_features"
_SIDES = {"accepted": "accepted", "bronze": "bronze", "bronze_consented": "consented", "silver_consented": "silver"}
_FATES = ("superseded", "cancelled", "unconsented", "future")


def silver_to_gold(lake: Storage, engine: Engine, run_id: str, *, clock: Clock, keep_runs: int) -> str:
    """Builds Gold of a run and makes it the current one.

    Args:
        lake: root of Silver and Gold.
        engine: of the SQL.
        run_id: of `bronze_to_silver`.
        clock: for finished_at of the pointer.
        keep_runs: older runs than these are removed.

    Returns:
        The manifest's key; nothing is done where the pointer already names the run.

    Raises:
        TotalsDisagree: a gap between two layers; the rows are named.
        DbtFailed: a model or test failed.
        GoldIncomplete: Gold has not one row per retailer of Silver.
        PointerMoved: another run finished first.
    """
    manifest_key = f"gold/run={run_id}/manifest.json"
    pointer = read_if_any(lake, POINTER)
    if pointer and json.loads(pointer.body)["run_id"] == run_id:
        return manifest_key
    plan = read_plan(lake, run_id)
    dbt = engine.make_dbt(run_id)
    with recorded(lake, plan, dbt, job="silver_to_gold", clock=clock):
        _build(lake, dbt, {"lake_root": lake.root, **plan.variables()})
    _name_parts(lake, f"gold/run={run_id}/{_TABLE}/")
    body = canonical_json(_manifest(lake, plan, engine))
    lake.write(manifest_key, body)
    with kept_if_possible(run_id):
        finish_lineage(lake, plan, body, clock=clock)
    _swap_pointer(lake, plan, body, pointer=pointer, clock=clock)
    # The link between ledgers and retailers must not outlive the run: erasure removes it from the vault alone.
    lake.remove_folder(identity_map_prefix(run_id))
    remove_old_runs(lake, keep_runs)
    return manifest_key


def _build(lake: Storage, dbt: Dbt, variables: dict[str, Any]) -> None:
    """Control totals first: Gold is not made of a Silver with a gap."""
    try:
        dbt.run([Invocation("build", CONTROL, variables), Invocation("build", GOLD, variables)])
    except DbtFailed:
        gaps = _read_table(lake, f"silver/run={variables['run_id']}/control/unreconciled/")
        if gaps is None or gaps.num_rows == 0:
            raise
        rows = [f"{gap['boundary']} {gap['table_name']} {gap['row_name']} ({gap['gap']})" for gap in gaps.to_pylist()]
        raise TotalsDisagree(rows) from None


def _name_parts(lake: Storage, prefix: str) -> None:
    """Part files get plain names in their order, and the engine's markers go."""
    for place, key in enumerate(_parts(lake, prefix)):
        plain = f"{prefix}part-{place}.parquet"
        if key != plain:
            lake.write(plain, lake.read(key).body)
            lake.remove(key)
    parts = _parts(lake, prefix)
    for key in lake.keys(prefix):
        if key not in parts:
            lake.remove(key)


def _parts(lake: Storage, prefix: str) -> list[str]:
    return [key for key in lake.keys(prefix) if key.endswith(".parquet") and "/." not in key and "/_" not in key]


def _read_table(lake: Storage, prefix: str) -> pa.Table | None:
    parts = [pq.read_table(io.BytesIO(lake.read(key).body)) for key in _parts(lake, prefix)]
    return pa.concat_tables(parts) if parts else None


def _manifest(lake: Storage, plan: RunPlan, engine: Engine) -> dict[str, Any]:
    folder = f"gold/run={plan.run_id}/"
    files, rows = [], 0
    for key in _parts(lake, f"{folder}{_TABLE}/"):
        body = lake.read(key).body
        count = pq.ParquetFile(io.BytesIO(body)).metadata.num_rows
        digest = hashlib.sha256(body).hexdigest()
        files.append({"name": key.removeprefix(folder), "sha256": digest, "rows": count, "bytes": len(body)})
        rows += count
    retailers = _read_table(lake, f"silver/run={plan.run_id}/retailer/")
    if retailers is None or not files or rows != retailers.num_rows:
        raise GoldIncomplete(rows, retailers.num_rows if retailers else 0)
    late = late_ledgers(_read_table(lake, f"silver/run={plan.run_id}/ledger/"))
    log_late_ledgers(late)
    erp = comparison_of(_read_table(lake, f"silver/run={plan.run_id}/control/erp/"))
    log_differences(erp)
    groups = yaml.safe_load((engine.project / "models/gold/feature_groups.yml").read_text(encoding="utf-8"))
    return {
        "run_id": plan.run_id,
        "run_key": plan.run_key,
        "as_of_on": plan.as_of_on.isoformat(),
        "consent_version": plan.consent_version,
        "code_version": plan.code_version,
        "bronze": [{"batch_id": batch_id, "manifest_sha256": sha256} for batch_id, sha256 in plan.bronze],
        "set_aside": [_set_aside_entry(batch) for batch in plan.set_aside],
        "late_ledgers": [ledger.entry() for ledger in late],
        "erp_comparison": erp.document(),
        "files": files,
        "totals": {
            **_totals(_read_table(lake, f"silver/run={plan.run_id}/control/totals/")),
            "set_aside": _set_aside_total(plan.set_aside),
        },
        "retailers": rows,
        "features": len(groups),
    }


def _set_aside_entry(batch: SetAside) -> dict[str, Any]:
    return {
        "batch": batch.folder.removesuffix("/"),
        "object": batch.object_name,
        "reason": batch.reason,
        "count": batch.row_count,
        "amount_inr": _rupees(batch.amount_paise),
    }


def _set_aside_total(batches: Sequence[SetAside]) -> dict[str, Any]:
    """What the manifests of the batches set aside claim; neither side of any boundary contains it."""
    return {
        "batches": len(batches),
        "count": sum(batch.row_count for batch in batches),
        "amount_inr": _rupees(sum(batch.amount_paise for batch in batches)),
    }


def _rupees(paise: int) -> str:
    return f"{paise // 100}.{paise % 100:02d}"


def _totals(table: pa.Table | None) -> dict[str, Any]:
    """Counts and rupees of every side, what explains their differences, and each distributor's month."""
    if table is None:
        return {}
    sides = {name: _side(table, column) for name, column in _SIDES.items()}
    left_out = [{"fate": fate, **_side(table, fate)} for fate in _FATES]
    rows = sorted(table.to_pylist(), key=lambda row: (row["table_name"], row["distributor_id"], row["month"]))
    by = [{name: str(value) if name.endswith("_inr") else value for name, value in row.items()} for row in rows]
    return {**sides, "left_out": left_out, "by": by}


def _side(table: pa.Table, column: str) -> dict[str, Any]:
    count = pc.sum(table[f"{column}_count"]).as_py() or 0
    amount = pc.sum(table[f"{column}_inr"].cast(pa.decimal128(38, 2))).as_py() or 0
    return {"count": count, "amount_inr": f"{amount:.2f}"}


def _swap_pointer(lake: Storage, plan: RunPlan, manifest: bytes, *, pointer: Content | None, clock: Clock) -> None:
    document = {
        "run_id": plan.run_id,
        "run_key": plan.run_key,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "finished_at": format_instant(clock.now(), "auto"),
    }
    lake.swap(POINTER, canonical_json(document), expected_tag=pointer.tag if pointer else None)


def remove_old_runs(lake: Storage, keep: int) -> None:
    """Withdrawn retailers leave with the last run that knew them; run ids sort by time."""
    for layer in ("silver", "gold"):
        runs = sorted({key.split("/")[1] for key in lake.keys(f"{layer}/run=") if "/" in key})
        for run in runs[:-keep]:
            lake.remove_folder(f"{layer}/{run}/")
