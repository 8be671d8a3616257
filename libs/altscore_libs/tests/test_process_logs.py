"""A whole process: every line that it writes is JSON, names the process, and holds no exception's text."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from altscore_libs import kafka
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import self_signed
from altscore_libs.testing_postgres import free_port
from pydantic import SecretStr

PHONE = "919876543210"
PROGRAM = f"""
import asyncio, threading, warnings
from altscore_libs.commands import Command, run_commands
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.web import create_app

PORTS = __PORTS__

async def api():
    async def faults(stop):
        threading.Thread(target=int, args=("no {PHONE}",)).start()
        asyncio.get_running_loop().call_soon(int, "no {PHONE}")
        warnings.warn("an old way")
        await stop.wait()
    listeners = [Listener(create_app("shop"), port, None, require_client_certificate=False) for port in PORTS[:2]]
    workers = {{"faults": faults}}
    await serve("ignored", listeners=listeners, workers=workers, readiness=Readiness(), internal_port=PORTS[2])

def broken():
    raise ExceptionGroup("two", [ValueError("{PHONE}"), KeyError("{PHONE}")])

run_commands("altscore_shop", {{"api": Command(api), "broken": Command(broken)}})
"""


def start(tmp_path: Path, command: str, ports: list[int]) -> subprocess.Popen[str]:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.replace("__PORTS__", str(ports)))
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, str(file), command], stdout=pipe, stderr=pipe, text=True)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_all_lines_of_a_serving_process_are_json_and_its_start_is_told_once(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(3)]
    process = start(tmp_path, "api", ports)
    expected = {"started", "uncaught exception in a thread", "error outside any task", "an old way"}
    lines: list[dict[str, Any]] = []
    try:
        assert process.stdout is not None
        end = time.monotonic() + 90
        while not expected <= {line["message"].split(": ")[-1].split("\n")[0] for line in lines}:
            assert time.monotonic() < end
            lines.append(json.loads(process.stdout.readline()))
    finally:
        os.kill(process.pid, signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    lines += lines_of(output)
    assert errors == ""
    assert {line["service"] for line in lines} == {"shop-api"}
    [started] = [line for line in lines if line["message"] == "started"]
    assert (started["ports"], started["internal_port"], started["workers"]) == (ports[:2], ports[2], ["faults"])
    assert [line["logger"] for line in lines if line["logger"].startswith("uvicorn")] == []
    assert {line.get("error") for line in lines if "frames" in line} == {"ValueError"}
    assert PHONE not in json.dumps(lines)


def test_a_process_that_fails_says_so_in_json_without_the_errors_text(tmp_path: Path) -> None:
    process = start(tmp_path, "broken", [])
    output, errors = process.communicate(timeout=110)
    [line] = lines_of(errors)
    assert (process.returncode, output) == (1, "")
    assert (line["level"], line["service"], line["error"]) == ("critical", "shop-broken", "ExceptionGroup")
    assert [leaf["error"] for leaf in line["errors"]] == ["ValueError", "KeyError"]
    assert line["frames"][-1].startswith("broken:")
    assert PHONE not in errors


def test_what_the_kafka_library_reports_is_a_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="x",
        kafka_password=SecretStr("x"),
        kafka_ca_file=self_signed(tmp_path)[0],
        registry_url="http://127.0.0.1:1",
    )
    producer = kafka.producer(settings)
    end = time.monotonic() + 30
    while not [record for record in caplog.records if record.name == "rdkafka"]:
        assert time.monotonic() < end
        producer.poll(0.2)
    assert "rdkafka" not in capfd.readouterr().err
