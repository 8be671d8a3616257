"""The pages are installed once for each lock and built when a source has changed."""

import os
from pathlib import Path

import pytest
from altscore_local import pages
from altscore_local.layout import Layout

# Stands where npm would: notes what it was asked, and leaves behind what the real one would.
NPM = """#!/bin/sh
echo "$1 $2" >> {calls}
case "$1" in
    ci) mkdir node_modules ;;
    run) mkdir -p dist/admin && cat src/page > dist/admin/index.html ;;
esac
"""


class Project:
    """A clone with a small project of pages, and an npm that notes its calls."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self.layout = layout
        self.web = pages.web_folder(layout)
        (self.web / "src").mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc", "src/page"):
            (self.web / name).write_text(name, encoding="utf-8")
        self._calls = folder / "calls"
        programs = folder / "programs"
        programs.mkdir()
        (programs / "npm").write_text(NPM.format(calls=self._calls), encoding="utf-8")
        (programs / "npm").chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}"

    def set_up(self) -> list[str]:
        """Runs the step; returns what npm was asked."""
        self._calls.write_text("", encoding="utf-8")
        pages.ensure_pages(self.layout)
        return [line.split()[0] for line in self._calls.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def project(clone: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project_ = Project(clone, tmp_path)
    monkeypatch.setenv("PATH", project_.path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return project_


def test_packages_are_installed_once_and_the_build_is_skipped_while_nothing_changes(project: Project) -> None:
    assert project.set_up() == ["ci", "run"]
    assert (project.web / "node_modules").resolve().is_dir()
    assert project.set_up() == []


def test_a_changed_source_is_built_and_a_changed_lock_is_installed_too(project: Project) -> None:
    project.set_up()
    (project.web / "src/page").write_text("another", encoding="utf-8")
    assert project.set_up() == ["run"]
    assert (project.web / "dist/admin/index.html").read_text(encoding="utf-8") == "another"
    (project.web / "package-lock.json").write_text("another", encoding="utf-8")
    assert project.set_up() == ["ci", "run"]


def test_packages_that_somebody_installed_by_hand_stay(project: Project) -> None:
    (project.web / "node_modules").mkdir()
    assert project.set_up() == ["run"]
    assert not (project.web / "node_modules").is_symlink()


def test_without_npm_the_setup_goes_on_and_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    pages.ensure_pages(project.layout)
    assert "not built" in capsys.readouterr().out
