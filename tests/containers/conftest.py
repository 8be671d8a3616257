"""The compose target on a real engine, under a project of its own; without an engine every test here is skipped."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPOSE = "deploy/compose/compose.sh"
PROJECT = "altscore-test"
VAR = "var-compose-test"
OFFSET = "2400"
# A lender's call needs these processes; the file brings the stores, keys and migrations that they wait for.
PROCESSES = ("score-api", "admin-api", "consent-api", "vault")
# Sign-in at the portal needs these besides.
PORTAL = ("portal", "portal-worker", "ingestion-api")
OUTSIDE = ("saml-sim", "oidc-sim", "smtp-sim", "sms-sim", "audit-witness")
SERVICES = ("score", "admin", "consent", "ingestion", "audit", "scoring", "notification", "webhook")
IMAGES = (*SERVICES, "witness", "training")
BUILT = (*IMAGES, "pipelines", "pipelines-spark", "tools")
BUILD_S = 3_000  # from nothing but the base, on two busy cores
STAND_INS = ("postgres", "redis", "kafka", "registry", "s3")


@dataclass(frozen=True)
class Target:
    """The running target."""

    environment: Mapping[str, str]
    start_s: float

    def run(self, *command: str, timeout_s: float = 600) -> str:
        """Output of a command that must succeed."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=timeout_s
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"
        return done.stdout

    def compose(self, *arguments: str, timeout_s: float = 600) -> str:
        """Output of a command of `docker compose`."""
        return self.run(COMPOSE, *arguments, timeout_s=timeout_s)


def why_not() -> str | None:
    """Why no container can be started here, None where they can."""
    if shutil.which("docker") is None:
        return "no docker program"
    for command in (["docker", "version", "--format", "{{.Server.Version}}"], ["docker", "compose", "version"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        if done.returncode:
            return f"`{' '.join(command[:2])}` fails: no Docker engine with compose answers"
    return None


def environment() -> dict[str, str]:
    """Settings of the tests' own project, beside a target that a person runs."""
    own = {"COMPOSE_PROJECT_NAME": PROJECT, "ALTSCORE_VAR": VAR, "ALTSCORE_PORT_OFFSET": OFFSET}
    return dict(os.environ) | own


def remove(target: Target) -> None:
    """Ends the project and removes what it made."""
    target.compose("--profile", "demo", "down", "--volumes", "--remove-orphans", "--timeout", "20")
    shutil.rmtree(ROOT / VAR, ignore_errors=True)


@pytest.fixture(scope="session")
def images() -> Target:
    """Our images, built."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    idle = Target(environment(), 0.0)
    idle.run("deploy/images/build.sh", "ours", *BUILT, timeout_s=BUILD_S)
    return idle


@pytest.fixture(scope="session")
def target(images: Target) -> Iterator[Target]:
    """The target with what a lender's call needs; started, and removed at the end."""
    python, idle = str(ROOT / ".venv" / "bin" / "python"), images
    remove(idle)
    if os.environ.get("ALTSCORE_IMAGES") == "local":
        idle.run("deploy/images/build.sh", "local", *STAND_INS, timeout_s=1_200)
    try:
        shown = idle.run(
            python, "-m", "altscore_compose", "up", "--only", *PROCESSES, *PORTAL, *OUTSIDE, timeout_s=1_300
        )
        yield Target(idle.environment, float(shown.split("up after ")[1].split()[0]))
    finally:
        remove(idle)
