"""Which files of a drop folder may be read, and as what text."""

import csv
import hashlib
import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from altscore_connector.errors import DropError

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class DroppedFile:
    """A file that arrived completely."""

    path: Path
    digest: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def arrived(folder: Path, *, settle_s: float, sleep: Callable[[float], None] = time.sleep) -> list[tuple[Path, bytes]]:
    """Files that may be read, by name: the digest beside a file matches, or its size stood still.

    A `.part` is still being written. A file whose digest does not match is left for the next look.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    unsigned = {path: path.stat().st_size for path in paths if not _digest_file(path).exists()}
    if unsigned and settle_s > 0:
        sleep(settle_s)
    ready = []
    for path in paths:
        data = path.read_bytes()
        if path in unsigned:
            if len(data) == unsigned[path]:
                ready.append((path, data))
        elif hashlib.sha256(data).hexdigest() == expected_digest(path):
            ready.append((path, data))
    return ready


def held_back(folder: Path, ready: list[tuple[Path, bytes]]) -> int:
    """Number of files that are there and may not be read yet."""
    names = {path for path, _ in ready}
    return sum(1 for path in folder.iterdir() if path.suffix.lower() == ".csv" and path not in names)


def _digest_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def expected_digest(path: Path) -> str | None:
    """The digest that the sender wrote beside the file."""
    match = _DIGEST.match(_digest_file(path).read_text(encoding="ascii", errors="replace"))
    return match.group().lower() if match else None


def decode(data: bytes) -> str:
    """BOM first, then strict UTF-8, then Windows-1252.

    Raises:
        DropError: none of them fits.
    """
    for bom, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(bom):
            return _strictly(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(data, "cp1252")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DropError("the encoding cannot be read") from error


def read_table(path: Path, data: bytes) -> DroppedFile:
    """Splits a file into header and rows; cells stay text, a formula is never worked out.

    Raises:
        DropError: empty, undecodable, or not a table.
    """
    text = decode(data)
    first = text.split("\n", 1)[0]
    if not first.strip():
        raise DropError("the file is empty")
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DropError("the file is no table") from error
    header = tuple(cell.strip() for cell in rows[0])
    body = tuple(tuple(row) for row in rows[1:] if any(cell.strip() for cell in row))
    return DroppedFile(path=path, digest=hashlib.sha256(data).hexdigest(), header=header, rows=body)
