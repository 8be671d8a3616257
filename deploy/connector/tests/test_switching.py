"""An update is a switch: before it the old version runs, after it the new one, and no crash leaves neither."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from altscore_connector.errors import UpdateError
from altscore_connector.installation import Installation, create, version_numbers
from altscore_release.keys import SecretKey
from hypothesis import given, settings
from hypothesis import strategies as st

from .stub_release import StubRelease, installed, update

# Ends the process at its n-th change of the disk, as a power cut would: nothing is cleaned up.
_CRASHING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from altscore_connector.installation import Installation
from altscore_connector.release_source import FolderSource
from altscore_connector.updating import Updater

home, folder, public, now, left = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree", "subprocess.Popen"}

def count(event, arguments):
    global left
    if event in CHANGES or event == "open" and arguments[2] & (os.O_CREAT | os.O_TRUNC):
        left -= 1
        if left == 0:
            os._exit(9)

updater = Updater(installation=Installation(home), keys=(public,), now=datetime.fromisoformat(now))
sys.addaudithook(count)
updater.update(FolderSource(folder))
"""


def running_version(home: Path) -> str:
    """What the installed command says."""
    done = subprocess.run(
        [home / "altscore-connector", "--version"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def crash(home: Path, release: StubRelease, at: int) -> int:
    arguments = [str(home), str(release.folder), release.key.public, "2026-11-29T12:00:00+00:00", str(at)]
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", _CRASHING, *arguments]
    done = subprocess.run(command, check=False, timeout=60, env={**os.environ, "PYTHONPATH": path})
    return done.returncode


@pytest.mark.timeout(600)
def test_a_crash_at_any_point_leaves_one_working_version(tmp_path: Path, key: SecretKey) -> None:
    # 0.2.0 was taken back before, so that the update also has something to remove.
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    update(installation, release)
    installation.roll_back()
    original, seen, at, outcome = tmp_path / "original", [], 0, 9
    installation.home.rename(original)
    while outcome == 9:
        at += 1
        home = tmp_path / "home"  # the command holds its path
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(original, home)
        outcome = crash(home, release, at)
        seen.append(running_version(home))
        assert seen[-1] == Installation(home).active.current
        if outcome == 9 and seen[-1] == "0.1.0" and at % 3 == 0:
            update(Installation(home), release)
            assert running_version(home) == "0.2.0"
            assert not list(home.glob(".update-*"))
    assert outcome == 0
    assert seen == sorted(seen), "the versions change once, from the old one to the new one"
    assert set(seen) == {"0.1.0", "0.2.0"}
    assert len(seen) > 15


def test_an_update_can_be_taken_back_and_done_again(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    update(installation, release)
    assert running_version(installation.home) == "0.2.0"
    assert installation.roll_back().current == running_version(installation.home) == "0.1.0"
    with pytest.raises(UpdateError, match=r"no earlier version than 0\.1\.0"):
        installation.roll_back()
    update(installation, release)
    assert running_version(installation.home) == "0.2.0"


def test_the_version_before_is_kept_and_older_ones_are_removed(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    for version in ("0.2.0", "0.3.0"):
        update(installation, StubRelease(tmp_path / version, key, version=version).write())
    assert sorted(os.listdir(installation.home / "versions")) == ["0.2.0", "0.3.0"]
    assert installation.active.previous == "0.2.0"


def test_an_installation_takes_a_folder_of_its_own(tmp_path: Path, key: SecretKey) -> None:
    bundle = StubRelease(tmp_path / "release", key).write().bundle
    used = tmp_path / "used"
    used.mkdir()
    (used / "connector.toml").touch()
    with pytest.raises(UpdateError, match="is not empty"):
        create(used, bundle)
    create(tmp_path / "home", bundle)
    with pytest.raises(UpdateError, match="holds a connector already"):
        create(tmp_path / "home", bundle)
    assert os.listdir(used) == ["connector.toml"]


def test_an_installation_that_failed_can_be_repeated(tmp_path: Path, key: SecretKey) -> None:
    with pytest.raises(UpdateError, match="does not start"):
        create(tmp_path / "home", StubRelease(tmp_path / "broken", key, status=1).write().bundle)
    create(tmp_path / "home", StubRelease(tmp_path / "good", key).write().bundle)
    assert running_version(tmp_path / "home") == "0.2.0"


def test_the_command_works_in_a_folder_with_blanks_and_quotes(tmp_path: Path, key: SecretKey) -> None:
    home = tmp_path / "the distributor's $HOME"
    create(home, StubRelease(tmp_path / "release", key).write().bundle)
    assert running_version(home) == "0.2.0"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "active.json of the connector cannot be read"),
        ('{"current": "0.9.0", "previous": null, "python": "cpython-311"}', "version 0.9.0 of the connector is gone"),
        ('{"current": "0.1.0", "previous": null, "python": "cpython-399"}', "this is not cpython-399"),
    ],
    ids=["damaged", "version gone", "another Python"],
)
def test_a_damaged_installation_says_so_without_a_traceback(
    content: str, sentence: str, tmp_path: Path, key: SecretKey
) -> None:
    home = installed(tmp_path, key).home
    (home / "active.json").write_text(content)
    done = subprocess.run([home / "altscore-connector", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {sentence}")
    assert done.stderr.count("\n") == 1


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.integers(0, 999_999), min_size=2, max_size=4), st.lists(st.integers(0, 999_999), min_size=2, max_size=4)
)
def test_versions_are_compared_as_numbers(first: list[int], second: list[int]) -> None:
    padded = [(*numbers, *[0] * (4 - len(numbers))) for numbers in (first, second)]
    left, right = (version_numbers(".".join(map(str, numbers))) for numbers in (first, second))
    assert (left < right, left == right) == (padded[0] < padded[1], padded[0] == padded[1])


@pytest.mark.parametrize("text", ["", "1", "1.0rc1", "01.0", "1.0.0.0.0", "1.0\n", "../1.0", "१.०"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        version_numbers(text)
