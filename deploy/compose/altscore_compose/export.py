"""On the host: copies certificates and secrets of the running target into a private folder, writes its stack file."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from altscore_local.airflow import pipeline_environment
from altscore_local.description import write_stack_file
from altscore_local.layout import Layout
from altscore_local.process import StackError
from altscore_local.services import TOOLS, Stores, tool_environment, write_env_file

VAR_IN_CONTAINER = "/srv/altscore/var"
TIMEOUT_S = 60


def export(layout: Layout, compose: str) -> Path:
    """Takes what a client needs out of the volume.

    Args:
        layout: of the host; its folder var-... receives the files, its ports are those that are published.
        compose: the program that runs `docker compose` with this target's settings.

    Returns:
        The stack file.

    Raises:
        StackError: the container that made the files is not there, or they lack a secret.
    """
    container = _output([compose, "ps", "--all", "--quiet", "provision"]).strip()
    if not container:
        raise StackError("the compose target is not up")
    layout.var.mkdir(exist_ok=True)
    layout.var.chmod(0o700)
    for name in ("pki", "secrets"):
        _copy(container, name, layout.var)
    shutil.rmtree(layout.secrets / "softhsm", ignore_errors=True)  # keys stay where they are used
    before = {path.name for path in layout.secrets.iterdir()}
    stores = Stores.of(layout)
    written = write_stack_file(stores)
    for name in TOOLS:
        write_env_file(layout, name, tool_environment(stores, name))
    write_env_file(layout, "pipeline", pipeline_environment(stores))
    unexpected = {path.name for path in layout.secrets.iterdir()} - before
    if unexpected:
        raise StackError(f"the target has no secret {', '.join(sorted(unexpected))}")
    return written


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode:
        raise StackError(f"{' '.join(command[:2])} failed\n{done.stderr[-1_000:]}")
    return done.stdout


def _copy(container: str, name: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target) as folder:
        _output(["docker", "cp", f"{container}:{VAR_IN_CONTAINER}/{name}", folder])
        shutil.rmtree(target / name, ignore_errors=True)
        (Path(folder) / name).rename(target / name)
    (target / name).chmod(0o700)
