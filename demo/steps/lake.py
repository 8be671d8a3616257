"""The pipeline, woken by an event: Bronze to Silver to Gold, with totals that agree to the paisa."""

from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from demo.context import Demo
from demo.store import LAKE, Store

LEAST_FEATURES = 45


def current_run(demo: Demo) -> dict[str, Any]:
    """What gold/current.json points at; run_id None before the first run."""
    try:
        pointer = Store(demo).json(LAKE, "gold/current.json")
    except ClientError:
        return {"run_id": None}
    return dict(pointer)


def gold_retailers(demo: Demo) -> set[str]:
    """Retailers of the current Gold."""
    store, run_id = Store(demo), current_run(demo)["run_id"]
    keys = store.parquet_keys(LAKE, f"gold/run={run_id}/retailer_features/")
    return {value for key in keys for value in store.table(LAKE, key).column("retailer_id").to_pylist()}


def run(demo: Demo) -> None:
    """Step 5 of the main job."""
    batches = demo.count("ingestion", "SELECT count(*) FROM batch WHERE state = 'complete'")

    def finished() -> dict[str, Any] | None:
        run = current_run(demo)
        if run["run_id"] is None:
            return None
        manifest: dict[str, Any] = Store(demo).json(LAKE, f"gold/run={run['run_id']}/manifest.json")
        seen = len(manifest["bronze"]) + len(manifest["set_aside"])
        return manifest if seen == batches and manifest["consent_version"] == consent_version(demo) else None

    manifest = demo.until(
        "a run over every batch and the newest consent", finished, limit_s=demo.lake_limit_s, every_s=1
    )
    demo.check("Airflow ran it", airflow_ran(demo, manifest["run_id"]), manifest["run_id"])
    demo.check("no batch was set aside", not manifest["set_aside"], manifest["set_aside"])
    retailers = gold_retailers(demo)
    consented = consented_retailers(demo)  # read after the run, since an answer may have come meanwhile
    only_consented = bool(retailers) and retailers <= consented
    demo.check("only consented retailers are in Gold", only_consented, f"{len(retailers)} of {len(consented)}")
    demo.check("at least 45 features", manifest["features"] >= LEAST_FEATURES, manifest["features"])
    totals_agree(demo, manifest)
    silver = Store(demo)
    counts = {
        table: sum(
            silver.table(LAKE, key).num_rows
            for key in silver.parquet_keys(LAKE, f"silver/run={manifest['run_id']}/{table}/")
        )
        for table in ("invoice", "payment")
    }
    demo.summary["lake"] = {
        "run_id": manifest["run_id"],
        "invoices": counts["invoice"],
        "payments": counts["payment"],
        "retailers": len(retailers),
        "features": manifest["features"],
        "amount_inr": str(manifest["totals"]["silver_consented"]["amount_inr"]),
        "totals_agree": True,
    }


def consented_retailers(demo: Demo) -> set[str]:
    """Retailers with an active consent, as consent itself has them."""
    with demo.superuser("consent") as connection:
        rows = connection.execute("SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active'").fetchall()
    return {retailer_id for (retailer_id,) in rows}


def consent_version(demo: Demo) -> int:
    """The newest change that consent knows of."""
    return int(demo.count("consent", "SELECT version FROM change_counter"))


def airflow_ran(demo: Demo, run_id: str) -> bool:
    """Whether Airflow's own database has a successful run of the DAG."""
    done = demo.count(
        "airflow", "SELECT count(*) FROM dag_run WHERE dag_id = 'altscore_pipeline' AND state = 'success'"
    )
    return bool(done) and run_id is not None


def totals_agree(demo: Demo, manifest: dict[str, Any]) -> None:
    """Accepted = Bronze, and Bronze's consented part = Silver; and what the ERPs themselves say of their ledgers."""
    totals = {
        name: Decimal(str(part["amount_inr"])) for name, part in manifest["totals"].items() if isinstance(part, dict)
    }
    for name, amount in totals.items():
        demo.say(f"{name:<18} {amount:>18,.2f} INR")
    erp = manifest["erp_comparison"]
    compared = f"{erp['agreeing']} months agree, {erp['differing']} differ, {erp['not_compared']} without a statement"
    demo.say(f"ERP = Bronze: {compared}")
    demo.check("accepted = Bronze", totals["accepted"] == totals["bronze"])
    demo.check("consented Bronze = Silver", totals["bronze_consented"] == totals["silver_consented"])
