"""While a sync is under way, no day is claimed of which the receiver lacks a document; histories of large ledgers."""

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from altscore_connector.coverage import covered_by
from altscore_connector.records import Item, Reading
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver, send_queued
from ledger_histories.crashes import Crash, Crashes, FrailState
from ledger_histories.receiver import AMOUNT, DAY, IDENTITY, Receiver

FIRST_ON = date(2026, 7, 1)
SYNCS = 5
Document = tuple[str, str]


def silent(*_arguments: Any) -> None:
    """No line per batch."""


class Ledger:
    """Invoices and payments of several companies by (table, key): day, rupees and order of the latest change."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._order = rng, 0
        self.documents: dict[Document, tuple[date, int, int]] = {}

    def work(self, on: date) -> None:
        """A day on which many invoices are written, some of them paid, and older ones corrected."""
        for number in range(self._rng.randint(0, 1_600)):
            self._order += 1
            self.documents["invoices", f"I{on:%m%d}-{number}"] = (on, number + 1, self._order)
            if self._rng.random() < 0.5:
                self.documents["payments", f"P{on:%m%d}-{number}"] = (on, number + 1, self._order)
        for key in self._rng.sample(sorted(self.documents), min(20, len(self.documents))):
            self._order += 1
            day, amount, _ = self.documents[key]
            self.documents[key] = (day, amount + 1, self._order)

    def items(self, *, company: int | None = None) -> list[Item]:
        """What a reading states, of one company or of both."""
        return [
            Item(
                table,  # type: ignore[arg-type]
                key,
                {
                    IDENTITY[table]: key,
                    "retailer_ref": "r",
                    DAY[table]: day.isoformat(),
                    AMOUNT[table]: Decimal(amount),
                },
                document=key,
                source_order=order,
            )
            for (table, key), (day, amount, order) in self.documents.items()
            if company is None or amount % 2 == company
        ]


class Lake(Receiver):
    """Looks after every batch whether each day that is claimed is there as the ledger was when it was read."""

    def __init__(self, crashes: Crashes) -> None:
        super().__init__(crashes.step)
        self.read: dict[Document, tuple[date, int, int]] = {}
        self.looks = 0

    def _take(self, payload: dict[str, Any], batch_id: str) -> Any:
        receipt = super()._take(payload, batch_id)
        held = {(table, record[IDENTITY[table]]) for table in ("invoices", "payments") for record in self.live(table)}
        claimed = {key for key, (day, _, _) in self.read.items() if day <= self.covered_on}
        assert claimed <= held, (self.covered_on, sorted(claimed - held)[:3])
        self.looks += 1
        return receipt


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["erp", "files"])
def test_no_day_is_claimed_before_all_of_its_documents_have_arrived(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    ledger, crashes = Ledger(rng), Crashes(seed)
    state, lake = State(":memory:"), Lake(crashes)
    frail: Any = FrailState(state, crashes)
    for number in range(SYNCS):
        on = FIRST_ON + timedelta(days=number)
        ledger.work(on)
        read_at = datetime.combine(on + timedelta(days=1), time(1), UTC)
        is_partial = number < SYNCS - 1 and rng.random() < 0.3
        crashes.arm()
        try:
            send_queued(lake, frail, summary=Summary("d", kind), progress=silent)
            lake.read = dict(ledger.documents)
            reading = Reading(items=ledger.items(company=0 if is_partial else None), is_partial=is_partial)
            if kind == "erp" and not is_partial:
                reading.read_at = read_at
            deliver(reading, lake, frail, summary=Summary("d", kind), progress=silent)
        except Crash:
            continue
        finally:
            crashes.disarm()
    send_queued(lake, state, summary=Summary("d", kind), progress=silent)
    lake.read = dict(ledger.documents)
    deliver(Reading(items=ledger.items(), read_at=read_at), lake, state, summary=Summary("d", kind), progress=silent)
    assert lake.covered_on == covered_by(read_at)
    assert lake.read.keys() == {
        (table, record[IDENTITY[table]]) for table in ("invoices", "payments") for record in lake.live(table)
    }
    assert lake.looks > SYNCS
