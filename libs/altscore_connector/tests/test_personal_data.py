"""No name, GSTIN or phone number of a ledger leaves by the log, the terminal, the summary or the status file."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from altscore_connector.cli import main
from altscore_connector.log import SiteLog

from .site_service import SiteFolder, SiteService, serving

NAMES = ("Zyxmarked Kirana Bhandar", "Qwvmarked Traders")
GSTINS = ("27AAPFU0939F1ZV", "29AAGCB7383J1Z4")
PHONES = ("9812345670", "98765 01234")
MARKS = ("Zyxmarked", "Qwvmarked", *GSTINS, "9812345670", "9876501234", "98765 01234")
HEADER = "Invoice No,Invoice Date,Due Date,Party,GSTIN,Phone,Amount\r\n"
GOOD = f"1,01-07-2026,,{NAMES[0]},{GSTINS[0]},{PHONES[0]},100\r\n2,02-07-2026,,{NAMES[1]},{GSTINS[1]},{PHONES[1]},2\r\n"
BAD = (
    f"3,99-99-2026,,{NAMES[0]},{GSTINS[0]},{PHONES[0]},100\r\n"
    f"4,01-07-2026,,{NAMES[1]},{GSTINS[1][:-1]}!,{PHONES[1]}99,1.2.3\r\n"
    f"{NAMES[0]},{PHONES[0]},,,,,\r\n"
)
COMMANDS = (
    *(["check"], ["check", "--json"], ["preview"], ["sync", "--once"], ["status"], ["resync", "--yes"]),
    *(["backfill", "--from", "2026-01-01"], ["rotate"], ["status", "bat_1"]),
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    with serving(SiteService(), tmp_path) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, service: SiteService) -> SiteFolder:
    return SiteFolder(tmp_path, service)


def everything_written(site: SiteFolder) -> str:
    """Every text file of the site but the drop folder, which is the ledger itself."""
    paths = [path for path in site.folder.rglob("*") if path.is_file() and site.drop not in path.parents]
    assert any(path.name == "connector.log" for path in paths)
    return "\n".join(path.read_bytes().decode("utf-8", errors="replace") for path in paths)


@pytest.mark.parametrize(
    ("rows", "is_reachable"), [(GOOD, True), (GOOD + BAD, True), (GOOD + BAD, False)], ids=["good", "bad", "refused"]
)
def test_marked_names_gstins_and_phones_are_nowhere(
    site: SiteFolder,
    service: SiteService,
    capfd: pytest.CaptureFixture[str],
    rows: str,
    is_reachable: bool,
) -> None:
    site.put("ledger.csv", HEADER + rows)
    if not is_reachable:
        service.keys.clear()
    output = ""
    for command in COMMANDS:
        words = [*command, "--config", str(site.config)]
        if "--once" in command:
            words += ["--summary", str(site.folder / "summary.json")]
        main(words)
        captured = capfd.readouterr()
        output += captured.out + captured.err
    if is_reachable:
        sent = json.dumps(service.payloads)
        assert NAMES[0] in sent, "the marks did pass through"
    written = output + everything_written(site)
    assert [mark for mark in MARKS if mark in written] == []


def test_the_log_tells_syncs_heartbeats_and_renewals(site: SiteFolder, service: SiteService) -> None:
    site.put("ledger.csv", HEADER + GOOD + BAD)
    assert main(["sync", "--config", str(site.config), "--once"]) == 3
    path = site.folder / "connector.log"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["event"] for event in events] == ["sync_done", "heartbeat"]
    assert events[0]["status"] == 3
    assert events[0]["findings"]
    assert all("at" in event for event in events)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_is_bounded_and_every_file_of_it_private(tmp_path: Path) -> None:
    log = SiteLog(tmp_path / "log" / "connector.log", max_bytes=2_000, backups=2)
    for number in range(500):
        log.write("sync_done", status=number)
    log.close()
    files = sorted((tmp_path / "log").iterdir())
    assert [path.name for path in files] == ["connector.log", "connector.log.1", "connector.log.2"]
    assert all(path.stat().st_size <= 2_000 for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    assert max(line["status"] for line in lines) == 499


def test_a_log_that_cannot_be_written_stops_nothing(site: SiteFolder) -> None:
    (site.folder / "connector.log").mkdir()
    site.put("ledger.csv", HEADER + GOOD)
    assert main(["sync", "--config", str(site.config), "--once"]) == 0
