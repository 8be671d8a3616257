"""Plays many histories of every source in several processes, and their table."""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from ledger_histories import csv_drop, sap_b1, sftp, tally
from ledger_histories.counts import Counts, Play

SOURCES: dict[str, Play] = {
    "csv": csv_drop.play,
    "sftp": sftp.play,
    "tally": tally.play,
    "tally_backups": tally.play_backups,
    "sap_b1": sap_b1.play,
    "csv_memories": csv_drop.play_memories,
    "sftp_memories": sftp.play_memories,
    "tally_memories": tally.play_memories,
    "sap_b1_memories": sap_b1.play_memories,
}
_PART = 50
_PROGRESS_S = 10.0


@dataclass
class Result:
    """What a part of a source's histories, or all of them, came to."""

    source: str
    counts: Counts = field(default_factory=Counts)
    disagreements: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, other: "Result") -> None:
        """Adds a part."""
        self.counts.add(other.counts)
        self.disagreements += other.disagreements
        self.cpu_s += other.cpu_s


def play_part(part: tuple[str, range]) -> Result:
    """Plays some histories of a source in a folder that goes with them."""
    source, numbers = part
    result, before_s = Result(source), time.process_time()
    with tempfile.TemporaryDirectory(prefix="histories-") as folder:
        for number in numbers:
            try:
                result.counts.add(SOURCES[source](number, Path(folder)))
            except Exception as error:  # noqa: BLE001 - a history that fails in any way disagrees, and the others go on
                reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
                result.disagreements.append(f"{source} {number}: {reason}")
                result.counts.histories += 1
    result.cpu_s = time.process_time() - before_s
    return result


def parts(sources: Sequence[str], numbers: range) -> Iterator[tuple[str, range]]:
    """All histories in parts, the sources by turns."""
    for begin in range(numbers.start, numbers.stop, _PART):
        for source in sources:
            yield source, range(begin, min(begin + _PART, numbers.stop))


def table(results: dict[str, Result]) -> str:
    """A row for each source, for a document."""
    lines = ["| source | histories | edits | syncs | crashes | memories | findings named | disagreements | CPU s |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for source, result in results.items():
        counts = result.counts
        figures = (counts.histories, counts.edits, counts.syncs, counts.crashes, counts.memories, counts.named)
        cells = [f"{figure:,}" for figure in (*figures, len(result.disagreements), round(result.cpu_s))]
        lines.append(f"| {source} | {' | '.join(cells)} |")
    return "\n".join(lines)


def play_all(sources: Sequence[str], numbers: range, processes: int) -> dict[str, Result]:
    """Plays in processes and tells how far it is; after an interrupt, what was played until then."""
    results = {source: Result(source) for source in sources}
    total, told_s = len(sources) * len(numbers), time.monotonic()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: list[Future[Result]] = [pool.submit(play_part, part) for part in parts(sources, numbers)]
        try:
            for future in as_completed(waiting):
                result = future.result()
                results[result.source].add(result)
                for line in result.disagreements:
                    sys.stderr.write(f"DISAGREES {line}\n")
                if time.monotonic() - told_s >= _PROGRESS_S:
                    told_s = time.monotonic()
                    played = sum(result.counts.histories for result in results.values())
                    sys.stderr.write(f"{played:,} of {total:,} histories\n")
        except KeyboardInterrupt:
            sys.stderr.write("interrupted; the table holds what was played\n")
            pool.shutdown(cancel_futures=True)
    return results
