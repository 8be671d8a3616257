"""What grows has a rule: logs are rotated under their writers, scratch and old task logs go, sizes are seen."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from altscore_libs.testing_postgres import HANG_S
from altscore_local.env_files import environment_of
from altscore_local.housekeeping import (
    AIRFLOW,
    Housekeeper,
    Metrics,
    Rules,
    remove_old_files,
    remove_untouched_folders,
    rotate,
    serve,
)
from altscore_local.layout import ROOT, Layout
from altscore_local.services import write_env_file

DAY_S = 86_400.0


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    at = time.time() - days * DAY_S
    os.utime(path, (at, at))
    os.utime(path.parent, (at, at))
    return path


def lines_of(log: Path) -> list[str]:
    """Of the log and its former ones, oldest first."""
    files = [log.with_name(f"{log.name}.{number}") for number in (3, 2, 1)] + [log]
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]


def test_a_log_is_rotated_under_a_process_that_goes_on_writing(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    writer = "import time\nfor n in range(60):\n    print(n, 'x' * 90, flush=True)\n    time.sleep(0.02)\n"
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-c", writer], stdout=out)
    rotations = 0
    while process.poll() is None:
        rotations += rotate(log, larger_than=2_000, kept=3)
        time.sleep(0.05)

    assert rotations > 1
    numbers = [int(line.split()[0]) for line in lines_of(log)]
    assert numbers == list(range(numbers[0], 60)), "no line lost or doubled, none cut"
    assert log.stat().st_size <= 2_000 + 100


def test_former_logs_are_counted_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for text in ("one", "two", "three", "four"):
        log.write_text(text)
        log.chmod(0o600)
        assert rotate(log, larger_than=2, kept=2)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.log": "", "a.log.1": "four", "a.log.2": "three"
    }  # fmt: skip
    assert (tmp_path / "a.log.1").stat().st_mode & 0o777 == 0o600
    assert not rotate(log, larger_than=2, kept=2)
    assert not rotate(tmp_path / "nobody.log", larger_than=0, kept=2)


def test_a_runs_folder_goes_a_day_after_anything_in_it_changed(tmp_path: Path) -> None:
    aged(tmp_path / "old" / "target" / "compiled.sql", 3)
    os.utime(tmp_path / "old", (time.time() - 3 * DAY_S,) * 2)
    aged(tmp_path / "busy" / "dbt.log", 3)
    (tmp_path / "busy" / "spill").write_text("now")

    assert remove_untouched_folders(tmp_path, older_than_s=DAY_S, now=time.time()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["busy"]
    assert remove_untouched_folders(tmp_path / "absent", older_than_s=DAY_S, now=time.time()) == 0


def test_old_task_logs_go_with_the_folders_that_they_leave_empty(tmp_path: Path) -> None:
    aged(tmp_path / "dag" / "run-1" / "attempt=1.log", 20)
    new = aged(tmp_path / "dag" / "run-2" / "attempt=1.log", 2)

    assert remove_old_files(tmp_path, older_than_s=14 * DAY_S, now=time.time()) == 1
    assert sorted(path.name for path in (tmp_path / "dag").iterdir()) == ["run-2"]
    assert new.exists()


def test_a_turn_applies_every_rule_and_says_sizes_and_goes_on_behind_a_failed_step(clone: Layout) -> None:
    (clone.logs / "score-api.log").write_text("x" * 50)
    lineage = clone.data / "airflow" / "openlineage.jsonl"
    lineage.parent.mkdir()
    lineage.write_text("y" * 50)
    aged(clone.data / "pipeline-work" / "run" / "file", 2)
    write_env_file(clone, "airflow", {"PATH": "/usr/bin:/bin"})
    (clone.run / "airflow").mkdir()
    (clone.run / "airflow" / "program").write_text("/bin/false")
    metrics = Metrics()

    Housekeeper(clone, metrics, Rules(log_bytes=10)).turn()

    value = metrics.registry.get_sample_value
    assert (clone.logs / "score-api.log.1").read_text() == "x" * 50
    assert lineage.with_name("openlineage.jsonl.1").read_text() == "y" * 50
    assert not (clone.data / "pipeline-work" / "run").exists()
    assert value("altscore_housekeeping_failures_total", {"step": "airflow-database"}) == 1
    assert value("altscore_folder_bytes", {"folder": "logs"}) == 50
    assert (value("altscore_housekeeping_last_turn_seconds") or 0) > time.time() - 60


def test_airflows_database_is_cleaned_once_a_day_with_airflows_own_environment_and_the_users_name(
    clone: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "the-images-user")
    monkeypatch.setenv("FOREIGN", "kept from Airflow")
    home = clone.data / "airflow"
    home.mkdir()
    program = clone.run / "airflow" / "program"
    program.parent.mkdir()
    fake = home / "fake-airflow"
    fake.write_text('#!/bin/sh\necho "$MARK $USER $FOREIGN $*" >> calls\n')
    fake.chmod(0o700)
    program.write_text(str(fake))
    housekeeper = Housekeeper(clone, Metrics())
    housekeeper.turn()
    assert not (home / "calls").exists(), "a clone that never started Airflow has nothing to clean"
    write_env_file(clone, "airflow", {"MARK": "given", "PATH": "/usr/bin:/bin"})

    housekeeper.turn()
    housekeeper.turn()

    (call,) = (home / "calls").read_text().splitlines()
    assert call.startswith("given the-images-user  db clean --clean-before-timestamp 20")
    assert call.endswith("+00:00 --skip-archive --yes")


def test_in_a_container_it_keeps_to_what_airflow_and_its_jobs_write(clone: Layout) -> None:
    (clone.logs / "score-api.log").write_text("x" * 50)
    aged(clone.logs / "airflow" / "dag" / "attempt=1.log", 20)
    (clone.logs / "airflow" / "new.log").write_text("z" * 7)
    aged(clone.data / "pipeline-work" / "run" / "file", 2)
    metrics = Metrics()

    Housekeeper(clone, metrics, Rules(log_bytes=10), part=AIRFLOW).turn()

    value = metrics.registry.get_sample_value
    assert (clone.logs / "score-api.log").read_text() == "x" * 50
    assert not (clone.data / "pipeline-work" / "run").exists()
    assert not (clone.logs / "airflow" / "dag").exists()
    assert value("altscore_folder_bytes", {"folder": "logs"}) == 7
    assert value("altscore_folder_bytes", {"folder": "kafka"}) is None, "0 would be a lie: it does not see the folder"


def copied_by_the_image() -> list[Path]:
    text = (ROOT / "deploy" / "Dockerfile.pipelines").read_text(encoding="utf-8")
    return [ROOT / name for name in re.findall(r"deploy/local/altscore_local/\w+\.py", text)]


def test_what_the_image_copies_is_all_that_it_needs(tmp_path: Path) -> None:
    files = copied_by_the_image()
    assert len(files) == 5
    package = tmp_path / "deploy" / "local" / "altscore_local"
    package.mkdir(parents=True)
    for file in files:
        (package / file.name).write_bytes(file.read_bytes())
    aged(tmp_path / "var" / "data" / "pipeline-work" / "run" / "file", 2)
    command = [sys.executable, "-m", "altscore_local.housekeeping", "--part", "airflow", "--port", "0"]
    environment = {"PYTHONPATH": str(package.parent), "PYTHONUNBUFFERED": "1"}

    with subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()

    assert "removed run folders: 1" in line
    assert process.returncode == 0
    assert not (tmp_path / "var" / "data" / "pipeline-work" / "run").exists()


def test_health_and_metrics_are_served_on_loopback() -> None:
    metrics = Metrics()
    metrics.bytes.labels("logs").set(7)
    server = serve(0, metrics)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        for page, part in (("/readyz", b"{}"), ("/metrics", b'altscore_folder_bytes{folder="logs"} 7.0')):
            with urllib.request.urlopen(base + page, timeout=HANG_S) as response:  # noqa: S310  # our own URL
                assert part in response.read()
    finally:
        server.shutdown()


def test_an_environment_file_is_read_as_it_was_written(clone: Layout) -> None:
    written = {"A": "1", "URL": "https://x/?a=b&c=d", "JSON": '{"k": "v"}'}
    assert environment_of(write_env_file(clone, "some", written)) == written
    assert environment_of(clone.env_files / "absent.env") is None
