"""The commands over mutual TLS, against the wire contract of the connector's own endpoints."""

import json
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector import scope
from altscore_connector.cli import main
from altscore_connector.config import load_config
from altscore_connector.records import ErpTotal
from altscore_connector.reports import Outcome, Report, write_report
from altscore_connector.running import open_state
from altscore_connector.site import Site
from altscore_connector.summary import Comparison, Summary

from .site_service import SiteFolder, SiteService, serving

FILE = "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,100\r\n2,02-08-2026,A,200\r\n"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    with serving(SiteService(), tmp_path) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, service: SiteService) -> SiteFolder:
    return SiteFolder(tmp_path, service)


def run(site: SiteFolder, command: str, *arguments: str) -> int:
    return main([command, "--config", str(site.config), *arguments])


def test_init_makes_a_site_that_syncs_and_overwrites_nothing(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    key, config = (site.folder / "client.key").read_bytes(), site.config.read_bytes()
    for name in ("client.key", "keystore.json", "client.crt"):
        assert stat.S_IMODE((site.folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(site.passphrase.stat().st_mode) == 0o600
    assert run(site, "init") == 0
    assert (site.folder / "client.key").read_bytes() == key
    assert site.config.read_bytes() == config
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    assert len(service.payloads) == 1
    assert run(site, "check") == 0
    assert "FAIL" not in capsys.readouterr().out


def test_every_sync_ends_with_a_heartbeat(site: SiteFolder, service: SiteService) -> None:
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    [heartbeat] = service.heartbeats
    assert set(heartbeat) == {
        *("connector_version", "erp_type", "source_ok", "queued_batches", "last_success_at", "last_exit_status"),
        "findings",
    }
    assert (heartbeat["erp_type"], heartbeat["source_ok"], heartbeat["last_exit_status"]) == ("csv", True, 0)
    assert heartbeat["queued_batches"] == 0
    assert heartbeat["last_success_at"] is not None


def test_a_failed_heartbeat_never_fails_a_sync(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("a.csv", FILE)
    service.lost = ["/v1/connector/heartbeat"]
    assert run(site, "sync", "--once") == 0
    assert len(service.payloads) == 1
    assert run(site, "status") == 0
    assert "heartbeat: the connection failed" in capsys.readouterr().out


def test_a_failed_sync_is_told_to_the_service_too(site: SiteFolder, service: SiteService) -> None:
    site.drop.rmdir()
    assert run(site, "sync", "--once") == 1
    assert (service.heartbeats[0]["source_ok"], service.heartbeats[0]["last_exit_status"]) == (False, 1)


def test_status_names_what_was_put_aside_and_its_exit_status_tells(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(site, "status") == 3, "nothing was sent yet"
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    assert run(site, "status") == 0
    service.quarantine = [
        {"batch_id": "bat_1", "table": "invoices", "record_key": f"k{n}", "reason": "is in the future", "rule": "date"}
        for n in range(5)
    ]
    capsys.readouterr()
    assert run(site, "status") == 3
    out = capsys.readouterr().out
    assert [f"quarantined invoices k{n} of bat_1: is in the future" in out for n in range(5)] == [True] * 5
    service.keys.clear()
    assert run(site, "status") == 1


def test_preview_sends_nothing_and_shows_the_agreed_fields_without_values(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("a.csv", FILE.replace(",A,", ",Marked Traders,"))
    assert run(site, "preview") == 0
    out = capsys.readouterr().out
    assert "invoices.amount_inr: 2 times (Sales Ledger)" in out
    assert "Marked" not in out
    assert service.payloads == []
    assert run(site, "preview", "--records", "1") == 0
    assert "Marked Traders" in capsys.readouterr().out


def test_a_field_outside_the_agreed_table_halts_preview_and_sync(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("a.csv", FILE)
    invoices = {"invoice_id": "Reference between records"}
    monkeypatch.setattr(scope, "SCOPE", {**scope.SCOPE, "invoices": invoices})
    assert run(site, "preview") == 3
    out = capsys.readouterr().out
    assert "refused (field_outside_scope) field invoices.amount_inr" in out
    assert run(site, "sync", "--once") == 1
    assert "invoices.amount_inr" in capsys.readouterr().err
    assert service.payloads == []


def test_resync_states_everything_again_after_a_question(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    assert run(site, "resync") == 2, "nobody is here to answer"
    assert len(service.payloads) == 1
    assert run(site, "resync", "--yes") == 0
    first, second = service.payloads
    assert second["sequence"] > first["sequence"]
    for table in ("retailers", "invoices", "payments", "returns"):
        assert first[table] == second[table]
    assert run(site, "sync", "--once") == 0
    assert len(service.payloads) == 2


def test_a_document_that_is_gone_is_withdrawn_by_a_resync_too(site: SiteFolder, service: SiteService) -> None:
    path = site.put(
        "complete_2026-07.csv", "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,1\r\n2,02-07-2026,A,2\r\n"
    )
    assert run(site, "sync", "--once") == 0
    path.unlink()
    site.put("complete_2026-07-01_2026-07-31.csv", "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,1\r\n")
    assert run(site, "resync", "--yes") == 0
    cancelled = [invoice.get("is_cancelled", False) for invoice in service.payloads[-1]["invoices"]]
    assert sorted(cancelled) == [False, True]


def test_backfill_sends_oldest_first_in_windows_and_goes_on_where_it_stopped(
    site: SiteFolder, service: SiteService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    rows = "".join(f"{n},05-{n:02d}-2026,A,{n}00\r\n" for n in range(6, 1, -1))
    site.put("a.csv", "Invoice No,Invoice Date,Party,Amount\r\n" + rows)
    assert run(site, "backfill") == 2, "a day is needed"
    assert run(site, "backfill", "--from", "2026-02-01") == 0
    days = [[invoice["invoice_date"] for invoice in payload["invoices"]] for payload in service.payloads]
    assert days == [*([f"2026-{month:02d}-05"] for month in range(2, 7)), []]
    claims = [payload["sync_to"] for payload in service.payloads]
    assert claims == ["2000-01-01T00:00:00Z"] * 5 + ["2026-06-05T23:59:59Z"], "what is told is claimed in the end"
    assert run(site, "sync", "--once") == 0
    assert len(service.payloads) == 6

    site.put("b.csv", "Invoice No,Invoice Date,Party,Amount\r\n" + rows.replace("00\r\n", "01\r\n"))
    whole = service._batch

    def third_fails(body: bytes) -> tuple[int, dict[str, object]]:
        return whole(body) if len(service.payloads) < 8 else (500, {"code": "INTERNAL"})

    monkeypatch.setattr(service, "_batch", third_fails)
    assert run(site, "backfill", "--from", "2026-02-01") == 1
    monkeypatch.setattr(service, "_batch", whole)
    assert run(site, "backfill") == 0
    sent = [invoice["amount_inr"] for payload in service.payloads[6:] for invoice in payload["invoices"]]
    assert sent == [201, 301, 401, 501, 601]


def test_a_history_that_later_syncs_would_not_read_is_not_sent(
    site: SiteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    text = site.config.read_text()
    tally = '[tally]\nurl = "http://127.0.0.1:1"\ncompanies = ["X"]\nhistory_from = 2026-04-01\n'
    site.config.write_text(text[: text.index("[csv]")] + tally)
    assert run(site, "backfill", "--from", "2025-04-01") == 2
    assert "set it to 2025-04-01 or earlier" in capsys.readouterr().err


def test_status_and_check_work_beside_a_running_connector(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    with Site(load_config(site.config), {}) as opened:
        state = open_state(opened.config, opened.secrets)
        try:
            assert run(site, "status") == 0
            assert run(site, "check") == 0
            assert run(site, "preview") == 0
            assert "A connector is running with the state file" in capsys.readouterr().out
            assert run(site, "sync", "--once") == 1
            assert "another connector is running" in capsys.readouterr().err
        finally:
            state.close()


def test_the_status_of_one_batch_is_still_shown(site: SiteFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, "status", "bat_1") == 1
    out = capsys.readouterr().out
    assert json.loads(out[out.index("{") :])["status"] == 404


def month(name: str, *, erp: str | None, held: str, agrees: bool | None) -> dict[str, Any]:
    """One month of the service's comparison."""
    return {
        "table": "invoices",
        "month": name,
        "erp": None if erp is None else {"count": 3, "amount_inr": erp},
        "bronze": {"documents": 2, "records": 4, "amount_inr": held},
        "compared": erp is not None,
        "agrees": agrees,
    }


def test_status_compares_the_erps_totals_with_what_was_sent_and_with_what_altscore_holds(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put("a.csv", FILE)
    assert run(site, "sync", "--once") == 0
    agreeing = [month("2026-07", erp="1500.00", held="1500.00", agrees=True)]
    service.months = [*agreeing, month("2026-06", erp=None, held="7.00", agrees=None)]
    assert run(site, "status") == 0
    told = capsys.readouterr().out
    assert "ERP and what was sent: not compared" in told, "files state no totals"
    assert "ERP and AltScore, by table and month: 1 agree, 0 differ, 1 not compared" in told
    service.months = [*agreeing, month("2026-08", erp="1500.00", held="1000.50", agrees=False)]
    assert run(site, "status") == 3
    told = capsys.readouterr().out
    assert "differs: invoices of 2026-08: the ERP says 3 documents, 1500.00; AltScore holds 2, 1000.50" in told
    assert "अंतर: 2026-08" in told
    service.months = [{"table": "invoices"}]
    assert run(site, "status") == 1
    assert "comparison of totals cannot be read" in capsys.readouterr().out


def test_status_shows_the_months_of_the_last_sync_that_differ_from_the_erp(
    site: SiteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = Summary("dist_x", "tally_prime")
    for number, erp in enumerate((Decimal("5.00"), Decimal("6.00")), start=7):
        total = ErpTotal(table="invoices", month=f"2026-{number:02d}", count=1, amount_inr=erp)
        summary.comparisons.append(Comparison(total, 1, Decimal("5.00")))
    report = Report()
    report.note(Outcome.of(summary), 0)
    write_report(load_config(site.config).status_file, report)
    assert run(site, "status") == 3
    told = capsys.readouterr().out
    assert "ERP and what was sent, by table and month: 1 agree, 1 differ" in told
    assert '"month": "2026-08"' in told
