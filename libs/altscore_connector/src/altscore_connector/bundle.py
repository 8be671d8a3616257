"""A release file: a zip archive that Python runs, with the wheels of the connector and of all it needs.

Only the standard library is imported here, since the file's own start uses this module before anything is unpacked.
"""

import json
import os
import platform
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from altscore_connector.errors import UpdateError
from altscore_connector.files import sync_folder

DESCRIPTION = "release.json"
WHEELS = "wheels"
MAX_BUNDLE_BYTES = 40 * 1024 * 1024
_MAX_UNPACKED_BYTES = 400 * 1024 * 1024
_CHUNK_BYTES = 1 << 20


def this_target() -> str:
    """What runs here, as releases name it: `cp312-linux_x86_64`, `cp313-win_amd64`."""
    name = "cp" if sys.implementation.name == "cpython" else sys.implementation.name
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        system = f"other_libc_{system}"
    return f"{name}{sys.version_info[0]}{sys.version_info[1]}{threads}-{system}"


@dataclass(frozen=True)
class Description:
    """What a release file holds.

    Attributes:
        targets: names of wheels by target.
    """

    version: str
    targets: Mapping[str, tuple[str, ...]]


def describe(bundle: Path) -> Description:
    """Reads the description of a release file.

    Raises:
        UpdateError: it is none.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            document = json.loads(archive.read(DESCRIPTION))
        targets = {str(name): tuple(map(str, wheels)) for name, wheels in document["targets"].items()}
        return Description(version=str(document["version"]), targets=targets)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError):
        raise UpdateError(f"{bundle.name} is no release file of the connector; get it again") from None


def unpack(bundle: Path, folder: Path, *, target: str) -> Description:
    """Unpacks the wheels of a target into a new folder, durably.

    Raises:
        UpdateError: not for this target, or no release file.
        OSError: no room, no rights.
    """
    description = describe(bundle)
    if target not in description.targets:
        raise UpdateError(
            f"the release is not for this Python and system ({target}), but for "
            f"{', '.join(sorted(description.targets))}"
        )
    folder.mkdir()
    left = _MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(bundle) as archive:
            for name in description.targets[target]:
                with archive.open(f"{WHEELS}/{name}") as file, zipfile.ZipFile(file) as wheel:
                    left = _unpack_wheel(wheel, folder, left)
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise UpdateError(f"{bundle.name} is damaged; get it again") from None
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)  # whatever the umask of who installs: see `_activate`
        if path.is_dir():
            sync_folder(path)
    sync_folder(folder)
    return description


def _unpack_wheel(wheel: zipfile.ZipFile, folder: Path, left: int) -> int:
    """Writes the files of a wheel; how many bytes may still follow."""
    for entry in wheel.infolist():
        inner = PurePosixPath(entry.filename)
        if entry.is_dir():
            continue
        is_inside = inner.parts and not inner.is_absolute() and ".." not in inner.parts  # `//a` is absolute too
        if not is_inside or any(sign in entry.filename for sign in (":", "\\")):
            raise ValueError("a path leads out of the folder")
        left -= entry.file_size
        if left < 0:
            raise ValueError("too large")
        path = folder.joinpath(*inner.parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with wheel.open(entry) as source, path.open("xb") as target:
            _copy(source, target)
            target.flush()
            os.fsync(target.fileno())
    return left


def _copy(source: IO[bytes], target: BinaryIO) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)
