"""Builds the wheel and the release file; the same source gives the same bytes."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from altscore_connector.bundle import DESCRIPTION, MAX_BUNDLE_BYTES, WHEELS
from altscore_connector.installation import version_numbers
from altscore_local.environments import ensure_uv
from altscore_local.layout import ROOT

from altscore_release.dependencies import TARGETS, wheels_of

PROJECT = ROOT / "libs" / "altscore_connector"
_TIMEOUT_S = 300
# What a release file needs before anything is unpacked; standard library only.
_OWN_MODULES = ("__init__.py", "bundle.py", "errors.py", "files.py", "installation.py", "installing.py")
_START = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("error: Python 3.11 to 3.14 is needed, this is %d.%d" % sys.version_info[:2])

import pathlib

from altscore_connector.installing import main

sys.exit(main(pathlib.Path(__file__).resolve().parent, sys.argv[1:]))
"""
_HEAD = b"#!/usr/bin/env python3\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """There is no release of this."""


def build_wheel(project: Path, folder: Path) -> Path:
    """Builds the wheel of a copy of the package.

    Raises:
        BuildError: its version is none of a release.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with_source = folder / "source"
    shutil.rmtree(with_source, ignore_errors=True)
    shutil.copytree(project / "src", with_source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(project / name, with_source / name)
    for path in with_source.rglob("*"):  # modes stand in the wheel, and depend on who checked the source out
        path.chmod(0o755 if path.is_dir() else 0o644)
    # Offline: the back end is uv's own, of the pinned version.
    command = [str(ensure_uv()), "--quiet", "--offline", "build", "--wheel", "--out-dir", str(folder), str(with_source)]
    subprocess.run(command, check=True, timeout=_TIMEOUT_S)
    shutil.rmtree(with_source)
    (folder / ".gitignore").unlink(missing_ok=True)  # of uv
    [wheel] = folder.glob("altscore_connector-*.whl")
    try:
        version_numbers(version_of(wheel))
    except ValueError:
        raise BuildError(f"{version_of(wheel)} is no version of a release: write numbers with points") from None
    return wheel


def version_of(wheel: Path) -> str:
    """The version in a wheel's name."""
    return wheel.name.split("-")[1]


def build_bundle(wheel: Path, folder: Path, *, targets: Sequence[str] = tuple(TARGETS)) -> Path:
    """Puts the wheel and those of all it needs into one file that Python runs.

    Raises:
        BuildError: larger than a distributor gets, or a wheel that needs more than unpacking.
    """
    needed = wheels_of(targets)
    files = {path.name: path for paths in needed.values() for path in (wheel, *paths)}
    if scripted := [name for name, path in files.items() if _needs_installer(path)]:
        raise BuildError(f"{', '.join(scripted)}: files outside of the packages are not unpacked")
    version = version_of(wheel)
    listed = {name: [wheel.name, *(path.name for path in paths)] for name, paths in needed.items()}
    bundle = folder / f"altscore-connector-{version}.pyz"
    with bundle.open("wb") as file:
        file.write(_HEAD)
        with zipfile.ZipFile(file, "w") as archive:
            _add(archive, "__main__.py", _START.encode())
            with zipfile.ZipFile(wheel) as own:
                for name in _OWN_MODULES:
                    _add(archive, f"altscore_connector/{name}", own.read(f"altscore_connector/{name}"))
            _add(archive, DESCRIPTION, json.dumps({"version": version, "targets": listed}, indent=1).encode())
            for name in sorted(files):
                _add(archive, f"{WHEELS}/{name}", files[name].read_bytes())
    bundle.chmod(0o755)
    if bundle.stat().st_size > MAX_BUNDLE_BYTES:
        raise BuildError(f"{bundle.name} has {bundle.stat().st_size:,} bytes, more than 40 MiB")
    return bundle


def sha256_of(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Adds a file as it is: another zlib would compress it to other bytes, and wheels are compressed already."""
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.external_attr, entry.create_system = 0o644 << 16, 3
    archive.writestr(entry, content, compress_type=zipfile.ZIP_STORED)


def _needs_installer(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
    return any(folder.endswith(".data") for folder in folders)
