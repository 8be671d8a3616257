"""`make restore` has ingestion take in what Bronze holds and its database forgot, before any service runs."""

from pathlib import Path

import pytest
from altscore_local import orchestrator, restore
from altscore_local.layout import ROOT, Layout
from altscore_local.orchestrator import Stack
from altscore_local.postgres import Postgres
from altscore_local.process import StackError, Supervisor
from altscore_local.selection import Selection

COMMAND = """#!/bin/sh
[ "$*" = "-m altscore_ingestion catch-up" ] || exit 9
echo "$TOLD"
exit "$STATUS"
"""


@pytest.fixture
def program(clone: Layout) -> Layout:
    """A clone whose Python is a program that only tells how it was called."""
    clone.venv_python.parent.mkdir(parents=True, exist_ok=True)
    clone.venv_python.unlink(missing_ok=True)
    clone.venv_python.write_text(COMMAND)
    clone.venv_python.chmod(0o755)
    return clone


def test_a_restore_says_what_was_taken_in(program: Layout) -> None:
    told: list[str] = []
    environment = {"TOLD": "taken in 2, known 9, refused 0", "STATUS": "0"}
    assert restore.catch_up(program, environment, told.append) is None
    assert [line.split("  ")[-1].strip() for line in told] == ["taken in 2, known 9, refused 0"]


@pytest.mark.parametrize("status", ["1", "2", "9"])
def test_what_cannot_be_taken_in_is_named_and_stops_no_restore(program: Layout, status: str) -> None:
    told: list[str] = []
    environment = {"TOLD": "not signed by ingestion: 'bronze/x/manifest.json'", "STATUS": status}
    gap = restore.catch_up(program, environment, told.append)
    assert gap is not None
    assert "bronze/x/manifest.json" in gap
    assert restore.GAP in told[0]


class Steps(Stack):
    """A stack that starts nothing and notes in which order it would."""

    def __init__(self, layout: Layout) -> None:
        self.told: list[str] = []
        super().__init__(layout, self.told.append)
        self.steps: list[str] = []

    def down(self) -> None:
        """Nothing runs."""

    def up(self, selection: Selection) -> None:
        """Notes what it is asked for."""
        self.steps.append(f"up {' '.join(sorted(selection.only))}")

    def _migrate(self, owner: str, module: str, command: str) -> str | None:
        self.steps.append(f"{command} {owner}")
        return None


@pytest.mark.parametrize(("has_ingestion", "gap"), [(True, None), (True, "something is missing"), (False, None)])
def test_catching_up_comes_before_the_services_and_its_failure_after_everything_else(
    program: Layout, monkeypatch: pytest.MonkeyPatch, *, has_ingestion: bool, gap: str | None
) -> None:
    stack = Steps(program)
    expected = ["ingestion-api"] if has_ingestion else ["kafka"]
    (program.root / "services").symlink_to(ROOT / "services")  # the clone knows which processes there are
    steps = stack.steps

    def caught_up(*_: object) -> str | None:
        steps.append("catch-up")
        return gap

    monkeypatch.setattr(restore, "read_manifest", lambda _: {"expected": expected, "taken_at": "then"})
    monkeypatch.setattr(restore, "put_back", lambda *_: None)
    monkeypatch.setattr(restore, "send_again", lambda _: 0)
    monkeypatch.setattr(restore, "catch_up", caught_up)
    monkeypatch.setattr(restore, "prove", lambda *_: steps.append("prove"))
    monkeypatch.setattr(restore, "finish", lambda _: steps.append("finish"))
    monkeypatch.setattr(orchestrator, "tool_environment", lambda *_: {})
    monkeypatch.setattr(orchestrator, "s3_environment", lambda *_: {})
    monkeypatch.setattr(Supervisor, "ensure", lambda *_: None)
    monkeypatch.setattr(Postgres, "prepare", lambda _: None)
    if gap is None:
        stack.restore(Path("backup"))
    else:
        with pytest.raises(StackError, match=gap):
            stack.restore(Path("backup"))
    if has_ingestion:
        assert steps == ["up infra", "migrate ingestion", "catch-up", "up ingestion-api", "prove", "finish"]
    else:
        assert "catch-up" not in steps
