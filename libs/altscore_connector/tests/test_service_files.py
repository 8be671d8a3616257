"""The unit and the task are what the systems read."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from altscore_connector.cli import main
from altscore_connector.service_files import ServiceCommand, systemd_unit, windows_task
from defusedxml import ElementTree

NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
CONFIG = """
distributor_id = "dist_x"
state_file = "state.sqlite"
[ingestion]
url = "https://127.0.0.1:1"
ca_file = "ca.pem"
certificate_file = "client.crt"
key_file = "client.key"
[keystore]
file = "keystore.json"
[csv]
folder = "drop"
"""


@pytest.fixture(params=["site", "a site with 100% blanks"])
def config(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / str(request.param)
    (folder / "drop").mkdir(parents=True)
    (folder / "connector.toml").write_text(CONFIG)
    return folder / "connector.toml"


def test_a_unit_is_valid_and_runs_the_sync_of_this_configuration(config: Path, tmp_path: Path) -> None:
    unit = tmp_path / "altscore-connector.service"
    assert main(["service", "install", "--config", str(config), "--output", str(unit), "--platform", "systemd"]) == 0
    text = unit.read_text()
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    words = [part.replace("%%", "%") for part in re.findall(r'"([^"]*)"', command)]
    assert words == [sys.executable, "-m", "altscore_connector", "sync", "--config", str(config)]
    assert "Restart=always" in text
    assert f'ReadWritePaths="{str(config.parent / "drop").replace("%", "%%")}"' in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_has_no_complaint(config: Path, tmp_path: Path) -> None:
    unit = tmp_path / "altscore-connector.service"
    assert main(["service", "install", "--config", str(config), "--output", str(unit), "--platform", "systemd"]) == 0
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (complaints, done.returncode) == ([], 0), done.stderr


def test_a_unit_without_a_user_starts_with_its_owner() -> None:
    command = ServiceCommand(python=Path("/usr/bin/python3"), config_file=Path("/srv/c.toml"), writable=())
    assert "WantedBy=default.target" in systemd_unit(command, None)
    assert "User=" not in systemd_unit(command, None)
    assert "User=altscore\n" in systemd_unit(command, "altscore")


def test_a_task_of_windows_is_read_and_runs_the_sync_of_this_configuration(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "task.xml"
    assert main(["service", "install", "--config", str(config), "--output", str(path), "--platform", "windows"]) == 0
    assert path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"), "schtasks reads UTF-16 with its mark"
    root = ElementTree.fromstring(path.read_bytes())
    assert root.findtext(".//t:Exec/t:Command", namespaces=NAMESPACE) == sys.executable
    arguments = root.findtext(".//t:Exec/t:Arguments", namespaces=NAMESPACE)
    assert arguments == f'-m altscore_connector sync --config "{config}"'
    assert root.findtext(".//t:ExecutionTimeLimit", namespaces=NAMESPACE) == "PT0S"
    assert root.findtext(".//t:MultipleInstancesPolicy", namespaces=NAMESPACE) == "IgnoreNew"


def test_names_with_signs_of_xml_are_escaped() -> None:
    command = ServiceCommand(python=Path("C:/A&B/python.exe"), config_file=Path("C:/<x>/c.toml"), writable=())
    root = ElementTree.fromstring(windows_task(command).encode("utf-16"))
    assert root.findtext(".//t:Exec/t:Command", namespaces=NAMESPACE) == "C:/A&B/python.exe"
