"""Wheels of everything that the connector needs, for each target, by the hashes of its lock file."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from altscore_local.environments import pip_of_uv
from altscore_local.files import digest_of
from altscore_local.layout import ROOT, cache_dir

LOCK = ROOT / "libs" / "altscore_connector" / "requirements.txt"
_TIMEOUT_S = 600
_LINUX = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_MARKER = re.compile(r" ; [^\\\n]+")


@dataclass(frozen=True)
class Target:
    """A Python on a system.

    Attributes:
        name: as the connector calls it on itself (`this_target`).
        python: its version.
        platforms: tags of wheels that it takes.
    """

    name: str
    python: str
    platforms: tuple[str, ...]


TARGETS: Mapping[str, Target] = {
    f"cp{python.replace('.', '')}-{system}": Target(
        name=f"cp{python.replace('.', '')}-{system}", python=python, platforms=platforms
    )
    for system, platforms in (("linux_x86_64", _LINUX), ("win_amd64", ("win_amd64",)))
    for python in ("3.11", "3.12", "3.13", "3.14")
}


def wheels_of(targets: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """The wheels of each target, from the cache, or from the package index that pip is set up for.

    Raises:
        subprocess.CalledProcessError: one cannot be had; pip has said why.
    """
    return {name: _wheels(TARGETS[name]) for name in targets}


def is_cached(name: str) -> bool:
    """Whether the wheels of a target are here, so that no index is asked."""
    return _folder(TARGETS[name]).is_dir()


def _folder(target: Target) -> Path:
    return cache_dir() / "connector-wheels" / f"{target.name}-{digest_of([LOCK, *target.platforms])[:16]}"


def _wheels(target: Target) -> tuple[Path, ...]:
    folder = _folder(target)
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            _download(target, Path(unfinished) / "wheels")
            if not folder.is_dir():  # another build may have been faster
                shutil.move(Path(unfinished) / "wheels", folder)
    return tuple(sorted(folder.glob("*.whl")))


def _download(target: Target, folder: Path) -> None:
    # pip evaluates markers for the Python that runs it; what a target does not need does no harm.
    folder.mkdir()
    lock = folder.with_name("lock.txt")
    lock.write_text(_MARKER.sub(" ", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    command = [str(pip_of_uv()), "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", target.python]
    command += [argument for platform in target.platforms for argument in ("--platform", platform)]
    command += ["--dest", str(folder), "-r", str(lock)]
    subprocess.run(command, check=True, timeout=_TIMEOUT_S)
