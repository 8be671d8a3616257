"""What an upload is, and what its sender is told. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

DateFormat = Literal["dd-mm-yyyy", "dd/mm/yyyy", "dd.mm.yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "dd-mmm-yyyy", "dd-mmm-yy"]
Rows = Literal["documents", "items"]
Payments = Literal["paid_column", "receipts", "none"]
DecimalMark = Literal[".", ","]
FindingKind = Literal["refused", "held", "set_aside", "note"]
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.csv\Z", re.ASCII)
MAX_FILE_BYTES = 2 * 1024 * 1024
"""As sent and unpacked: some 18,000 rows, which take 200 MB and ten seconds of a processor to read."""
MAX_LINES = 40_000
"""Short lines make many rows, and each takes memory whatever it holds."""
MAX_FINDINGS = 500
"""Told of a file; each is some 700 bytes, and a row may have one."""
UPLOADS_PER_HOUR = 30
"""Of a distributor: one that changes nothing makes no batch, and is read all the same."""
Row = dict[str, Any]
"""A record as the memory keeps it: table, key, document, digest, source_order, is_live, day, amount_inr, body …"""


@dataclass(frozen=True)
class CsvFormat:
    """How a distributor's files are to be read; the fields are those of `[csv]` of the connector."""

    date_format: DateFormat = "dd-mm-yyyy"
    rows: Rows = "documents"
    payments: Payments = "paid_column"
    decimal_mark: DecimalMark = "."
    default_credit_days: int | None = None
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CsvFile:
    """An uploaded file.

    Attributes:
        name: declares the period that it is complete for.
        at_ms: its order among the uploads, milliseconds since 1970 UTC; only grows.
        received_at: decides what is post-dated.
    """

    name: str
    data: bytes
    at_ms: int
    received_at: datetime

    def __repr__(self) -> str:
        return "CsvFile(***)"


class DocumentKey(NamedTuple):
    """A document, or a line of the customer master."""

    table: str
    document: str


class LivePeriod(NamedTuple):
    """A table and days, both included, whose live documents a file may withdraw."""

    table: str
    from_on: date
    to_on: date


@dataclass(frozen=True)
class Needs:
    """What has to be remembered before a file can be read: nothing else changes what the reading says."""

    documents: frozenset[DocumentKey]
    periods: frozenset[LivePeriod]
    marks: frozenset[str]


@dataclass(frozen=True)
class Memory:
    """What was acknowledged before, as far as a file needs it."""

    rows: list[Row] = field(default_factory=list)
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CutBatch:
    """A batch of an upload: its id and exact bytes, and what to remember of its records."""

    client_batch_id: UUID
    body: bytes
    rows: list[Row]


@dataclass(frozen=True)
class Finding:
    """What a person should know about a file: row and rule, never a cell; in English and Hindi.

    Attributes:
        kind: `refused` (the whole file or batch), `held` (state it again later), `set_aside` (a row or document was
            left out) or `note` (nothing is missing).
        row: the first line of the file being row 1; None where it is the whole file.
        field: the column in question, as the format names it.
    """

    kind: FindingKind
    rule: str
    row: int | None
    field: str
    what_to_do: str
    what_to_do_hi: str


@dataclass(frozen=True)
class UploadReading:
    """What a file asks for.

    Attributes:
        unchanged: records that AltScore has as they are.
        withdrawn: records that the file no longer states.
        marks: to be remembered once all batches are acknowledged.
        seen: table, key and newer source order of unchanged records; likewise.
    """

    batches: list[CutBatch]
    findings: list[Finding]
    unchanged: int
    withdrawn: int
    marks: Mapping[str, str]
    seen: list[tuple[str, str, int]]

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file was read."""
        return not self.batches and any(finding.kind == "refused" for finding in self.findings)


@dataclass(frozen=True)
class StoredUpload:
    """An upload as the database knows it.

    Attributes:
        is_revoked: the key it was signed with was revoked since.
    """

    upload_id: str
    client_upload_id: UUID
    content_sha256: bytes
    state: str
    report: dict[str, Any]
    is_revoked: bool


def batch_context(upload_id: str, place: int, part: str) -> str:
    """Where a ciphertext of a waiting batch belongs."""
    return f"batch|{upload_id}|{place}|{part}"


def remainder_context(upload_id: str) -> str:
    """Where the ciphertext of an upload's remainder belongs."""
    return f"remainder|{upload_id}"
