"""What is unpacked lies in its own folder, and whoever runs the connector may read it and only its owner write it."""

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest
from altscore_connector.bundle import this_target, unpack
from altscore_connector.errors import UpdateError
from altscore_connector.installation import Installation
from altscore_connector.release_source import FolderSource
from altscore_release.keys import SecretKey

from .stub_release import StubRelease, installed, update


def test_a_path_that_begins_with_two_slashes_does_not_leave_the_folder(tmp_path: Path, key: SecretKey) -> None:
    outside = tmp_path / "outside.py"
    release = StubRelease(tmp_path / "release", key, entries={f"/{outside}": "evil"}).write()
    with pytest.raises(UpdateError, match="is damaged"):
        unpack(release.bundle, tmp_path / "unpacked", target=this_target())
    assert not outside.exists()


@pytest.fixture(params=[0o077, 0o000], ids=["a strict umask", "an open umask"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_others_may_read_what_is_installed_and_none_of_them_may_change_it(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    update(installation, StubRelease(tmp_path / "release", key).write())
    home = installation.home
    paths = [home, home / "versions", *(home / "versions").rglob("*"), home / "launch.py", home / "active.json"]
    sources = [path for path in paths if "__pycache__" not in path.parts]
    assert any(path.name == "cli.py" for path in sources)
    assert {path.name: oct(S_IMODE(path.stat().st_mode)) for path in sources} == {
        path.name: oct(0o755 if path.is_dir() else 0o644) for path in sources
    }
    assert S_IMODE((home / "altscore-connector").stat().st_mode) == 0o755


@pytest.mark.skipif(os.name == "nt", reason="no such file there")
@pytest.mark.timeout(60)
def test_a_file_without_an_end_is_copied_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "endless").symlink_to("/dev/zero")
    with pytest.raises(UpdateError, match="is larger than it may be"):
        FolderSource(tmp_path).copy("endless", tmp_path / "copy", limit=5_000_000)
    assert (tmp_path / "copy").stat().st_size <= 5_000_000


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match="is not writable"), Installation(tmp_path / "gone").exclusive():
        pass
