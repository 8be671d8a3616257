"""Any history of a ledger, exported into a drop folder in any order: what lives at AltScore is the ledger, to the
paisa, after every sync; or the difference is named.

The number of histories is the variable ALTSCORE_LEDGER_HISTORIES (default 240); each one follows from its number.
"""

import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import party_ref
from altscore_connector.csvdrop.reader import Portion, archive, read_drop
from altscore_connector.errors import DeliveryError
from altscore_connector.records import Finding
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver, send_queued

from .csv_model import BEGIN_MS, PARTIES, Doc, Export, Ledger, Style, damaged, drop, expected, rupees
from .csv_site import Live, Receiver

HISTORIES = int(os.environ.get("ALTSCORE_LEDGER_HISTORIES", "240"))
GROUPS = 12


class Site:
    """A drop folder and the connector that reads it."""

    def __init__(self, folder: Path, style: Style, rng: random.Random) -> None:
        self.folder, self.receiver = folder, Receiver()
        self.state = State(":memory:")
        self.is_in_portions = style.is_declared and rng.random() < 0.5
        folder.mkdir()
        self.config = CsvConfig(
            folder,
            settle_s=0,
            rows=style.rows,  # type: ignore[arg-type]
            payments=style.payments,  # type: ignore[arg-type]
            date_format=style.date_format,
            decimal_mark=style.decimal_mark,
            archive=folder.parent / "archive" if rng.random() < 0.3 else None,
        )

    def sync(self, fault: str = "") -> list[Finding]:
        """Syncs; after a fault of the network once more."""
        self.receiver.fault = fault
        summary = Summary("dist_x", "csv")
        try:
            self._deliver(summary)
        except DeliveryError:
            assert send_queued(self.receiver, self.state, summary=summary, progress=lambda _line: None)
            self._deliver(summary)
        return summary.findings

    def _deliver(self, summary: Summary) -> None:
        """Delivers the folder, often file by file; what is found does not depend on it."""
        done: frozenset[str] = frozenset()
        while True:
            portion = Portion(1, done) if self.is_in_portions else None
            reading = read_drop(self.config, "dist_x", self.state, portion=portion)
            assert deliver(reading, self.receiver, self.state, summary=summary, progress=lambda _line: None)
            assert archive(self.config, reading) == []
            done |= frozenset(reading.looked_at)
            if not reading.has_more:
                return


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
    """One history of a ledger and its drop folder; everything in it follows from its number."""

    def __init__(self, number: int, folder: Path) -> None:
        self.rng = random.Random(number)
        self.style = any_style(self.rng)
        self.ledger = Ledger(self.rng, self.style)
        self.site = Site(folder / str(number), self.style, self.rng)
        self.delivered: list[Export] = []
        self.waiting: list[Export] = []
        self.order = BEGIN_MS
        self.place = f"history {number}, {self.style}"

    def step(self, number: int) -> None:
        """Edits, exports, arrivals in any order, a sync, and the comparison."""
        rng, style, ledger = self.rng, self.style, self.ledger
        for _ in range(rng.randrange(1, 12)):
            ledger.edit()
        self._export()
        is_repaired = self._damage() if style.is_declared and rng.random() < 0.2 else False
        late = rng.randrange(len(self.waiting) + 1) if not is_repaired and rng.random() < 0.5 else 0
        arrived = self.waiting[late:]
        del self.waiting[late:]
        for export in arrived:
            drop(self.site.folder, export)
        self.delivered += arrived
        if self.delivered and rng.random() < 0.3:  # the same file once more, under another name
            again = rng.choice(self.delivered)
            drop(self.site.folder, again, name=again.name.replace(".csv", f" ({number}).csv"))
        findings = self.site.sync(fault=rng.choice(("", "", "batch lost", "answer lost")))
        self._compare(findings, arrived, place=f"{self.place}, step {number}")

    def _export(self) -> None:
        for kind, month in sorted(self.ledger.dirty):
            self.order += self.rng.randrange(1, 3_600_000)
            if kind == "invoices" or self.style.payments == "receipts":
                self.waiting.append(self.ledger.export(kind, month, self.order))
        self.ledger.dirty.clear()
        self.rng.shuffle(self.waiting)

    def _damage(self) -> bool:
        """A damaged file is named and disturbs nothing beyond its own documents and days; then it is replaced."""
        broken = damaged(self.waiting[-1], self.style, self.rng) if self.waiting else None
        if broken is None or broken.period is None:
            return False
        before = self.site.receiver.live()
        drop(self.site.folder, broken)
        findings = [finding for finding in self.site.sync() if finding.kind != "note"]
        assert {finding.file for finding in findings} == {broken.name}, self.place
        touched = {doc.number for doc in broken.docs}
        touched |= {doc.number for doc in expected(self.delivered).values() if broken.period.holds(doc.on)}
        assert differing(self.site.receiver.live(), before) <= touched, self.place
        (self.site.folder / broken.name).unlink()
        month = f"{broken.period.from_on:%Y-%m}"
        self.order += 1
        self.waiting[-1] = self.ledger.export(broken.kind, month, self.order)
        return True

    def _compare(self, findings: list[Finding], arrived: list[Export], place: str) -> None:
        live = self.site.receiver.live()
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


def history(number: int, folder: Path) -> int:
    """Plays one history; the number of its syncs."""
    play = History(number, folder)
    steps = play.rng.randrange(3, 9)
    for step in range(steps):
        play.step(step)
    play.site.state.close()
    return steps


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", range(GROUPS))
def test_what_lives_is_the_ledger_to_the_paisa_or_the_difference_is_named(tmp_path: Path, group: int) -> None:
    assert sum(history(number, tmp_path) for number in range(group, HISTORIES, GROUPS)) >= 3
