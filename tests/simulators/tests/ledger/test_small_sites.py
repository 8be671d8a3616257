"""The demo's small sites: what their connectors read is the ledger that the demo compares with."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from altscore_connector.config import load_config
from altscore_connector.source import open_source
from altscore_connector.state import State
from altscore_ingestion.uploads.domain import MAX_FILE_BYTES, UPLOADS_PER_HOUR

from demo import landing, small_sites
from demo.context import Demo
from demo.steps.onboard import common_configuration

STACK = {"hosts": {"ingestion": "127.0.0.1"}, "ports": {"ingestion": 21103}}


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """A demo whose large ledgers are written, without a stack."""
    (tmp_path / "stack.json").write_text(json.dumps(STACK), encoding="utf-8")
    demo = Demo(tmp_path, size="small")
    command = [sys.executable, "-m", "simulators_ledger", "demo", "--out", str(demo.out), "--retailers", "44"]
    subprocess.run([*command, "--as-of", "2026-10-31"], check=True, capture_output=True, timeout=120)
    return demo


def test_what_the_small_sites_read_is_their_ledger_to_the_paisa(demo: Demo) -> None:
    truth = json.loads((demo.out / "truth.json").read_text(encoding="utf-8"))
    numbers = {shop["number"] for ledger in truth["ledgers"] for shop in ledger["retailer_list"]}
    people = len(json.loads((demo.out / "personas.json").read_text(encoding="utf-8")))
    sites = small_sites.names(demo)
    small_sites.write_ledgers(demo, truth, sites)
    fresh = [shop for ledger in truth["ledgers"][2:] for shop in ledger["retailer_list"]]
    assert len(fresh) == 6 * len(sites)
    assert numbers.isdisjoint(shop["number"] for shop in fresh)
    assert len(json.loads((demo.out / "personas.json").read_text(encoding="utf-8"))) == people + len(fresh)
    demo.facts["truth"] = truth
    for site in sites:
        (demo.out / "sites" / site).mkdir(parents=True)
    results = {}
    for _ in range(2):  # a demo can be run again
        with small_sites.running(demo, {site: common_configuration(demo, site) for site in sites}):
            for site in sites:
                config = load_config(demo.out / "sites" / site / "connector.toml")
                source = open_source(config, State(":memory:"))
                assert [check.subject for check in source.check() if not check.is_ok] == []
                reading = source.read()
                assert [finding.rule for finding in reading.findings if finding.kind != "note"] == []
                sums = dict.fromkeys(("invoices", "payments", "returns"), Decimal(0))
                for item in reading.items:
                    if item.table in sums and not item.record.get("is_cancelled"):
                        sums[item.table] += item.amount
                results[site] = {"tables": {table: {"amount_inr": str(amount)} for table, amount in sums.items()}}
                assert all(sums.values())
    small_sites.check_sums(demo, results)
    assert demo.checks == len(sites)


def test_what_is_put_by_sftp_holds_its_ledger_to_the_paisa_in_fewer_files_than_an_hour_takes(demo: Demo) -> None:
    truth = json.loads((demo.out / "truth.json").read_text(encoding="utf-8"))
    numbers = {shop["number"] for ledger in truth["ledgers"] for shop in ledger["retailer_list"]}
    landing.write_ledger(demo, truth)
    ledger = truth["ledgers"][-1]
    assert numbers.isdisjoint(shop["number"] for shop in ledger["retailer_list"])
    exports = demo.out / landing.LANDING / "exports"
    assert len(list(exports.glob("*.csv"))) <= UPLOADS_PER_HOUR
    assert max(path.stat().st_size for path in exports.iterdir()) <= MAX_FILE_BYTES
    configuration = demo.out / "sites" / landing.LANDING / "connector.toml"
    configuration.parent.mkdir(parents=True)
    source = f'[csv]\nfolder = "{exports}"\npayments = "receipts"\n'
    configuration.write_text(f"{common_configuration(demo, landing.LANDING)}\n{source}", encoding="utf-8")
    reading = open_source(load_config(configuration), State(":memory:")).read()
    sums = dict.fromkeys(("invoices", "payments", "returns"), Decimal(0))
    for item in reading.items:
        if item.table in sums and not item.record.get("is_cancelled") and not item.record.get("is_bounced"):
            sums[item.table] += item.amount
    assert [finding.rule for finding in reading.findings if finding.kind != "note"] == []
    assert sums == {table: Decimal(ledger[f"{table}_inr"]) for table in sums}
