"""Gold runs and the jobs that score them."""

import hashlib
import json
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
    """The scoring of one run with one model, and how far it got."""

    run_id: str
    model_sha256: str
    next_row: int
    monitors: dict[str, Any] | None
    counts: dict[str, int]


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
