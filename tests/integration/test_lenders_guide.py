"""The shell examples of the guide for lenders, run against the stack with the credentials of the sandbox."""

import subprocess
from pathlib import Path

import pytest

from demo.context import LENDERS, Demo
from services.score.tests.lenders_server import environment, json_documents, shell_examples


@pytest.mark.parametrize("page", ["README.md", "sandbox.md"])
def test_every_example_is_answered(demo: Demo, tmp_path: Path, page: str) -> None:
    issued = demo.facts["lenders"][LENDERS[1]]
    credentials = {name: issued[f"test_{name}"] for name in ("client_id", "client_secret")}
    done = subprocess.run(
        ["bash", "-c", shell_examples(page)],
        cwd=tmp_path,
        env=environment(demo.url("score"), demo.pki("ca.pem"), credentials),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    documents = json_documents(done.stdout)
    assert len(documents) == 4
    assert documents[0]["retailer_id"] == documents[1]["retailer_id"] == "ret_7e57000000000002"
