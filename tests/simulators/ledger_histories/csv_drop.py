"""Histories of a ledger, exported into a drop folder in any order: what lives at AltScore is the ledger, to the paisa,
after every sync; or the difference is named."""

import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from altscore_connector.catching_up import catch_up, findings_of, finish
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import party_ref, place_of
from altscore_connector.csvdrop.reader import Portion, archive, read_drop
from altscore_connector.errors import ConnectorError
from altscore_connector.records import Finding, Reading
from altscore_connector.summary import INCOMPLETE, Summary
from altscore_connector.sync import deliver, send_queued

from ledger_histories.counts import Counts
from ledger_histories.crashes import Crash, Crashes, FrailState
from ledger_histories.csv_model import (
    BEGIN_MS,
    PARTIES,
    Doc,
    Export,
    Ledger,
    Style,
    damaged,
    drop,
    expected,
    rupees,
)
from ledger_histories.memories import Memories
from ledger_histories.receiver import AMOUNT, IDENTITY, Receiver

Live = dict[tuple[str, str], Decimal]  # kind of record and identity to rupees


class Site:
    """A drop folder and the connector that reads it.

    Args:
        folder: where the drop folder and its archive are made.
        style: how the distributor writes files.
        rng: of the history.
        seed: of its crashes.
        memories: how often something becomes of the connector's memory, as in `Memories`.
    """

    def __init__(self, folder: Path, style: Style, rng: random.Random, seed: int, *, memories: float = 0.0) -> None:
        self.folder = folder / "drop"
        self.crashes = Crashes(seed, ratio=0.4)
        self.receiver, self.memories = Receiver(self.crashes.step), Memories(seed, ratio=memories)
        self.is_in_portions = style.is_declared and rng.random() < 0.5
        self.syncs = self.died = self.named = self.lost = 0
        self.folder.mkdir(parents=True)
        self.config = CsvConfig(
            self.folder,
            settle_s=0,
            rows=style.rows,  # type: ignore[arg-type]
            payments=style.payments,  # type: ignore[arg-type]
            date_format=style.date_format,
            decimal_mark=style.decimal_mark,
            archive=folder / "archive" if rng.random() < 0.3 else None,
        )

    def put(self, export: Export, name: str | None = None) -> None:
        """The distributor's export arrives whole."""
        drop(self.folder, export, name)

    def arrive(self, export: Export, *, must_be_whole: bool) -> bool:
        """The distributor's export arrives; False when it is not there whole yet, and must be put once more."""
        self.put(export)
        return True

    def remove(self, name: str) -> None:
        """The distributor takes a file away."""
        (self.folder / name).unlink()

    def sync(self, fault: str = "") -> list[Finding]:
        """Syncs; after a fault of the network or a crash once more. What is left out must be named by the last sync."""
        notes: list[Finding] = []
        self.receiver.fault = fault
        self.crashes.arm()
        summary = Summary("dist_x", "csv")
        try:
            self._sync(summary)
        except (Crash, ConnectorError) as end:
            self.died += isinstance(end, Crash)
            self.heal()
            notes = [finding for finding in summary.findings if finding.kind == "note"]
            summary = Summary("dist_x", "csv")
            self._sync(summary)
        self.heal()
        named = [finding for finding in summary.findings if finding.kind != "note"]
        assert not named or summary.exit_status == INCOMPLETE
        self.named += len(named)
        return notes + summary.findings

    def lose_memory(self) -> bool:
        """Now and then the connector's memory is another one; then files of the archive are moved back, as told."""
        if not self.memories.happen():
            return False
        self.memories.take_over(self.receiver)
        self.lost += 1
        for path in self.config.archive.iterdir() if self.config.archive and self.config.archive.exists() else ():
            path.rename(self.folder / path.name)
        return True

    def heal(self) -> None:
        """From now on nothing fails."""
        self.receiver.fault = ""
        self.crashes.disarm()

    def _sync(self, summary: Summary) -> None:
        """Sends what waits and delivers the folder, often file by file; what is found does not depend on it."""
        self.syncs += 1
        state: Any = FrailState(self.memories.state, self.crashes)
        sender = catch_up(self.receiver, state, place_of, distributor_id="dist_x")
        summary.findings += findings_of(state)
        assert send_queued(sender, state, summary=summary, progress=_silent)
        done: frozenset[str] = frozenset()
        while True:
            portion = Portion(1, done) if self.is_in_portions else None
            reading = self.read(portion)
            assert deliver(reading, sender, state, summary=summary, progress=_silent)
            assert archive(self.config, reading) == []
            done |= frozenset(reading.looked_at)
            if not reading.has_more:
                finish(sender, state)
                return

    def read(self, portion: Portion | None) -> Reading:
        """One reading of the folder."""
        return read_drop(self.config, "dist_x", self.memories.state, portion=portion)

    def live(self) -> Live:
        """What lives at the receiver."""
        sums: Live = {}
        for table, identity in IDENTITY.items():
            for record in self.receiver.live(table):
                key = ("bounced" if record.get("is_bounced") else table, record[identity])
                sums[key] = sums.get(key, Decimal(0)) + record[AMOUNT[table]]
        return sums


def records_of(docs: Iterable[Doc], style: Style) -> Live:
    """The records that documents are."""
    sums: Live = {}
    for doc in docs:
        if not doc.paise:
            continue
        _, number, year, party = doc.key
        ref = party_ref("dist_x", PARTIES[party][0]).removeprefix("party:")[:8]
        identity = f"{number}@{year % 100:02d}-{year % 100 + 1:02d}.{ref}"
        table = {"invoice": "invoices", "return": "returns", "receipt": "payments"}[doc.type]
        sums["bounced" if doc.is_bounced else table, identity] = rupees(doc.paise)
        if doc.type == "invoice" and doc.paid and style.payments == "paid_column":
            sums["payments", f"paid:{identity}"] = rupees(doc.paid)
    return sums


def any_style(rng: random.Random) -> Style:
    decimal_mark = rng.choice((".", ".", ","))
    return Style(
        rows=rng.choice(("documents", "items")),
        payments=rng.choice(("paid_column", "receipts", "none")),
        is_declared=rng.random() < 0.7,
        encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16")),
        delimiter=rng.choice(",;\t"),
        date_format=rng.choice(("dd-mm-yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "dd-mmm-yyyy")),
        decimal_mark=decimal_mark,
    )


def differing(live: Live, truth: Live) -> set[str]:
    """Numbers of the documents that are not what they should be."""
    keys = {key for key in live.keys() | truth.keys() if live.get(key) != truth.get(key)}
    return {identity.removeprefix("paid:").split("@")[0] for _, identity in keys}


def named(findings: Iterable[Finding]) -> set[str]:
    """Numbers of the documents that findings name as left out."""
    left_out = [finding for finding in findings if finding.kind != "note"]
    assert {finding.rule for finding in left_out} <= {"receipt_over_two_files"}
    return {finding.key for finding in left_out}


class History:
    """One history of a ledger and its drop folder; everything in it follows from its number.

    Args:
        number: of the history.
        folder: empty, for its files.
        open_site: the distributor's site.
        unit_ms: how finely the site tells the time of a file.
        memories: how often something becomes of the connector's memory, as in `Memories`.
    """

    def __init__(
        self,
        number: int,
        folder: Path,
        *,
        open_site: Callable[..., Site] = Site,
        unit_ms: int = 1,
        memories: float = 0.0,
    ) -> None:
        self.rng = random.Random(number)
        self.style = any_style(self.rng)
        self.ledger = Ledger(self.rng, self.style)
        self.site = open_site(folder, self.style, self.rng, number, memories=memories)
        self.unit_ms = unit_ms
        self.edits = 0
        self.delivered: list[Export] = []
        self.waiting: list[Export] = []
        self.order = BEGIN_MS
        self.place = f"history {number}, {self.style}"
        self.backup = dict(self.ledger.docs)

    def step(self, number: int) -> None:
        """Edits, exports, arrivals in any order, a sync, and the comparison."""
        rng, style, ledger = self.rng, self.style, self.ledger
        edits = rng.randrange(1, 12)
        self.edits += edits
        for _ in range(edits):
            ledger.edit()
        if self.site.lose_memory() and rng.random() < 0.5:
            self._restore()
        elif self.site.lost and rng.random() < 0.3:
            self.backup = dict(ledger.docs)
        self._export()
        is_repaired = self._damage() if style.is_declared and rng.random() < 0.2 else False
        late = rng.randrange(len(self.waiting) + 1) if not is_repaired and rng.random() < 0.5 else 0
        arrived = self.waiting[late:]
        del self.waiting[late:]
        # What a damaged file stated stands until the repaired one is read.
        is_whole = [self.site.arrive(export, must_be_whole=is_repaired) for export in arrived]
        self.waiting += [export for export, whole in zip(arrived, is_whole, strict=True) if not whole]
        arrived = [export for export, whole in zip(arrived, is_whole, strict=True) if whole]
        self.delivered += arrived
        if self.delivered and rng.random() < 0.3:  # the same file once more, under another name
            again = rng.choice(self.delivered)
            self.site.put(again, name=again.name.replace(".csv", f" ({number}).csv"))
        findings = self.site.sync(fault=rng.choice(("", "", "batch lost", "answer lost")))
        self._compare(findings, arrived, place=f"{self.place}, step {number}")

    def _restore(self) -> None:
        """A backup of the ledger is put back, and every month is exported again; no number is given out twice."""
        ledger, months = self.ledger, {(doc.kind, f"{doc.on:%Y-%m}") for doc in self.ledger.docs.values()}
        ledger.docs = dict(self.backup)
        ledger.dirty |= months | {(doc.kind, f"{doc.on:%Y-%m}") for doc in ledger.docs.values()}

    def _export(self) -> None:
        for kind, month in sorted(self.ledger.dirty):
            self.order += self.rng.randrange(1, 3_600_000 // self.unit_ms) * self.unit_ms
            if kind == "invoices" or self.style.payments == "receipts":
                self.waiting.append(self.ledger.export(kind, month, self.order))
        self.ledger.dirty.clear()
        self.rng.shuffle(self.waiting)

    def _damage(self) -> bool:
        """A damaged file is named and disturbs nothing beyond its own documents and days; then it is replaced."""
        broken = damaged(self.waiting[-1], self.style, self.rng) if self.waiting else None
        if broken is None or broken.period is None:
            return False
        before = self.site.live()
        self.site.put(broken)
        findings = [finding for finding in self.site.sync() if finding.kind != "note"]
        assert {finding.file for finding in findings} == {broken.name}, self.place
        touched = {doc.number for doc in broken.docs}
        touched |= {doc.number for doc in expected(self.delivered).values() if broken.period.holds(doc.on)}
        assert differing(self.site.live(), before) <= touched, self.place
        self.site.remove(broken.name)
        month = f"{broken.period.from_on:%Y-%m}"
        self.order += self.unit_ms
        self.waiting[-1] = self.ledger.export(broken.kind, month, self.order)
        return True

    def _compare(self, findings: list[Finding], arrived: list[Export], place: str) -> None:
        live = self.site.live()
        differences = differing(live, records_of(expected(self.delivered).values(), self.style))
        assert differences == named(findings), place
        if self.style.is_declared:
            assert not differences, place
            if not self.waiting:
                alive = (doc for doc in self.ledger.docs.values() if not doc.is_cancelled)
                assert live == records_of(alive, self.style), f"{place}: the ledger itself"
        else:
            undeclared = {finding.file for finding in findings if finding.rule == "period_not_declared"}
            assert {export.name for export in arrived} <= undeclared, place


def run(history: History) -> Counts:
    """Edits, exports and syncs.

    Raises:
        AssertionError: the receiver does not hold the ledger, and nothing names the difference.
    """
    for step in range(history.rng.randrange(3, 9)):
        history.step(step)
    site = history.site
    site.memories.close()
    return Counts(
        histories=1,
        edits=history.edits,
        syncs=site.syncs,
        crashes=site.died,
        named=site.named,
        memories=site.lost,
    )


def _silent(*_arguments: object) -> None:
    """No line per batch."""


def play(number: int, folder: Path) -> Counts:
    """Plays one history."""
    return run(History(number, folder / str(number)))


def play_memories(number: int, folder: Path) -> Counts:
    """Plays one history in which the connector's memory is put back, lost, or left on another machine."""
    return run(History(number, folder / str(number), memories=0.4))
