"""A release file that Python runs: it installs itself, or runs a command; what goes wrong is a sentence."""

from pathlib import Path

import pytest
from altscore_connector.cli import main as connector
from altscore_connector.installing import main
from altscore_release.keys import SecretKey

from .stub_release import StubRelease


@pytest.fixture
def release(tmp_path: Path, key: SecretKey) -> StubRelease:
    return StubRelease(tmp_path / "release", key)


def test_it_installs_itself(release: StubRelease, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(release.write().bundle, ["install", "--into", str(tmp_path / "home")]) == 0
    assert capsys.readouterr().out == f"installed; the command is {tmp_path / 'home' / 'altscore-connector'}\n"


@pytest.mark.parametrize("status", [0, 3])
def test_any_other_argument_is_a_command_whose_status_counts(status: int, release: StubRelease) -> None:
    release.status = status
    assert main(release.write().bundle, ["sync", "--once"]) == status
    assert release.mark.exists()


@pytest.mark.parametrize("arguments", [["install", "--into", "{home}"], ["sync"]], ids=["install", "run"])
def test_another_system_is_told_for_which_it_is(
    arguments: list[str], release: StubRelease, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release.targets = ["cp314-win_amd64"]
    assert main(release.write().bundle, [part.format(home=tmp_path / "home") for part in arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: the release is not for this Python and system")
    assert error.endswith("but for cp314-win_amd64\n")
    assert not release.mark.exists()


def test_a_file_that_is_no_release_and_a_folder_that_cannot_be_are_sentences(
    release: StubRelease, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_release = tmp_path / "x.pyz"
    no_release.write_bytes(b"PK")
    assert main(no_release, ["sync"]) == 1
    assert capsys.readouterr().err == "error: x.pyz is no release file of the connector; get it again\n"
    assert main(release.write().bundle, ["install", "--into", str(no_release / "home")]) == 1
    assert capsys.readouterr().err == f"error: Not a directory: {no_release / 'home' / 'versions'}\n"


@pytest.mark.parametrize("arguments", [["--from", "."], ["--rollback"]], ids=["from", "rollback"])
def test_what_was_not_installed_from_a_release_is_not_updated(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert connector(["update", *arguments]) == 1
    assert capsys.readouterr().err.startswith("error: this connector was not installed from a release file")
