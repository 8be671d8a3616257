"""Bronze as a run sees it: every batch is checked as a whole; a bad one is set aside by name (decision 87)."""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from altscore_libs.signer import PublicKeys

from altscore_pipelines.bounds import latest_on
from altscore_pipelines.bronze_manifest import Manifest, ManifestFile, read_manifest
from altscore_pipelines.bronze_rows import MonthTotal, check_rows, read_rows
from altscore_pipelines.bronze_signatures import (
    ENDORSEMENT,
    MANIFEST,
    Folder,
    folders_of,
    read_authentic,
    read_locked,
    read_pinned,
)
from altscore_pipelines.errors import RowsUnusable
from altscore_pipelines.storage import Storage, uri

PREFIX = "bronze/"
_READERS = 8


@dataclass(frozen=True)
class Batch:
    """A batch that passed every check.

    Attributes:
        covered_on: last whole day in India that it covers.
        order: of the batches of its distributor: sequence, arrival.
        totals: what its rows amount to.
        stated: what the ERP says of its whole ledger; empty where the batch does not carry that.
        versions: of its objects, as they were read: key, version id.
    """

    batch_id: str
    distributor_id: str
    schema_version: int
    manifest_sha256: str
    covered_on: date
    order: tuple[int, datetime]
    files: tuple[tuple[str, str], ...]
    totals: tuple[MonthTotal, ...]
    stated: tuple[MonthTotal, ...]
    versions: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, order=True)
class SetAside:
    """A batch that the run leaves out.

    Attributes:
        folder: its key in Bronze, which names distributor, day and batch even where nothing inside can be read.
        object_name: the object at fault.
        reason: the rule that it breaks, without any value of a record.
        row_count: dated records that its manifest claims; 0 where there is no readable manifest.
        amount_paise: what they amount to.
    """

    folder: str
    object_name: str
    reason: str
    row_count: int = 0
    amount_paise: int = 0

    def __str__(self) -> str:
        return f"{self.folder}{self.object_name}: {self.reason}"

    def document(self) -> dict[str, Any]:
        """As the plan keeps it."""
        return asdict(self)


class BronzeContent(NamedTuple):
    """All of Bronze, in order of keys."""

    batches: list[Batch]
    set_aside: list[SetAside]


def read_bronze(bronze: Storage, *, keys: PublicKeys | None = None, now: datetime | None = None) -> BronzeContent:
    """Every batch with a manifest, checked against it; a folder without a manifest does not exist yet.

    Args:
        bronze: root of Bronze.
        keys: of ingestion, which signs manifests; None: a folder that nobody signs (training on an outside ledger).
        now: a batch that says it arrived on a later day is set aside; None: not checked.

    Returns:
        The sound batches, and those that are set aside because the manifest is not signed, an object is missing,
        changed, written a second time, not under lock, not readable, of another schema, out of bounds, or not what the
        manifest says.

    Raises:
        ValueError: a bucket without keys.
    """
    if bronze.locks and keys is None:
        raise ValueError("manifests of a bucket are signed, so it is read with keys")
    folders = folders_of(bronze.versions(PREFIX))
    with ThreadPoolExecutor(_READERS) as pool:
        content, telling = BronzeContent([], []), dict[str, list[int]]()
        for outcome in pool.map(lambda folder: _read_batch(bronze, folder, keys=keys, now=now), folders):
            if isinstance(outcome, SetAside):
                content.set_aside.append(outcome)
                continue
            content.batches.append(outcome)
            if outcome.stated:
                telling[outcome.distributor_id] = _forget_overtaken(
                    content.batches, [*telling.get(outcome.distributor_id, ()), len(content.batches) - 1]
                )
    return content


def _forget_overtaken(batches: list[Batch], places: list[int]) -> list[int]:
    """Empties the statements of which newer ones tell every month; each tells a whole ledger, and years of them fill
    the memory. Returns the places of the others."""
    told: set[tuple[str, str]] = set()
    left: list[int] = []
    for place in sorted(places, key=lambda place: (batches[place].order, batches[place].batch_id), reverse=True):
        months = {(total.table_name, total.month) for total in batches[place].stated}
        if months <= told:
            batches[place] = replace(batches[place], stated=())
        else:
            told |= months
            left.append(place)
    return left


def changed_since(bronze: Storage, batches: Sequence[Batch]) -> list[str]:
    """Objects of these batches that are no longer what was read: written or deleted meanwhile."""
    newest = {
        version.key: None if version.is_deletion else version.version_id
        for version in bronze.versions(PREFIX)
        if version.is_newest
    }
    return [
        key for batch in batches for key, version_id in batch.versions if key not in newest or newest[key] != version_id
    ]


def _read_batch(bronze: Storage, folder: Folder, *, keys: PublicKeys | None, now: datetime | None) -> Batch | SetAside:
    pinned: Mapping[str, str] | None = None
    try:
        if keys is None:
            body = read_locked(bronze, folder.newest(MANIFEST)).body
        else:
            signed = read_authentic(bronze, folder, keys)
            body, pinned = signed.body, signed.pinned
        manifest = read_manifest(folder.key, body, now=now)
    except RowsUnusable as error:
        return SetAside(folder.key, MANIFEST, error.reason)
    claimed, name = manifest.accepted_totals(), MANIFEST
    try:
        counted: list[MonthTotal] = []
        for file in sorted(manifest.files, key=lambda entry: entry.name):
            name = file.name
            counted += _check_file(read_pinned(bronze, folder, name, pinned).body, file=file, manifest=manifest)
        name = MANIFEST
        _compare_totals(claimed, counted)
    except RowsUnusable as error:
        return SetAside(
            folder=folder.key,
            object_name=name,
            reason=error.reason,
            row_count=sum(total.row_count for total in claimed),
            amount_paise=sum(total.amount_paise for total in claimed),
        )
    read = [MANIFEST, *(file.name for file in manifest.files), *({ENDORSEMENT} & folder.objects.keys())]
    return Batch(
        batch_id=manifest.batch_id,
        distributor_id=manifest.distributor_id,
        schema_version=manifest.schema_version,
        manifest_sha256=hashlib.sha256(body).hexdigest(),
        covered_on=manifest.covered_on(),
        order=(manifest.sequence or 0, manifest.ingested_at),
        files=tuple(sorted((file.table, uri(bronze, folder.key + file.name)) for file in manifest.files)),
        totals=claimed,
        stated=manifest.stated_totals(),
        versions=tuple((folder.key + name, folder.newest(name).version_id) for name in sorted(read)),
    )


def _check_file(body: bytes, file: ManifestFile, manifest: Manifest) -> list[MonthTotal]:
    if hashlib.sha256(body).hexdigest() != file.sha256:
        raise RowsUnusable("its digest is not the manifest's")
    rows = read_rows(file.table, body, schema_version=manifest.schema_version)
    if rows.num_rows != file.rows:
        raise RowsUnusable("it has not as many rows as the manifest says")
    return check_rows(
        file.table,
        rows,
        distributor_id=manifest.distributor_id,
        batch_id=manifest.batch_id,
        latest_on=latest_on(manifest.ingested_at),
    )


def _compare_totals(claimed: Sequence[MonthTotal], counted: Sequence[MonthTotal]) -> None:
    differing = sorted({f"{total.table_name} {total.month}" for total in set(claimed) ^ set(counted)})
    if differing or len(claimed) != len(counted):
        raise RowsUnusable("its totals are not those of its rows: " + ", ".join(differing[:5]))


def snapshot_day(batches: Sequence[Batch]) -> date:
    """The day whose first instant is the snapshot: after the last whole day that any ledger covers. No clock is asked.

    Raises:
        ValueError: no batch.
    """
    return max(batch.covered_on for batch in batches) + timedelta(days=1)
