"""Connectors read their ledgers, each from another kind of ERP, and send them; ingestion refuses what it must."""

import json
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from demo import landing, small_sites
from demo.bronze_ledger import live_sums
from demo.context import Demo
from demo.steps.onboard import common_configuration, connector
from demo.store import Store

CAPTURED_COMPANIES = ("Aarav Trading Company Demo", "Bridge WR2 Lab", "Bridge Validation Lab")
TALLY = "dist_a"
BROKEN = "BROKEN/"  # ids of the records that no ledger should hold
LEAST = {"retailers": 400, "invoices": 40_000}


def make_ledgers(demo: Demo) -> None:
    """The generated ledgers, the simulators' data and the truth that is kept apart."""
    size = [] if demo.size == "full" else ["--retailers", "120"]
    as_of = ["--as-of", demo.facts["as_of"]]
    command = [sys.executable, "-m", "simulators_ledger", "demo", "--out", str(demo.out), *as_of, *size]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    demo.check("the ledgers are written", done.returncode == 0, done.stdout.strip() or done.stderr[-300:])
    truth = json.loads((demo.out / "truth.json").read_text(encoding="utf-8"))
    small_sites.write_ledgers(demo, truth, small_sites.names(demo))
    if landing.is_possible(demo):
        landing.write_ledger(demo, truth)
    personas = json.loads((demo.out / "personas.json").read_text(encoding="utf-8"))
    demo.facts["truth"] = truth
    demo.facts["cast"] = truth["cast"]
    demo.facts["personas_by_phone"] = personas
    demo.facts["tally_companies"] = [truth["company"]["name"], *CAPTURED_COMPANIES]
    shops: dict[str, dict[str, Any]] = {}
    for ledger in truth["ledgers"]:
        for shop in ledger["retailer_list"]:
            shops.setdefault(str(shop["number"]), shop | {"ledger": ledger["distributor_id"]})
    demo.facts["shops"] = shops
    texts = [shop[name] for shop in shops.values() for name in ("phone", "gstin") if shop[name]]
    demo.facts["personal_texts"] = texts
    if demo.size == "full":
        invoices = sum(ledger["invoices"] for ledger in truth["ledgers"])
        demo.check("at least 400 retailers", len(shops) >= LEAST["retailers"], len(shops))
        demo.check("at least 40,000 invoices in 18 months", invoices >= LEAST["invoices"], invoices)


def run(demo: Demo) -> None:
    """Step 2 of the main job."""
    names = [name for name in demo.facts["distributors"] if name != landing.LANDING]
    small = {name: common_configuration(demo, name) for name in names if name in (small_sites.SAP_B1, small_sites.SFTP)}
    # Sites know nothing of each other.
    with small_sites.running(demo, small), ThreadPoolExecutor(len(names)) as sites:
        results = dict(zip(names, sites.map(lambda name: sync(demo, name), names), strict=True))
    small_sites.check_sums(demo, results)
    if landing.LANDING in demo.facts["distributors"]:
        landing.hand_in(demo)
    misbehave(demo)
    count_records(demo, results)
    ledgers_arrived(demo)


def sync(demo: Demo, distributor_id: str) -> dict[str, Any]:
    """One sync of one site; its summary."""
    site = demo.out / "sites" / distributor_id
    summary = site / "summary.json"
    done = connector("sync", "--config", str(site / "connector.toml"), "--once", "--summary", str(summary))
    tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-3:])
    demo.check(f"{distributor_id} synchronised", done.returncode == 0, tail)
    result: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return result


def send(demo: Demo, payload: dict[str, Any], *flags: str, batch_id: str | None = None) -> dict[str, Any]:
    """Sends one payload with the connector of dist_b, as it is; status and body of the answer."""
    site = demo.out / "sites" / "dist_b"
    path = site / "payload.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    identity = ["--batch-id", batch_id] if batch_id else []
    done = connector("send", "--config", str(site / "connector.toml"), "--payload", str(path), *identity, *flags)
    answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return answer


def broken_batch() -> dict[str, Any]:
    """Two sound invoices among records that no ledger should hold."""

    def invoice(number: int, **changes: Any) -> dict[str, Any]:
        return {
            "invoice_id": f"{BROKEN}{number}",
            "retailer_ref": "broken-shop",
            "invoice_date": "2026-10-05",
            "amount_inr": 1000.50,
            **changes,
        }

    return {
        "distributor_id": "dist_b",
        "sync_from": "2026-10-01T00:00:00Z",
        "sync_to": "2026-10-31T23:59:59Z",
        "invoices": [
            invoice(1),
            invoice(2),
            invoice(3, amount_inr=-5),
            invoice(4, amount_inr=10.005),
            invoice(5, invoice_date="2026-02-30"),
            invoice(6, invoice_date="2999-01-01"),
            invoice(7, invoice_id=""),
            invoice(8, amount_inr="1000"),
        ],
        "payments": [],
    }


def misbehave(demo: Demo) -> None:
    """Broken records are quarantined, a repeated batch is known, a wrong signature opens nothing."""
    batch_id = str(uuid.uuid4())
    first = send(demo, broken_batch(), batch_id=batch_id)
    body = first["body"]
    demo.check(
        "broken records are quarantined, sound ones kept",
        body.get("quarantined") == 6 and body.get("accepted") == 2,
        body,
    )
    repeat = send(demo, broken_batch(), batch_id=batch_id)
    known = repeat["status"] == 409 and repeat["body"]["code"] == "BATCH_ALREADY_PROCESSED"
    same = repeat["body"].get("result", {}).get("batch_id") == body["batch_id"]
    demo.check("the same batch again: 409 with the original result", known and same, repeat["body"].get("code"))
    batches = "SELECT count(*) FROM batch"
    before = demo.count("ingestion", batches)
    forged = send(demo, broken_batch() | {"sync_to": "2026-10-31T23:59:58Z"}, "--wrong-signature")
    unwritten = demo.count("ingestion", batches) == before
    demo.check(
        "a wrong signature: 401 and nothing written", forged["status"] == 401 and unwritten, forged["body"].get("code")
    )
    for case, answer in (("batch_repeated", repeat), ("batch_wrong_signature", forged)):
        demo.summary["refusals"].append({"case": case, "status": answer["status"], "code": answer["body"].get("code")})


def count_records(demo: Demo, results: dict[str, dict[str, Any]]) -> None:
    """What was sent is accounted for to the record."""
    with demo.superuser("ingestion") as connection:
        row = connection.execute(
            "SELECT count(*), sum(submitted), sum(accepted), sum(quarantined), sum(duplicate)"
            " FROM batch WHERE state = 'complete'"
        ).fetchone()
    assert row is not None  # noqa: S101  # an aggregate always has a row
    batches, submitted, accepted, quarantined, duplicate = (int(value) for value in row)
    demo.check(
        "submitted = accepted + quarantined + duplicate", submitted == accepted + quarantined + duplicate, submitted
    )
    sent = sum(result["submitted"] for result in results.values()) + 8
    demo.check("ingestion counted what the connectors sent", submitted >= sent, f"{submitted} of {sent}")
    amount = sum(Decimal(str(result["amount_inr"])) for result in results.values())
    demo.summary["ingest"] = {
        "distributors": len(results),
        "batches": batches,
        "submitted": submitted,
        "accepted": accepted,
        "quarantined": quarantined,
        "duplicates": duplicate,
        "amount_inr": str(amount),
    }
    demo.facts["sites"] = {name: str(Path(demo.out) / "sites" / name) for name in results}


def ledgers_arrived(demo: Demo) -> None:
    """Live Bronze is each ERP's ledger, to the paisa, however it came."""
    store, truth = Store(demo), demo.facts["truth"]
    for ledger in truth["ledgers"]:
        distributor_id = ledger["distributor_id"]
        # Beside Tally's ledger lie captured companies, whose sums nobody wrote down; every id begins with a company's.
        company = truth["company"]["guid"] if distributor_id == TALLY else ""
        live = live_sums(store, distributor_id, company=company, without=BROKEN)
        expected = {table: Decimal(ledger[f"{table}_inr"]) for table in live}
        claim = f"live Bronze of {distributor_id} is its ERP's ledger to the paisa"
        demo.check(claim, live == expected, live["invoices"], detail=f"{live} {expected}")
