"""Reads a drop folder: the documents of all files that are new, each as its newest file states it."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.columns import DEFAULT_NAMES, ColumnNames, header_form
from altscore_connector.csvdrop.contents import read_contents
from altscore_connector.csvdrop.documents import SCOPE, TABLE_OF, FileContents, Party
from altscore_connector.csvdrop.files import Arrivals, DroppedFile, arrivals, move_to_archive
from altscore_connector.csvdrop.items import document_items, paid_items, withdrawn
from altscore_connector.csvdrop.newest import PERIODS_MARK, NewestStatements, gone_mark, paid_document
from altscore_connector.csvdrop.period import declared_period, declares_period
from altscore_connector.csvdrop.table import FileRefused, read_table
from altscore_connector.errors import DropError
from altscore_connector.india import INDIA
from altscore_connector.records import CompletePeriod, Finding, Item, Reading, without_empty
from altscore_connector.state import Known, State

SETTINGS_MARK = "csv.settings"


@dataclass(frozen=True)
class Portion:
    """A part of a drop folder, the oldest files first, so that memory does not grow with the folder.

    Attributes:
        size: bytes of files after which no further file is begun; one file is always read, and files of one time
            are read together.
        done: identities of files that an earlier portion read.
    """

    size: int
    done: frozenset[str] = frozenset()


def read_drop(
    config: CsvConfig,
    distributor_id: str,
    state: State,
    *,
    now: Callable[[], float] = time.time,
    portion: Portion | None = None,
) -> Reading:
    """Reads every file that arrived and was not completely read before under the same settings.

    A file that cannot be read, or of which something was set aside, is never finished: it is read and reported
    again until it is replaced, repaired or taken away. No file stops another.

    Args:
        config: of the folder.
        distributor_id: whose folder it is.
        state: what was acknowledged before.
        now: Unix time.
        portion: which part of the folder; None is the whole of it.

    Raises:
        DropError: the folder does not exist or cannot be listed.
    """
    if not config.folder.is_dir():
        raise DropError("the drop folder does not exist")
    return _Drop(config, distributor_id, state, now_s=now()).read(portion)


def read_files(
    files: Sequence[DroppedFile], config: CsvConfig, distributor_id: str, state: State, *, now_s: float
) -> Reading:
    """Reads files that lie in no folder as `read_drop` reads those of one.

    Args:
        files: oldest first.
        config: of the files; its folder is not looked at.
        distributor_id: whose files they are.
        state: what was acknowledged before.
        now_s: Unix time.
    """
    return _Drop(config, distributor_id, state, now_s=now_s).read_arrivals(Arrivals(list(files), []), None)


class _Drop:
    def __init__(self, config: CsvConfig, distributor_id: str, state: State, *, now_s: float) -> None:
        self._config, self._distributor_id, self._state = config, distributor_id, state
        self._now_ms = int(now_s * 1000)
        self._today = datetime.fromtimestamp(now_s, INDIA).date()
        self._names = column_names(config)
        self._reading = Reading()
        self._newest = NewestStatements(state, config)
        self._parties: dict[str, tuple[Party, int]] = {}
        self._contents: list[tuple[DroppedFile, FileContents]] = []

    def read(self, portion: Portion | None) -> Reading:
        looked = arrivals(self._config.folder, settle_s=self._config.settle_s, now_ms=self._now_ms)
        return self.read_arrivals(looked, portion)

    def read_arrivals(self, looked: Arrivals, portion: Portion | None) -> Reading:
        reading = self._reading
        reading.findings += looked.findings
        reading.note("files_held_back", len(looked.findings))
        for file in self._chosen(looked.files, portion):
            self._read_file(file)
            reading.looked_at.append(file_identity(file, self._config))
        self._newest.settle()
        self._add_items()
        for file, contents in self._contents:
            reading.findings += contents.findings
            for name, count in contents.notes.items():
                reading.note(name, count)
            if contents.is_finished:
                reading.files.append((file_identity(file, self._config), file.name))
        reading.note("older_statements", self._newest.older)
        if self._contents:
            reading.marks[PERIODS_MARK] = self._newest.periods_mark
        reading.marks[SETTINGS_MARK] = self._config.digest
        return reading

    def _chosen(self, files: list[DroppedFile], portion: Portion | None) -> Iterator[DroppedFile]:
        """The files to read now; tells the reading which are known, and whether some are left for a next one."""
        size, last_ms = 0, None
        for file in files:
            identity = file_identity(file, self._config)
            if self._state.is_finished(identity):
                self._reading.note("files_known")
                if self._config.archive is not None:
                    self._reading.files.append((identity, file.name))
                continue
            if portion is not None and identity in portion.done:
                continue
            if portion is not None and size >= portion.size and file.modified_ms != last_ms:
                self._reading.has_more = True
                return
            size, last_ms = size + file.size, file.modified_ms
            yield file

    def _read_file(self, file: DroppedFile) -> None:
        if (data := file.read()) is None:
            self._reading.findings.append(Finding(kind="held", rule="file_still_grows", file=file.name))
            return
        try:
            table = read_table(data, self._names)
            contents = read_contents(
                table, self._config, name=file.name, distributor_id=self._distributor_id, today=self._today
            )
        except FileRefused as refusal:
            self._reading.findings.append(refusal.finding(file.name))
            self._reading.note("files_refused")
            return
        self._reading.note("files_read")
        self._contents.append((file, contents))
        period = declared_period(file.name)
        if period is None and declares_period(file.name):
            contents.add("set_aside", "period_unreadable")
        elif period is None:
            contents.add("note", "period_not_declared")
        self._newest.apply(file, contents, kind=table.columns.kind, period=period)
        for ref, party in contents.parties.items():
            self._add_party(ref, party, order=file.modified_ms)

    def _add_party(self, ref: str, party: Party, *, order: int) -> None:
        """Files come oldest first: what a newer one shows of a party replaces what an older one showed."""
        before = self._parties[ref][0] if ref in self._parties else party
        gstin, phone = party.gstin or before.gstin, party.phone or before.phone
        self._parties[ref] = (Party(ref=ref, name=party.name, gstin=gstin, phone=phone), order)

    def _add_items(self) -> None:
        reading, state = self._reading, self._state
        for document, entry in self._newest.entries.items():
            known = state.known_of(TABLE_OF[document.type], SCOPE, document.text)
            if entry.statement is not None and entry.statement.lines:
                reading.items.extend(document_items(document, entry.statement, entry=entry, known=known))
            else:
                reading.items.extend([withdrawn(part, entry.order) for part in known if part.is_live])
                if not known:
                    reading.marks[gone_mark(document)] = str(entry.order)
            if document.type != "invoice":
                continue
            if entry.parts and entry.statement is not None:
                reading.items.extend(paid_items(document, entry))
            else:
                paid = state.known_of("payments", SCOPE, paid_document(document))
                reading.items.extend([withdrawn(part, entry.order) for part in paid if part.is_live])
        reading.present.update((TABLE_OF[document.type], document.text) for document in self._newest.mentioned)
        self._add_periods()
        self._withdraw_by_settings()
        self._reading.items = [*self._retailers(), *self._reading.items]

    def _add_periods(self) -> None:
        """Declares the complete periods; part payments go with the invoices that they withdraw."""
        stated = {document.text for document in (*self._newest.entries, *self._newest.mentioned)}
        for kind, period, order in self._newest.completed:
            table = TABLE_OF[kind]
            self._reading.complete.append(
                CompletePeriod(scope=SCOPE, table=table, from_on=period.from_on, to_on=period.to_on, source_order=order)
            )
            if kind != "invoice":
                continue
            for part in self._state.live(table, SCOPE, from_on=period.from_on, to_on=period.to_on):
                if part.document not in stated and part.source_order <= order:
                    paid = self._state.known_of("payments", SCOPE, "paid" + part.document.removeprefix(kind))
                    self._reading.items.extend([withdrawn(line, line.source_order) for line in paid if line.is_live])

    def _withdraw_by_settings(self) -> None:
        """After a changed setting: withdraws payments of a source that counts no longer, and what files read again
        no longer state."""
        before = self._state.mark(SETTINGS_MARK)
        stated = {item.document for item in self._reading.items} | {
            document.text for document in self._newest.mentioned
        }
        gone: dict[str, int] = {}
        for file, contents in self._contents:
            mark = f"csv.stated.{file.content_digest}.{file.modified_ms}"
            now = {_short(text) for text in _documents_of(contents)}
            digest, *earlier = (self._state.mark(mark) or self._config.digest).split(",")
            if digest != self._config.digest and not contents.is_whole:
                self._reading.marks[mark] = ",".join([digest, *sorted(now | set(earlier))])
                continue
            self._reading.marks[mark] = ",".join([self._config.digest, *sorted(now)])
            if digest != self._config.digest:
                gone |= dict.fromkeys(set(earlier) - now, file.modified_ms)
        if before in (None, self._config.digest) and not gone:
            return
        for table in sorted(set(TABLE_OF.values())):
            for part in self._state.live(table, SCOPE):
                is_gone = gone.get(_short(part.document)) == part.source_order
                if part.document not in stated and (is_gone or self._is_other_source(part)):
                    self._reading.items.append(withdrawn(part, part.source_order))

    def _is_other_source(self, part: Known) -> bool:
        source = {"paid": "paid_column", "receipt": "receipts"}.get(part.document.split("|", 1)[0])
        return source is not None and source != self._config.payments

    def _retailers(self) -> Iterator[Item]:
        for ref, (party, order) in sorted(self._parties.items()):
            record = {
                "retailer_ref": ref,
                "shop_name": party.name,
                "gst": party.gstin,
                "phone": party.phone,
                "active": True,
            }
            yield Item(
                table="retailers",
                key=ref,
                record=without_empty(record),
                document=ref,
                source_order=order,
                scope=SCOPE,
            )


def column_names(config: CsvConfig) -> ColumnNames:
    """The headers that name each field: the usual ones, or those of the settings, without the ignored ones."""
    ignored = {header_form(header) for header in config.ignored_columns}
    names = dict(DEFAULT_NAMES) | dict(config.columns)
    return {
        field: tuple(header for header in headers if header_form(header) not in ignored)
        for field, headers in names.items()
    }


def file_identity(file: DroppedFile, config: CsvConfig) -> str:
    """Digest of a file's bytes, time and declared period, and of the settings that decide what it means.

    A renamed file stays known; one that is dropped again later, or read under other settings, is read again.
    """
    text = f"{file.content_digest}|{file.modified_ms}|{declared_period(file.name)}|{config.digest}"
    return hashlib.sha256(text.encode()).hexdigest()


def archive(config: CsvConfig, reading: Reading) -> list[Finding]:
    """Moves finished files away; one that cannot be moved stays, is known, and is named."""
    if config.archive is None or not reading.files:
        return []
    finished = {identity for identity, _ in reading.files}
    looked = arrivals(config.folder, settle_s=0, now_ms=int(time.time() * 1000))
    findings = [
        move_to_archive(file, config.archive) for file in looked.files if file_identity(file, config) in finished
    ]
    return [finding for finding in findings if finding is not None]


def _documents_of(contents: FileContents) -> set[str]:
    """Documents that a file states or mentions, part payments included."""
    documents = {statement.document for statement in contents.statements} | contents.mentioned
    return {document.text for document in documents} | {
        paid_document(document) for document in documents if document.type == "invoice"
    }


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
