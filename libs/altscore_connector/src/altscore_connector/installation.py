"""Where a release is installed: versions beside each other, a file that names the active one, a launcher.

    <home>/altscore-connector   the command (altscore-connector.cmd on Windows)
    <home>/launch.py            starts the version that active.json names; no update writes it
    <home>/active.json          present and previous version, replaced in one step
    <home>/versions/<version>   the packages of a version

Only the standard library is imported here, since a release file installs itself with this module.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from altscore_connector import bundle
from altscore_connector.errors import UpdateError
from altscore_connector.files import sync_folder, write_durably

_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){1,3}")
_UNFINISHED = ".update-"
_START_TIMEOUT_S = 120
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from altscore_connector.cli import main; sys.exit(main(sys.argv[1:]))"
)
_LAUNCHER = '''\
"""Starts the active version of the AltScore connector; `altscore-connector update` decides which one that is."""

import json
import pathlib
import sys

HOME = pathlib.Path(__file__).resolve().parent


def main():
    try:
        active = json.loads((HOME / "active.json").read_text(encoding="utf-8"))
        version, python = active["current"], active["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return "error: active.json of the connector cannot be read; install a release into a new folder"
    folder = HOME / "versions" / version
    if not folder.is_dir():
        return "error: version %s of the connector is gone; install a release into a new folder" % version
    if python != sys.implementation.cache_tag:
        return "error: this is not %s, for which the connector was installed; install it into a new folder" % python
    sys.path.insert(0, str(folder))
    from altscore_connector.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
'''


@dataclass(frozen=True)
class Active:
    """Which version runs.

    Attributes:
        previous: where `roll_back` goes; None where it cannot.
        python: the cache tag of the Python that the versions were unpacked for.
    """

    current: str
    previous: str | None
    python: str


def version_numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, in which 1.0 and 1.0.0 are equal.

    Raises:
        ValueError: no version of a release.
    """
    if _VERSION.fullmatch(version) is None:
        raise ValueError("no version of a release")
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


class Installation:
    """A folder with one or two versions of the connector."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._active_file, self._versions = home / "active.json", home / "versions"

    @classmethod
    def of_this_program(cls) -> "Installation":
        """The installation that the running code belongs to.

        Raises:
            UpdateError: it was installed in another way.
        """
        version_folder = Path(__file__).resolve().parents[1]
        installation = cls(version_folder.parents[1])
        if version_folder.parent.name != "versions" or not installation.launcher.is_file():
            raise UpdateError(
                "this connector was not installed from a release file, so it is updated in the way it was installed "
                "(pip); `python altscore-connector-….pyz install --into FOLDER` makes one that updates itself"
            )
        return installation

    @property
    def launcher(self) -> Path:
        """The script that starts the active version."""
        return self.home / "launch.py"

    @property
    def active(self) -> Active:
        """Which version runs.

        Raises:
            UpdateError: damaged.
        """
        try:
            return Active(**json.loads(self._active_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise UpdateError(f"{self._active_file} cannot be read; install a release into a new folder") from None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keeps a second update out, until the end of the process at the latest.

        Raises:
            UpdateError: another one is running.
        """
        # SQLite's lock is the same on every system, and a killed process leaves none behind.
        with ExitStack() as stack:
            try:
                connection = sqlite3.connect(self.home / "update.lock", timeout=0, isolation_level=None)
                stack.enter_context(closing(connection))
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise UpdateError("another update is running, or its folder is not writable; try again") from None
            yield

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder on the same disk for what is not installed yet; leftovers of a crash are removed."""
        for leftover in self.home.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = self.home / f"{_UNFINISHED}{os.getpid()}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def install(self, bundle_file: Path, version: str, workspace: Path) -> None:
        """Unpacks a verified release beside the present version, tries it, and makes it the active one.

        Raises:
            UpdateError: not for this system, or it does not start; the present version stays.
            OSError: no room, no rights; the present version stays.
        """
        unpacked = workspace / "unpacked"
        description = bundle.unpack(bundle_file, unpacked, target=bundle.this_target())
        if description.version != version:
            raise UpdateError(f"the release file holds another version than {version}; nothing was changed")
        _try(unpacked, version)
        unpacked.chmod(0o755)
        folder = self._versions / version
        if folder.exists():  # of an update that ended before it was active, or of one that was taken back
            shutil.rmtree(folder)
        unpacked.rename(folder)
        sync_folder(self._versions)
        previous = self.active.current if self._active_file.exists() else None
        self._activate(Active(current=version, previous=previous, python=sys.implementation.cache_tag or ""))

    def roll_back(self) -> Active:
        """Makes the previous version active again.

        Raises:
            UpdateError: there is none.
        """
        active = self.active
        if active.previous is None or not (self._versions / active.previous).is_dir():
            raise UpdateError(f"there is no earlier version than {active.current} to go back to; nothing was changed")
        self._activate(Active(current=active.previous, previous=None, python=active.python))
        return self.active

    def remove_others(self) -> None:
        """Removes versions that are neither active nor kept; what is in use on Windows stays until the next time."""
        active = self.active
        for folder in self._versions.iterdir():
            if folder.name not in (active.current, active.previous):
                shutil.rmtree(folder, ignore_errors=True)

    def _activate(self, active: Active) -> None:
        new = self.home / "active.json.new"
        write_durably(new, json.dumps(asdict(active)).encode())
        new.chmod(0o644)  # who installs and who runs it may be two users
        new.replace(self._active_file)
        sync_folder(self.home)


def create(home: Path, bundle_file: Path) -> Path:
    """Installs a release into a new folder.

    Returns:
        The command.

    Raises:
        UpdateError: the folder is in use, or the release cannot run here.
        OSError: no room, no rights.
    """
    home = home.absolute()
    installation = Installation(home)
    if (home / "active.json").exists():
        raise UpdateError(f"{home} holds a connector already; `{home.name}/altscore-connector update` updates it")
    if home.exists() and any(entry.name not in _OWN_NAMES for entry in home.iterdir() if entry.name[0] != "."):
        raise UpdateError(f"{home} is not empty; name a folder of the connector's own")
    is_new = not home.exists()
    (home / "versions").mkdir(parents=True, exist_ok=True)
    for folder in (home, home / "versions") if is_new else (home / "versions",):
        folder.chmod(0o755)  # whatever the umask: who runs it may be another user, who must not change it
    command = _write_command(home)
    with installation.exclusive(), installation.workspace() as workspace:
        installation.install(bundle_file, bundle.describe(bundle_file).version, workspace)
    return command


_OWN_NAMES = {"versions", "launch.py", "altscore-connector", "altscore-connector.cmd", "update.lock"}


def _write_command(home: Path) -> Path:
    """The launcher, and the command that runs it with this Python, apart from variables and a user's own packages."""
    launcher = home / "launch.py"
    launcher.write_text(_LAUNCHER, encoding="utf-8")
    launcher.chmod(0o644)
    python = Path(sys.executable).absolute()
    if os.name == "nt":
        command = home / "altscore-connector.cmd"
        command.write_text(f'@"{python}" -I "%~dp0launch.py" %*\r\n', encoding="utf-8", newline="")
        return command
    command = home / "altscore-connector"
    command.write_text(f'#!/bin/sh\nexec {_quoted(python)} -I {_quoted(launcher)} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return command


def _quoted(path: Path) -> str:
    """A path as a single word of the shell."""
    text = str(path).replace("'", "'\\''")
    return f"'{text}'"


def _try(folder: Path, version: str) -> None:
    """Starts an unpacked version once; compiled files are not written, since the folder still moves."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", START, str(folder), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        is_running = done.returncode == 0 and done.stdout.split()[-1:] == [version]
    except (OSError, subprocess.TimeoutExpired):
        is_running = False
    if not is_running:
        raise UpdateError(f"version {version} does not start on this machine; the present version stays, tell AltScore")
