"""`sync` without `--once` lives through every outage; SIGTERM ends it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.client import IngestionClient
from altscore_connector.config import ConnectorConfig, CsvConfig, IngestionConfig, TallyConfig
from altscore_connector.messages import line_of, text_of
from altscore_connector.records import Finding
from altscore_connector.running import Output, pause_after, run_for_ever
from altscore_connector.state import State

INTERVAL_S = 900.0
FILE = "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,100\r\n"


class Ended(Exception):
    """The test has seen enough."""


def config(folder: Path, tally: str | None = None) -> ConnectorConfig:
    nowhere = IngestionConfig(url="https://unused", ca_file=folder, certificate_file=folder, key_file=folder)
    return ConnectorConfig(
        distributor_id="dist_x",
        state_file=folder / "s",
        ingestion=nowhere,
        keystore_file=folder,
        passphrase_file=None,
        interval_s=INTERVAL_S,
        tally=TallyConfig(tally, ("A",), timeout_s=1) if tally else None,
        csv=None if tally else CsvConfig(folder, settle_s=0),
    )


@pytest.fixture
def run(client: IngestionClient) -> Callable[..., tuple[list[dict[str, Any]], list[float]]]:
    def call(configured: ConnectorConfig, syncs: int, state: State) -> tuple[list[dict[str, Any]], list[float]]:
        lines: list[str] = []
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == syncs:
                raise Ended

        before = signal.getsignal(signal.SIGTERM)
        try:
            with pytest.raises(Ended):
                run_for_ever(configured, client, state, Output(say=lines.append), sleep=sleep)
        finally:
            signal.signal(signal.SIGTERM, before)
        return [json.loads(line) for line in lines if line.startswith("{")], pauses

    return call


def test_a_tally_that_is_down_is_asked_again_after_growing_pauses(run: Any, tmp_path: Path) -> None:
    logged, pauses = run(config(tmp_path, tally="http://127.0.0.1:1"), 4, State(":memory:"))
    assert [(line["event"], line["status"], line["kind"]) for line in logged] == [
        ("sync_failed", 1, "TallyUnreachableError")
    ] * 4
    assert 24 <= pauses[0] <= 36
    assert pauses[-1] > 2 * pauses[0]
    assert pause_after(50) <= 3_600 * 1.2


@pytest.mark.parametrize(
    ("faults", "code"),
    [([(503, {})] * 5, "SERVICE_UNAVAILABLE"), ([(429, {"Retry-After": "3600"})], "RATE_LIMIT_EXCEEDED")],
)
def test_an_outage_or_a_spent_quota_is_logged_and_ends_with_everything_sent(
    run: Any, ingestion: Any, tmp_path: Path, faults: list[Any], code: str
) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    ingestion.faults = list(faults)
    logged, pauses = run(config(tmp_path), 2, State(":memory:"))
    assert [line["event"] for line in logged] == ["sync_failed", "sync_done"]
    assert (logged[0]["kind"], logged[0]["code"]) == ("DeliveryError", code)
    assert pauses[1] == INTERVAL_S
    assert [record["invoice_id"] for record in ingestion.records("invoices")] != []


def test_a_refused_batch_is_told_and_does_not_end_the_loop(run: Any, ingestion: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    ingestion.faults = [(422, {})]
    logged, _ = run(config(tmp_path), 2, State(":memory:"))
    assert [(line["event"], line["status"]) for line in logged] == [("sync_done", 3), ("sync_done", 0)]


def test_sigterm_ends_the_loop_in_the_middle_of_a_pause(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from altscore_connector.running import Output, run_for_ever\n"
        "from altscore_connector.state import State\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from test_running import config\n"
        "class Before:\n"
        "    def highest_sequence(self, distributor_id): return None\n"
        "run_for_ever(config(pathlib.Path(sys.argv[1]), tally='http://127.0.0.1:1'), Before(), State(':memory:'),\n"
        "             Output(say=lambda line: print(line, flush=True)))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        assert "sync_failed" in process.stdout.readline()
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the swallowed exception
def test_sigterm_that_a_finalizer_swallows_ends_the_loop_in_its_next_pause(
    client: IngestionClient, tmp_path: Path
) -> None:
    class Swallowing:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    swallowed: list[Swallowing] = []

    def say(_line: str) -> None:
        swallowed.append(Swallowing())
        swallowed.clear()

    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            run_for_ever(config(tmp_path, tally="http://127.0.0.1:1"), client, State(":memory:"), Output(say=say))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 0


def test_a_finding_says_where_and_what_to_do_in_both_languages() -> None:
    finding = Finding(kind="set_aside", rule="voucher_unreadable", file="tally.companies[1]", key="g-1", field="Date")
    assert line_of(finding) == (
        "set_aside (voucher_unreadable) file tally.companies[1], document g-1, field Date: The voucher cannot be read "
        "and was left out; open it in Tally and check its date and its amounts."
    )
    assert "वाउचर" in text_of(finding)[1]
    assert text_of(Finding(kind="note", rule="some_new_rule")) == ("Some new rule.", "")
