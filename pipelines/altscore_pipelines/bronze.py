"""Bronze as a run sees it: every manifest, every file checked against it, nothing taken on trust."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from altscore_pipelines.errors import BronzeTampered, Missing
from altscore_pipelines.storage import Storage, uri

PREFIX = "bronze/"
TABLES = ("invoices", "payments", "retailers", "returns")
LOCK_MODE = "COMPLIANCE"
INDIA = timezone(timedelta(hours=5, minutes=30))  # books are kept in local days
_READERS = 8


class ErpTotal(NamedTuple):
    """What a manifest says was accepted, per table and month."""

    table_name: str
    month: str
    row_count: int
    amount_paise: int


@dataclass(frozen=True)
class Batch:
    """A verified batch."""

    batch_id: str
    distributor_id: str
    manifest_sha256: str
    data_on: date
    files: tuple[tuple[str, str], ...]
    totals: tuple[ErpTotal, ...]


def read_batches(bronze: Storage) -> list[Batch]:
    """Every batch with a manifest, verified, in order of its key; a folder without a manifest does not exist yet.

    Raises:
        BronzeTampered: an object is missing, changed, not under lock, or a manifest is not one.
    """
    manifests = [key for key in bronze.keys(PREFIX) if key.endswith("/manifest.json")]
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda key: _read_batch(bronze, key), manifests))


def _read_batch(bronze: Storage, key: str) -> Batch:
    folder = key.removesuffix("manifest.json")
    content = bronze.read(key)
    _check_lock(bronze, key, content.lock_mode)
    try:
        manifest = json.loads(content.body)
        named = {one["name"]: one for one in manifest["files"]}
        totals = tuple(_total(one) for one in manifest["totals"])
        batch = Batch(
            batch_id=manifest["batch_id"],
            distributor_id=manifest["distributor_id"],
            manifest_sha256=hashlib.sha256(content.body).hexdigest(),
            data_on=_data_day(manifest),
            files=tuple((name.removesuffix(".parquet"), uri(bronze, folder + name)) for name in sorted(named)),
            totals=totals,
        )
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise BronzeTampered(uri(bronze, key), "not a manifest") from error
    parts = folder.rstrip("/").split("/")
    if f"dist={batch.distributor_id}" not in parts or f"batch={batch.batch_id}" not in parts:
        raise BronzeTampered(uri(bronze, key), "a manifest of another batch")
    for name, said in named.items():
        _check_file(bronze, folder + name, said)
    return batch


def _check_file(bronze: Storage, key: str, said: dict[str, Any]) -> None:
    if key.rpartition("/")[2].removesuffix(".parquet") not in TABLES:
        raise BronzeTampered(uri(bronze, key), "not a table of Bronze")
    try:
        content = bronze.read(key)
    except Missing:
        raise BronzeTampered(uri(bronze, key), "missing") from None
    _check_lock(bronze, key, content.lock_mode)
    if hashlib.sha256(content.body).hexdigest() != said["sha256"]:
        raise BronzeTampered(uri(bronze, key), "its digest is not the manifest's")


def _check_lock(bronze: Storage, key: str, mode: str | None) -> None:
    if bronze.locks and mode != LOCK_MODE:
        raise BronzeTampered(uri(bronze, key), "not under object lock")


def _total(one: dict[str, Any]) -> ErpTotal:
    return ErpTotal(str(one["table"]), str(one["month"]), int(one["count"]), int(Decimal(one["amount_inr"]) * 100))


def _data_day(manifest: dict[str, Any]) -> date:
    """Last day the batch covers; a connector cannot claim days after it was heard."""
    ends = [_local_day(manifest["ingested_at"])]
    if manifest.get("sync_to"):
        ends.append(_local_day(manifest["sync_to"]))
    return min(ends)


def _local_day(text: str) -> date:
    at = datetime.fromisoformat(text)
    return at.date() if at.tzinfo is None else at.astimezone(INDIA).date()


def snapshot_day(batches: Sequence[Batch]) -> date:
    """The day whose first instant is the snapshot: after the last day that any book covers. No clock is asked.

    Raises:
        ValueError: no batch.
    """
    return max(batch.data_on for batch in batches) + timedelta(days=1)
