"""The manifest that ingestion writes last into a batch's folder."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from altscore_pipelines.bounds import EARLIEST_ON, MAX_ORDER, latest_on
from altscore_pipelines.bronze_rows import MonthTotal
from altscore_pipelines.errors import RowsUnusable

INDIA = timezone(timedelta(hours=5, minutes=30))  # distributors keep their ledgers in local days
_LAST_SECOND = timedelta(seconds=1)
# Names that are safe in a path, in a glob of either engine and in SQL.
FOLDER = re.compile(r"bronze/dist=([\w.-]+)/day=(\d{4}-\d{2}-\d{2})/batch=([\w.-]+)/\Z", re.ASCII)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class ManifestFile(_Document):
    """One Parquet file of the batch."""

    name: Annotated[str, Field(pattern=r"^(invoices|payments|retailers|returns)(\.[0-9a-f]{16})?\.parquet$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    rows: Annotated[int, Field(ge=0)]
    version_id: str | None = None

    @property
    def table(self) -> str:
        """The table that it holds."""
        return self.name.partition(".")[0]


class ManifestTotal(_Document):
    """A number of records, or of documents, of one table in one month, and their sum."""

    table: Literal["invoices", "payments", "retailers", "returns"]
    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    count: Annotated[int, Field(ge=0, lt=10**12)]
    amount_inr: Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=2)]


class Manifest(_Document):
    """The part of the manifest that a run needs."""

    schema_version: Annotated[int, Field(ge=1, le=2)]
    batch_id: str
    distributor_id: str
    ingested_at: AwareDatetime
    sync_to: datetime | None = None
    sequence: Annotated[int, Field(ge=0, le=MAX_ORDER)] | None = None
    files: tuple[ManifestFile, ...]
    totals: tuple[ManifestTotal, ...]
    erp_totals: tuple[ManifestTotal, ...] = ()

    def accepted_totals(self) -> tuple[MonthTotal, ...]:
        """What ingestion accepted with this batch, of the tables whose rows have a month and an amount."""
        return _dated(self.totals)

    def stated_totals(self) -> tuple[MonthTotal, ...]:
        """What the ERP itself says of its whole ledger, where the batch carries that: documents, not records."""
        return _dated(self.erp_totals)

    def covered_on(self) -> date:
        """Last day in India of which the batch tells the whole.

        A day counts when it was over in India before the batch arrived and before the end of the period that the
        source states. A sync at 07:00 does not count its own day, nor does a period that ends in the middle of a day;
        the last second of a day (23:59:59) is its end. Connectors write the days of their records as if they were UTC
        (`<day>T23:59:59Z`), which lies after that day's end in India.
        """
        begun_on = [_local_day(self.ingested_at)]
        if self.sync_to is not None:
            begun_on.append(_local_day(self.sync_to + _LAST_SECOND))
        return max(min(begun_on), date.min + timedelta(days=1)) - timedelta(days=1)


def read_manifest(folder: str, body: bytes, *, now: datetime | None) -> Manifest:
    """The manifest of a folder.

    Args:
        folder: key of the folder, ending in a slash.
        body: of manifest.json.
        now: no batch arrived on a later day; None: not checked.

    Raises:
        RowsUnusable: not a manifest, of another folder, or its instants are out of bounds.
    """
    try:
        manifest = Manifest.model_validate_json(body)
        covered_on, latest = manifest.covered_on(), latest_on(manifest.ingested_at)
    except (ValidationError, OverflowError) as error:
        raise RowsUnusable("not a manifest") from error
    place = FOLDER.match(folder)
    if place is None:
        raise RowsUnusable("not the name of a batch's folder")
    arrived_on = manifest.ingested_at.astimezone(UTC).date().isoformat()
    if place.groups() != (manifest.distributor_id, arrived_on, manifest.batch_id):
        raise RowsUnusable("a manifest of another batch")
    if covered_on < EARLIEST_ON - timedelta(days=1) or (now is not None and latest > latest_on(now)):
        raise RowsUnusable("its instants are out of bounds")
    tables = [file.table for file in manifest.files]
    if len(set(tables)) != len(tables):
        raise RowsUnusable("a manifest that names a file twice")
    return manifest


def _dated(totals: Iterable[ManifestTotal]) -> tuple[MonthTotal, ...]:
    return tuple(
        MonthTotal(
            table_name=total.table,
            month=total.month,
            row_count=total.count,
            amount_paise=int(total.amount_inr * 100),
        )
        for total in totals
        if total.table != "retailers"
    )


def _local_day(at: datetime) -> date:
    return at.date() if at.tzinfo is None else at.astimezone(INDIA).date()
