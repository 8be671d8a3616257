"""The simulator as a process, and OpenSSH's own client against it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs.testing_postgres import HANG_S
from simulators_sftp.programs import ensure_programs

SOURCES = Path(__file__).parents[2]


@dataclass
class Simulator:
    """A running simulator.

    Attributes:
        known_hosts: pins the host key that the server had at the start.
    """

    control: httpx.Client
    state: dict[str, Any]
    known_hosts: Path

    def post(self, command: str, **content: Any) -> Any:
        """One successful command of the control port."""
        response = self.control.post(f"/_control/{command}", json=content)
        assert response.status_code == 200, response.text
        return response.json()

    def files(self) -> dict[str, Any]:
        """The truth of the folder by name."""
        return {file["name"]: file for file in self.control.get("/_oracle/files").json()["files"]}

    def sftp(self, *commands: str, timeout_s: float = 20) -> subprocess.CompletedProcess[str]:
        """Runs commands of the sftp program with the pinned host key; it stops at the first that fails."""
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(self.known_hosts),
            "GlobalKnownHostsFile": "none",
            "IdentitiesOnly": "yes",
            "IdentityFile": self.state["user_key"],
        }
        arguments = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        address = f"{self.state['user']}@127.0.0.1"
        return subprocess.run(
            ["sftp", "-F", "none", "-b", "-", "-P", str(self.state["port"]), *arguments, address],
            input="\n".join(commands) + "\n",
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """The simulator; skipped by name where neither sshd nor a client can be had."""
    if shutil.which("sftp") is None or ensure_programs() is None:
        pytest.skip("SKIPPED: no sshd of Debian can be fetched, or no sftp client is on the path")
    command = [sys.executable, "-m", "simulators_sftp", "--port", "0", "--control-port", "0"]
    command += ["--state", str(tmp_path / "state")]
    env = os.environ | {"PYTHONPATH": str(SOURCES)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as process:
        assert process.stdout is not None
        control_port = process.stdout.readline().strip().rsplit(":", 1)[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False) as control:
            state = control.get("/_control/state").json()
            known_hosts = tmp_path / "known_hosts"
            known_hosts.write_text(f"[127.0.0.1]:{state['port']} {state['host_key']}\n", encoding="ascii")
            yield Simulator(control=control, state=state, known_hosts=known_hosts)
        process.terminate()
        assert process.wait(timeout=HANG_S) == 0
