"""The rules that hold for every source alike, against a generated ledger that is edited while it is read."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from altscore_connector import spool
from altscore_connector.errors import ConnectorError
from altscore_connector.planning import plan
from altscore_connector.records import Period, Reading
from altscore_connector.source import Source
from altscore_connector.spool import ItemSpool
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver, send_queued

from .model import AS_OF, Model
from .receiver import Crash, Receiver
from .sites import SITES, Site

EVERYTHING = Period(date(2025, 1, 1), AS_OF)
NOVEMBER = Period(date(2025, 11, 1), date(2025, 11, 30))


@dataclass
class World:
    """A site, the truth, the connector's memory, and who receives."""

    site: Site
    model: Model
    state: State = field(default_factory=lambda: State(":memory:"))
    receiver: Receiver = field(default_factory=Receiver)

    @property
    def source(self) -> Source:
        """A source as a fresh process would open it."""
        return self.site.source(self.state)

    def sync(self) -> Summary:
        """One sync, as `sync_once` does it."""
        summary = Summary("dist_x", "csv")
        send_queued(self.receiver, self.state, summary=summary, progress=lambda _line: None)
        source = self.source
        while True:
            reading = source.read()
            assert deliver(reading, self.receiver, self.state, summary=summary, progress=lambda _line: None)
            source.finish(reading)
            if not reading.has_more:
                return summary

    def assert_the_truth(self) -> None:
        """The receiver holds the ledger to the paisa."""
        assert self.receiver.rows() == self.model.truth()


@pytest.fixture(params=list(SITES))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each of the four ERPs with the same ledger."""
    model = Model(seed=11)
    with SITES[request.param](tmp_path, model) as site:
        yield World(site, model)


def left_out(summary: Summary) -> list[str]:
    return [finding.rule for finding in summary.findings if finding.kind != "note"]


def test_everything_that_is_read_is_the_ledger_to_the_paisa(world: World) -> None:
    truth = world.model.truth()
    kinds = {kind for kind, _, _, _ in truth}
    assert kinds == {"invoices", "payments", "bounced", "returns"}, "the ledger lacks what is to be compared"
    summary = world.sync()
    world.assert_the_truth()
    assert left_out(summary) == []
    assert world.sync().submitted == 0, "an unchanged ledger is sent again"


def test_a_changed_invoice_that_changes_back_arrives_every_time(world: World) -> None:
    invoice = world.model.free_invoices()[0]
    before = int(world.model.ledger.invoices.paise[invoice])
    world.sync()
    for paise in (before + 5_000, before, before + 5_000, before):
        world.model.change(invoice, paise)
        world.site.change(world.model, invoice)
        assert world.sync().submitted >= 1
        world.assert_the_truth()


def test_what_is_cancelled_or_deleted_is_withdrawn(world: World) -> None:
    world.sync()
    first, second = world.model.free_invoices()[:2]
    receipt = world.model.a_receipt()
    world.model.remove(first)
    world.site.cancel(world.model, first)
    world.sync()
    world.assert_the_truth()
    world.model.remove(second)
    world.site.delete(world.model, second)
    world.model.remove_receipt(receipt)
    world.site.delete_receipt(world.model, receipt)
    summary = world.sync()
    world.assert_the_truth()
    assert left_out(summary) == []


@pytest.mark.parametrize("batches", [0, 1])
def test_a_crash_between_reading_and_finishing_loses_and_doubles_nothing(world: World, batches: int) -> None:
    world.receiver.crash_after = batches
    world.model.change(world.model.free_invoices()[0], 77_700)
    world.site.change(world.model, world.model.free_invoices()[0])
    try:
        world.sync()
    except Crash:
        pass
    else:
        assert batches == 1, "the ledger fits into one batch, so the crash came too late"
    world.sync()
    world.assert_the_truth()
    invoice = world.model.free_invoices()[1]
    world.model.remove(invoice)
    world.site.delete(world.model, invoice)
    world.receiver.crash_after = 0
    with pytest.raises(Crash):
        world.sync()
    world.sync()
    world.assert_the_truth()


def test_a_reading_can_be_repeated_and_changes_nothing(world: World) -> None:
    first, second = world.source.read(), world.source.read()
    assert comparable(first) == comparable(second)
    assert world.state.live_totals() == {}
    world.sync()
    assert comparable(world.source.read()) == comparable(world.source.read())


def comparable(reading: Reading) -> tuple[object, ...]:
    return (reading.items, reading.complete, reading.present, reading.findings, reading.erp_totals, reading.files)


def test_totals_and_keys_are_the_ledgers_before_and_after_sending(world: World) -> None:
    expected = world.model.monthly()
    for _ in range(2):
        totals = {
            (total.table, total.month): (total.count, total.amount_inr) for total in world.source.totals(EVERYTHING)
        }
        assert totals == expected
        keys = world.source.keys(EVERYTHING)
        assert len(keys) == sum(count for count, _ in expected.values())
        november = world.source.keys(NOVEMBER)
        assert november < keys
        assert len(november) == sum(count for (_, month), (count, _) in expected.items() if month == "2025-11")
        told = {total.month for total in world.source.totals(NOVEMBER)}
        assert told == {"2025-11"}
        world.sync()
        assert world.receiver.keys() == keys


def test_keys_and_totals_follow_a_deletion_that_was_not_sent_yet(world: World) -> None:
    world.sync()
    before = world.source.keys(EVERYTHING)
    invoice = world.model.free_invoices()[0]
    world.model.remove(invoice)
    world.site.delete(world.model, invoice)
    gone = before - world.source.keys(EVERYTHING)
    assert len(gone) == 1
    expected = world.model.monthly()
    assert {(t.table, t.month): (t.count, t.amount_inr) for t in world.source.totals(EVERYTHING)} == expected


def test_a_preview_shows_exactly_what_would_be_sent_and_no_more_than_was_asked(world: World) -> None:
    few = world.source.preview(10)
    assert len(few) == 10
    assert {kind(record) for record in few} == {"retailers", "invoices", "payments", "returns"}
    everything = world.source.preview(1_000_000)
    assert world.receiver.sent == []
    world.sync()
    assert sorted(map(repr, map(plain, everything))) == sorted(map(repr, map(plain, world.receiver.sent)))
    assert world.source.preview(10) == []


def test_what_lies_on_disk_while_a_ledger_is_read_and_planned_names_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def keep(path: str, **settings: Any) -> sqlite3.Connection:
        opened.append(connect(path, **settings))
        return opened[-1]

    source = world.source
    monkeypatch.setattr(sqlite3, "connect", keep)
    monkeypatch.setattr(spool, "finalize", lambda *_: None)
    reading = source.read()
    retailers = [item.record for item in plan(reading, world.state).items if item.table == "retailers"]
    stored = "\n".join(line for database in opened for line in database.iterdump())
    for database in opened:
        database.close()
    assert ("invoice_id" in stored) == isinstance(reading.items, ItemSpool)
    personal = {str(record[name]) for record in retailers for name in ("shop_name", "phone", "gst") if name in record}
    assert len(personal) > len(retailers)
    assert [value for value in personal if value in stored] == []


def kind(record: Mapping[str, object]) -> str:
    names = {"return_id": "returns", "payment_id": "payments", "shop_name": "retailers"}
    return next((table for name, table in names.items() if name in record), "invoices")


def plain(record: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in sorted(record.items())}


def test_a_source_that_does_not_answer_is_an_error_and_withdraws_nothing(world: World) -> None:
    world.sync()
    source = world.site.unreachable(world.state)
    for ask in (source.read, lambda: source.preview(1), lambda: source.totals(EVERYTHING)):
        with pytest.raises(ConnectorError) as caught:
            ask()
        assert "\n" not in str(caught.value)
    failed = [check for check in source.check() if not check.is_ok]
    assert [check.subject for check in failed] == [world.site.subject]
    world.sync()
    world.assert_the_truth()


def test_wrong_credentials_are_named_and_withdraw_nothing(world: World) -> None:
    world.sync()
    source = world.site.refusing(world.state)
    with pytest.raises(ConnectorError):
        source.read()
    failed = [check for check in source.check() if not check.is_ok]
    assert [check.subject for check in failed] == [world.site.refused]
    assert all(check.sentence.strip() for check in failed)
    world.sync()
    world.assert_the_truth()


def test_one_unreadable_document_is_named_and_stops_no_other(world: World) -> None:
    world.site.add_unreadable()
    summary = world.sync()
    assert [finding.kind for finding in summary.findings if finding.kind != "note"] == ["set_aside"]
    world.assert_the_truth()
    assert summary.exit_status != 0
    assert world.sync().exit_status != 0, "it is named until it can be read"


def test_everything_in_order_is_what_check_says(world: World) -> None:
    checks = world.source.check()
    assert checks
    assert [check.subject for check in checks if not check.is_ok] == []
