"""The check fails when it read nothing, and never calls something unchecked ok."""

import subprocess
import sys
from pathlib import Path

import pytest
from altscore_helm import tools
from altscore_helm.chart import CHART, ENVIRONMENTS, template
from altscore_helm.check import CheckFailed, enforce, score, validate
from altscore_helm.tools import TOOLS, Tool, ToolMissing, tool


def run_without_tools(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The check on a machine without Go and with an empty cache."""
    env = {"PATH": "/nonexistent", "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-m", "altscore_helm.check", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_a_missing_program_is_named_and_is_not_ok(tmp_path: Path) -> None:
    done = run_without_tools(tmp_path)
    assert done.returncode == 3
    assert "NOT CHECKED: helm" in done.stdout

    optional = run_without_tools(tmp_path, "--optional")
    assert optional.returncode == 0
    assert "NOT CHECKED: helm" in optional.stdout
    assert "charts: ok" not in optional.stdout


def test_versions_are_part_of_the_cache_path() -> None:
    assert len({entry.path for entry in TOOLS}) == len(TOOLS)
    assert all(entry.version in str(entry.path) for entry in TOOLS)


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tools, "TOOLS", (Tool("helm", "example.invalid/helm", "1.0.0"),))
    with pytest.raises(ToolMissing, match=r"helm 1\.0\.0 could not be built: no such module"):
        tool("helm")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("tools")
def test_a_file_that_nobody_reads_is_a_failure(tmp_path: Path) -> None:
    unread = tmp_path / "manifests.txt"
    unread.write_text("{}", encoding="utf-8")
    with pytest.raises(CheckFailed, match="documents"):
        validate("local", unread)
    empty = tmp_path / "empty.yaml"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(CheckFailed):
        score("local", empty)
    with pytest.raises(CheckFailed):
        enforce(empty)


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("region=eu-west-1", "region"),
        ("image.tag=latest", "tag"),
        ("image.registry=", "registry"),
        ("developmentOperators=true", "developmentOperators"),
        ("rights.erasureNoticeSeconds=172799", "erasureNoticeSeconds"),
        ("pkcs11.softhsm.enabled=true", "softhsm"),
        ("stores.s3.endpoint=http://s3", "endpoint"),
        ("stores.registry.url=http://registry", "url"),
        ("drain.graceSeconds=5", "graceSeconds"),
        ("unknown=1", "unknown"),
        ("processes.score-api.replica=1", "replica"),
    ],
)
def test_values_that_mean_harm_are_refused_by_the_schema(change: str, reason: str) -> None:
    done = template("production-mumbai", change)
    assert done.returncode != 0
    assert reason in done.stderr


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("processes.audit-worker.replicas.max=2", "audit-worker runs once"),
        ("processes.score-api.replicas.min=20", "replicas.min is above replicas.max"),
    ],
)
def test_values_that_contradict_a_process_are_refused_by_the_template(change: str, reason: str) -> None:
    done = template("production-mumbai", change)
    assert done.returncode != 0
    assert reason in done.stderr


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_renders_the_same_twice(environment: str) -> None:
    first, second = template(environment), template(environment)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout


def test_every_environment_has_a_values_file() -> None:
    assert {f"values-{name}.yaml" for name in ENVIRONMENTS} | {"values.yaml"} == {
        path.name for path in CHART.glob("values*.yaml")
    }
