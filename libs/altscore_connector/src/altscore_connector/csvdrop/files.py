"""Which files of a drop folder may be read, and when each was written."""

import hashlib
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from altscore_connector.errors import DropError
from altscore_connector.india import INDIA
from altscore_connector.records import Finding

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_EARLIEST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LOOKAHEAD_MS = 24 * 3_600_000


@dataclass(frozen=True)
class DroppedFile:
    """A file that arrived completely.

    Attributes:
        path: where it lies.
        content_digest: SHA-256 of its bytes.
        size: of its bytes.
        modified_ms: when it was last written, milliseconds since 1970 UTC: the order of its statements.
    """

    path: Path
    content_digest: str
    size: int
    modified_ms: int

    @property
    def name(self) -> str:
        """Its name in the folder."""
        return self.path.name

    def read(self) -> bytes | None:
        """Its bytes; None when they are no longer those that were looked at."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == self.content_digest else None

    @property
    def on(self) -> date:
        """The day in India on which it was written."""
        return datetime.fromtimestamp(self.modified_ms / 1000, INDIA).date()


@dataclass(frozen=True)
class Arrivals:
    """One look at the folder: what may be read, oldest first, and what may not, and why."""

    files: list[DroppedFile]
    findings: list[Finding]


def arrivals(folder: Path, *, settle_s: float, now_ms: int, sleep: Callable[[float], None] = time.sleep) -> Arrivals:
    """Files that may be read: the digest beside a file matches, or its size and time stood still.

    A `.part` is still being written and is not looked at. A file that is locked, still grows, has another digest
    than the sender wrote, or a time that cannot be true is held; it never stops the others.

    Args:
        folder: the drop folder.
        settle_s: how long a file without a digest must stand still.
        now_ms: milliseconds since 1970 UTC.
        sleep: waits.

    Raises:
        DropError: the folder cannot be listed.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    except OSError as error:
        raise DropError("the drop folder cannot be listed") from error
    unsigned = {path: _stamp(path) for path in paths if not _digest_file(path).exists()}
    if unsigned and settle_s > 0:
        sleep(settle_s)
    files, findings = [], []
    for path in paths:
        before = unsigned.get(path) if path in unsigned else ()
        result = _look(path, before=before, now_ms=now_ms)
        if isinstance(result, DroppedFile):
            files.append(result)
        else:
            findings.append(Finding(kind="held", rule=result, file=path.name))
    files.sort(key=lambda file: (file.modified_ms, file.content_digest))
    return Arrivals(files, findings)


def _look(path: Path, *, before: tuple[int, ...] | None, now_ms: int) -> DroppedFile | str:
    """The file, or the rule that holds it; `before` is empty for a file with a digest beside it."""
    try:
        with path.open("rb") as content:
            digest, size = hashlib.file_digest(content, "sha256").hexdigest(), content.tell()
        stat = path.stat()
    except OSError:
        return "file_locked"
    if before == ():
        if digest != _expected_digest(path):
            return "digest_differs"
    elif before != (size, stat.st_mtime_ns):
        return "file_still_grows"
    modified_ms = stat.st_mtime_ns // 1_000_000
    if not _EARLIEST_MS <= modified_ms <= now_ms + _LOOKAHEAD_MS:
        return "file_time_impossible"
    return DroppedFile(path=path, content_digest=digest, size=size, modified_ms=modified_ms)


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _digest_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _expected_digest(path: Path) -> str | None:
    """The digest that the sender wrote beside the file."""
    try:
        match = _DIGEST.match(_digest_file(path).read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
    return match.group().lower() if match else None


def move_to_archive(file: DroppedFile, archive: Path) -> Finding | None:
    """Moves a finished file away, named by digest, so that the same name with other bytes is a new version.

    Returns:
        A finding when it cannot be moved: the file stays and is known.
    """
    try:
        if file.read() is None:
            return None
        archive.mkdir(parents=True, exist_ok=True)
        target = archive / f"{file.content_digest[:16]}-{file.name}"
        try:
            file.path.replace(target)
        except OSError:  # another drive
            shutil.copyfile(file.path, target)
            file.path.unlink()
        _digest_file(file.path).unlink(missing_ok=True)
    except OSError:
        return Finding(kind="note", rule="file_not_archived", file=file.name)
    return None
