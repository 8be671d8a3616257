"""Reads a file with the connector's own reader; the one module of a service that imports the connector (ADR 0037)."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from altscore_connector.accepted import stored_row
from altscore_connector.batching import cut
from altscore_connector.config import CsvConfig
from altscore_connector.coverage import COVERED_MARK, covered_by, day_in, reach_of
from altscore_connector.csvdrop.files import DroppedFile
from altscore_connector.csvdrop.newest import PERIODS_MARK
from altscore_connector.csvdrop.reader import SETTINGS_MARK, read_files
from altscore_connector.messages import text_of
from altscore_connector.planning import plan
from altscore_connector.records import Finding as ReaderFinding
from altscore_connector.records import Reading, Table
from altscore_connector.scope import refuse_outside
from altscore_connector.state import State

from altscore_ingestion.uploads.domain import (
    MAX_FINDINGS,
    CsvFile,
    CsvFormat,
    CutBatch,
    DocumentKey,
    Finding,
    LivePeriod,
    Memory,
    Needs,
    UploadReading,
)

SEQUENCE_MARK = "sequence"
SETTINGS = SETTINGS_MARK
_GONE = "csv.gone."
_STATED = "csv.stated."  # of files that may be read again; an upload is read once
_NOWHERE = Path("upload")
# What to do differs from a drop folder: nobody reads an upload a second time.
_TEXTS: Mapping[str, tuple[str, str]] = {
    "post_dated": (
        "The document is dated in the future and was left out; upload it again on or after its day.",
        "दस्तावेज़ की तारीख़ आगे की है, इसलिए वह छोड़ा गया; उस दिन या उसके बाद फिर अपलोड करें।",
    ),
    "payment_post_dated": (
        "The date of the payment lies in the future, so it was not counted; upload it again on or after its day.",
        "भुगतान की तारीख़ आगे की है, इसलिए वह नहीं गिना गया; उस दिन या उसके बाद फिर अपलोड करें।",
    ),
    "date_in_another_form": (
        "The date has another form than date_format says; correct the upload format or the export, and upload again.",
        "तारीख़ date_format से अलग रूप में है; अपलोड की सेटिंग या निर्यात ठीक करके फिर अपलोड करें।",
    ),
    "no_header": (
        "No line names the needed columns; name your headers in columns of the upload format.",
        "किसी पंक्ति में ज़रूरी कॉलम नहीं मिले; अपने कॉलम के नाम अपलोड की सेटिंग के columns में लिखें।",
    ),
    "column_missing": (
        "The header lacks the named columns; export them or name your headers in columns of the upload format.",
        "शीर्षक में बताए गए कॉलम नहीं हैं; उन्हें निर्यात करें या अपलोड की सेटिंग के columns में नाम लिखें।",
    ),
    "more_findings": (
        "There are more findings than are told; correct the file by these and upload it again.",
        "इतनी ही बातें बताई जाती हैं, और भी हैं; इन्हें ठीक करके फ़ाइल फिर अपलोड करें।",
    ),
    "batch_refused": (
        "A batch of the file was refused, and its records are missing; upload the file again and tell AltScore.",
        "फ़ाइल का एक बैच अस्वीकार हुआ और उसके रिकॉर्ड नहीं हैं; फ़ाइल फिर अपलोड करें और AltScore को बताएँ।",
    ),
}


@dataclass(frozen=True)
class _UploadedFile(DroppedFile):
    """A file that lies in memory alone."""

    data: bytes = b""

    def read(self) -> bytes:
        """Its bytes."""
        return self.data

    def __repr__(self) -> str:
        return "_UploadedFile(***)"


def digest_of(csv_format: CsvFormat) -> str:
    """Changes with every setting that decides what a file means."""
    return _config(csv_format).digest


def needs_of(file: CsvFile, csv_format: CsvFormat, distributor_id: str) -> Needs:
    """What must be remembered to read a file: its documents, the days it is complete for, and marks."""
    with closing(State(":memory:")) as nothing:
        reading = _read(file, csv_format, distributor_id, state=nothing)
    documents = {DocumentKey(item.table, item.document) for item in reading.items}
    documents |= {DocumentKey(table, document) for table, document in reading.present}
    gone = [name.removeprefix(_GONE) for name in reading.marks if name.startswith(_GONE)]
    documents |= {DocumentKey(_table_of(document), document) for document in gone}
    documents |= set(paid_documents(documents))
    marks = {_GONE + key.document for key in documents if key.table != "retailers"}
    return Needs(
        documents=frozenset(documents),
        periods=frozenset(LivePeriod(period.table, period.from_on, period.to_on) for period in reading.complete),
        marks=frozenset(marks | {PERIODS_MARK, SETTINGS_MARK, SEQUENCE_MARK, COVERED_MARK}),
    )


def paid_documents(documents: Iterable[DocumentKey]) -> list[DocumentKey]:
    """The documents of the part payments that rows of invoices carry."""
    return [
        DocumentKey("payments", "paid" + key.document.removeprefix("invoice"))
        for key in documents
        if key.table == "invoices"
    ]


def read_upload(file: CsvFile, csv_format: CsvFormat, distributor_id: str, *, memory: Memory) -> UploadReading:
    """What a file states beside what is remembered, cut into batches.

    Raises:
        ScopeError: a record has a field that no agreement names; a fault of ours.
    """
    with closing(State(":memory:")) as state:
        state.restore(memory.rows, memory.marks)
        reading = _read(file, csv_format, distributor_id, state=state)
        todo = plan(reading, state)
        refuse_outside(todo.items)
        first = state.next_sequence(file.at_ms)
    covered_on, reach = day_in(memory.marks.get(COVERED_MARK)), reach_of(todo.items, file.received_at)
    batches = list(
        cut(
            todo.items,
            distributor_id=distributor_id,
            today=file.received_at.date(),
            sequence=first,
            covered_on=covered_on,
            reaches=reach,
        )
    )
    findings = list(reading.findings[:MAX_FINDINGS])
    if len(reading.findings) > MAX_FINDINGS:
        # a refusal of the whole file decides what the sender is told, wherever it stands
        findings += [item for item in reading.findings[MAX_FINDINGS:] if item.kind == "refused"][:1]
        findings.append(ReaderFinding(kind="set_aside", rule="more_findings"))
    if todo.older:
        findings.append(ReaderFinding(kind="note", rule="older_statement"))
    last = batches[-1].sequence if batches else first
    marks = {name: value for name, value in reading.marks.items() if not name.startswith(_STATED)}
    if reach is not None and (covered_on is None or covered_on < covered_by(reach)):
        marks[COVERED_MARK] = covered_by(reach).isoformat()
    return UploadReading(
        batches=[
            CutBatch(UUID(batch.batch_id), batch.body, [stored_row(item) for item in batch.items]) for batch in batches
        ],
        findings=[_finding(item) for item in findings],
        unchanged=sum(todo.unchanged.values()),
        withdrawn=sum(1 for item in todo.items if item.record.get("is_cancelled")),
        marks=marks | {SEQUENCE_MARK: str(last)},
        seen=[(table, key, order) for table, key, order in todo.seen],
    )


def batch_refused() -> Finding:
    """That a batch of an upload was refused."""
    return _finding(ReaderFinding(kind="refused", rule="batch_refused"))


def _read(file: CsvFile, csv_format: CsvFormat, distributor_id: str, *, state: State) -> Reading:
    uploaded = _UploadedFile(
        path=_NOWHERE / file.name,
        content_digest=hashlib.sha256(file.data).hexdigest(),
        size=len(file.data),
        modified_ms=file.at_ms,
        data=file.data,
    )
    now_s = file.received_at.timestamp()
    return read_files([uploaded], _config(csv_format), distributor_id, state, now_s=now_s)


def _config(csv_format: CsvFormat) -> CsvConfig:
    columns: Mapping[str, list[str]] = csv_format.columns
    return CsvConfig(
        folder=_NOWHERE,
        date_format=csv_format.date_format,
        default_credit_days=csv_format.default_credit_days,
        rows=csv_format.rows,
        payments=csv_format.payments,
        decimal_mark=csv_format.decimal_mark,
        columns=tuple((name, tuple(columns[name])) for name in sorted(columns)),
        ignored_columns=tuple(csv_format.ignored_columns),
    )


def _table_of(document: str) -> Table:
    kinds: Mapping[str, Table] = {"invoice": "invoices", "return": "returns"}
    return kinds.get(document.split("|", 1)[0], "payments")


def _finding(source: ReaderFinding) -> Finding:
    """Without the document's number, which is a cell; the row names it."""
    english, hindi = _TEXTS.get(source.rule) or text_of(source)
    return Finding(
        kind=source.kind,
        rule=source.rule,
        row=source.row,
        field=source.field,
        what_to_do=english,
        what_to_do_hi=hindi,
    )
