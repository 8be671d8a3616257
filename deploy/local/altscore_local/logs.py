"""Logs of several processes as one stream, in the order of time."""

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

END_LINES = 20
POLL_S = 0.5
_TAIL_BYTES = 64 * 1024
# "2026-11-28T01:02:03.456+00:00", "[2026-11-28 01:02:03,456]" (Kafka, in local time), "2026-11-28 01:02:03.456 UTC".
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d*)?(?:\s?(Z|UTC|[+-]\d\d:?\d\d))?")
# "1234:M 28 Nov 2026 01:02:03.456 # ..." (Redis, in local time)
_REDIS = re.compile(r"(\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d)\.(\d{3})")
_SEARCHED = 120


def instant_of(line: str) -> float | None:
    """Seconds since 1970 that a log line states, None where it states none; no zone means this machine's."""
    text = line
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            values = json.loads(line)
            text = next((str(values[key]) for key in ("at", "timestamp", "time") if key in values), line)
    match = _INSTANT.search(text[:_SEARCHED])
    if match is not None:
        day, clock, fraction, zone = match.groups()
        offset = "+00:00" if zone in ("Z", "UTC") else zone or ""
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0'):0<6}{offset}").timestamp()
    redis = _REDIS.search(text[:_SEARCHED])
    if redis is not None:
        with contextlib.suppress(ValueError):
            moment = datetime.strptime(redis[1], "%d %b %Y %H:%M:%S")  # noqa: DTZ007  # Redis writes local time
            return moment.timestamp() + int(redis[2]) / 1_000
    return None


@dataclass
class LogTail:
    """The end of one growing log; goes on behind a rotation.

    Args:
        path: of the log, which need not exist yet.
    """

    path: Path
    _position: int | None = None
    _rest: bytes = b""
    _last_at: float = field(default=0.0)

    def new_lines(self) -> list[tuple[float, str]]:
        """Whole lines since the last call, the last few at the first, with their instants.

        A line that states no instant belongs to the one before it.
        """
        try:
            with self.path.open("rb") as file:
                lines = self._read(file)
        except FileNotFoundError:
            return []
        dated = []
        for line in lines:
            text = line.decode(errors="replace")
            self._last_at = instant_of(text) or self._last_at
            dated.append((self._last_at, text))
        return dated

    def _read(self, file: BinaryIO) -> list[bytes]:
        size = file.seek(0, 2)
        is_first = self._position is None
        start = max(0, size - _TAIL_BYTES) if self._position is None else self._position
        if start > size:  # rotated: the log began anew
            start, self._rest = 0, b""
        file.seek(start)
        raw = self._rest + file.read()
        self._position = file.tell()
        *lines, self._rest = raw.split(b"\n")
        return lines[-END_LINES:] if is_first else lines


def merged(tails: Iterable[LogTail]) -> Iterator[str]:
    """What came to all of them since the last look, oldest first, each line with the name of its process."""
    lines = [(at, order, tail.path.stem, text) for order, tail in enumerate(tails) for at, text in tail.new_lines()]
    for _, _, name, text in sorted(lines, key=lambda line: line[:2]):
        yield f"{name:<22} {text}"


def show_logs(files: Sequence[Path], *, follow: bool, write: Callable[[str], object] = sys.stdout.write) -> None:
    """Prints the end of logs, merged by time, and goes on until it is interrupted.

    Args:
        files: of the processes.
        follow: go on with what comes.
        write: takes the text.
    """
    tails = [LogTail(file) for file in files]
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while True:
            for line in merged(tails):
                write(f"{line}\n")
            sys.stdout.flush()
            if not follow:
                return
            time.sleep(POLL_S)
