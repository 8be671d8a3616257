"""Gold runs and the jobs that score them."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple


class GoldRun(NamedTuple):
    """An announced run of the pipeline; the fields are those of `pipeline.gold.ready`."""

    run_id: str
    run_key: str
    manifest_uri: str
    manifest_sha256: str
    as_of_on: date
    retailers: int
    consent_version: int


class Job(NamedTuple):
    """The scoring of one run with one model.

    A queued job is done up to `next_row`, and `counts` are the outcomes until there. The rest of a running one stands
    in chunks, which workers share.
    """

    run_id: str
    model_sha256: str
    next_row: int
    monitors: dict[str, Any] | None
    counts: dict[str, int]
    state: str


class Chunk(NamedTuple):
    """Rows of a running job, from `first_row` to before `end_row`, that are scored in one transaction."""

    chunk_id: int
    first_row: int
    end_row: int


def open_ranges(rows: range, finished: Iterable[tuple[int, int]], *, chunk_rows: int) -> list[tuple[int, int]]:
    """The rows that nothing finished covers, as first and end, in pieces of at most `chunk_rows`.

    Args:
        rows: of the job that are still to be scored.
        finished: first and end of what is done among them, ascending, no two overlapping.
        chunk_rows: retailers per chunk.
    """
    ranges, start = [], rows.start
    for first, end in [*finished, (rows.stop, rows.stop)]:
        ranges += [(at, min(at + chunk_rows, first)) for at in range(start, first, chunk_rows)]
        start = max(start, end)
    return ranges


def added_counts(counts: dict[str, int], further: dict[str, int]) -> dict[str, int]:
    """Both counts summed by name."""
    return {name: counts.get(name, 0) + further.get(name, 0) for name in [*counts, *further]}


def gold_run_of(manifest: bytes, *, manifest_uri: str) -> GoldRun:
    """The run that a manifest describes, as its announcement would name it."""
    fields = json.loads(manifest)
    return GoldRun(
        run_id=fields["run_id"],
        run_key=fields["run_key"],
        manifest_uri=manifest_uri,
        manifest_sha256=hashlib.sha256(manifest).hexdigest(),
        as_of_on=date.fromisoformat(fields["as_of_on"]),
        retailers=int(fields["retailers"]),
        consent_version=int(fields["consent_version"]),
    )
