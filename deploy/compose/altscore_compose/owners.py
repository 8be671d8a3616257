"""Who runs as which user, and who may read which file: one user per owner, one reader per private file."""

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from altscore_local.layout import OUR_DATABASES
from altscore_local.process import StackError

# docker-compose.yml names the same numbers; a test compares.
UIDS: Mapping[str, int] = {
    **{owner: 10_001 + number for number, owner in enumerate(OUR_DATABASES)},
    "postgres": 999,  # the official image has a user of this number
    "redis": 10_021,
    "kafka": 10_022,
    "registry": 10_023,
    "s3": 10_024,
    "mlflow": 10_025,
    "simulators": 10_026,
    "prometheus": 10_027,
    "grafana": 10_028,
    "alertmanager": 10_029,
    "audit-witness": 10_030,
}
GID = 10_000


def private_files(values: Iterable[str], folder: Path) -> set[Path]:
    """Files below `folder` that these values name and not everybody may read; of a folder, those in it."""
    files: set[Path] = set()
    for value in values:
        path = Path(value)
        if not value.startswith(f"{folder}/") or not path.exists():
            continue
        inside = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
        files |= {entry for entry in inside if not entry.stat().st_mode & stat.S_IROTH}
    return files


def give(readers: Mapping[str, Iterable[Path]]) -> None:
    """Makes each owner the only reader of its files.

    Raises:
        StackError: two owners need the same private file.
    """
    taken: dict[Path, str] = {}
    for owner, files in readers.items():
        for path in files:
            if taken.setdefault(path, owner) != owner:
                raise StackError(f"{path} is private, and both {taken[path]} and {owner} read it")
            os.chown(path, UIDS[owner], GID, follow_symlinks=False)


def give_folder(owner: str, folder: Path) -> None:
    """A folder in which an owner may write, and what root put into it; the owner may be at work in it already."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_uid != UIDS[owner]:
                os.chown(path, UIDS[owner], GID, follow_symlinks=False)
    folder.chmod(0o700)
