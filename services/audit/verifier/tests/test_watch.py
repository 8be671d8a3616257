"""The verifier that runs all the time: what it says, on its page and in its log, and how it ends."""

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from altscore_audit_verifier.handover import Handover
from altscore_audit_verifier.report import CannotVerify
from altscore_audit_verifier.signatures import load_keys
from altscore_audit_verifier.verify import Looks
from altscore_audit_verifier.watch import Stop, Watch, _server, run
from altscore_audit_verifier.witness import Witness
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import HANG_S, free_port
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Forge


@pytest.fixture
def watch(database: Database, forge: Forge, tmp_path: Path) -> Watch:
    keys = load_keys([forge.notary.public_key])
    return Watch(Looks(database.app_dsn, lambda: keys), Witness(tmp_path / "witness"))


def values(watch: Watch) -> dict[tuple[str, str], float]:
    """The page of metrics as Prometheus reads it."""
    families = text_string_to_metric_families(watch.status.metrics())
    return {
        (sample.name.removeprefix("altscore_audit_verifier_"), sample.labels.get("chain", "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_page_names_the_first_entry_that_was_changed(watch: Watch, forge: Forge) -> None:
    watch.round()
    page = values(watch)
    assert (page["problems", "general"], page["entries", "general"], page["rounds_total", ""]) == (0, 40, 1)
    assert page["timestamp_seconds", ""] == pytest.approx(time.time(), abs=60)
    forge.execute("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 17")
    watch.round()
    page = values(watch)
    assert (page["problems", "general"], page["first_broken_seq", "general"]) == (1, 17)
    assert (page["problems", "failed_auth"], page["first_broken_seq", "failed_auth"]) == (0, 0)


def test_the_witness_hands_its_newest_signature_over_and_goes_on_where_it_may_not(
    database: Database, forge: Forge, tmp_path: Path
) -> None:
    forge.sign_tree(20)
    keys = load_keys([forge.notary.public_key])
    looks, witness = Looks(database.app_dsn, lambda: keys), Witness(tmp_path / "witness")

    def cosigned() -> list[tuple[str, int]]:
        with psycopg.connect(database.superuser_dsn) as connection:
            return connection.execute("SELECT chain, seq FROM audit_cosignature").fetchall()

    Watch(looks, witness, Handover(database.app_dsn)).round()  # a role that may not
    assert cosigned() == []
    watch = Watch(looks, witness, Handover("postgresql://x@127.0.0.1:1/none"))
    watch.round()
    assert (values(watch)["handover_failures_total", ""], values(watch)["rounds_total", ""]) == (1, 1)
    for again in (witness, Witness(tmp_path / "witness")):  # after a restart it is handed over once more
        Watch(looks, again, Handover(database.owner_dsn)).round()
        assert cosigned() == [("general", 20)]


def test_entries_that_were_seen_are_missed_without_a_file(watch: Watch, forge: Forge) -> None:
    watch.round()
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq > 33")
    forge.execute("UPDATE audit_chain SET last_seq = 33, last_hash = %s WHERE chain = 'general'", forge.hash_of(33))
    for _ in range(2):  # what was tampered with is not taken for the new truth
        (general,) = [report for report in watch.round() if report.chain == "general"]
        assert general.first_broken_seq == 34


def test_without_a_database_the_page_says_that_nothing_is_verified(forge: Forge, tmp_path: Path) -> None:
    looks = Looks("postgresql://x@127.0.0.1:1/none", lambda: load_keys([forge.notary.public_key]))
    watch = Watch(looks, None)
    with pytest.raises(CannotVerify):
        watch.round()
    assert values(watch)["failures_total", ""] == 1
    assert values(watch)["rounds_total", ""] == 0


def test_the_log_speaks_when_the_verdict_changes_and_not_every_round(
    watch: Watch, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    stop, rounds = Stop(), iter(range(5))
    forge.execute("SELECT 1")

    class Steps(Watch):
        """Rounds of the real one, between which the database is changed."""

        def round(self) -> list[object]:  # type: ignore[override]
            number = next(rounds)
            if number == 2:
                forge.execute("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 17")
            if number == 4:
                stop.set()
            return list(watch.round())

    run(Steps(watch._looks, None), stop, interval_s=0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["level"] for line in lines] == ["info", "critical"]
    assert [chain["first_broken_seq"] for chain in lines[1]["chains"]] == [17]


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGALRM, lambda *_: stop.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        begun = time.monotonic()
        stop.wait(HANG_S)
        assert stop.is_set()
        assert time.monotonic() - begun < HANG_S / 2
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def page(watch: Watch) -> Iterator[str]:
    port = free_port()
    server = _server(watch.status, "127.0.0.1", port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()
    thread.join()


def status_of(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=HANG_S) as answer:  # noqa: S310  # loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_is_ready_once_the_chain_was_read(watch: Watch, page: str) -> None:
    assert status_of(f"{page}/livez")[0] == 200
    assert status_of(f"{page}/readyz") == (503, '{"failed": ["chain"]}')
    watch.round()
    assert status_of(f"{page}/readyz") == (200, '{"failed": []}')
    assert "altscore_audit_verifier_rounds_total 1" in status_of(f"{page}/metrics")[1]
    assert status_of(f"{page}/other")[0] == 404


def test_the_command_watches_until_it_is_told_to_stop(database: Database, forge: Forge, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "altscore_audit_verifier.watch", "--dsn", database.app_dsn, "--workers", "1"]
    command += ["--public-key", str(forge.notary.public_key), "--folder", str(tmp_path / "own"), "--interval-s", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["message"] == "audit chain whole"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG_S) == 0
    assert json.loads((tmp_path / "own/last-seen.json").read_text())["chains"]["general"]["seq"] == 40
    assert (tmp_path / "own/audit-witness.key").stat().st_mode & 0o077 == 0
