"""A reading on disk comes to the same as one in memory, and holds no more of it at a time."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from altscore_connector.batching import cut
from altscore_connector.commands.backfill import windows
from altscore_connector.errors import StateError
from altscore_connector.planning import plan
from altscore_connector.records import LEDGER_TABLES, TABLES, CompletePeriod, Item, Reading, Record, to_json
from altscore_connector.spool import DocumentSpool, ItemSpool, TemporaryFile
from altscore_connector.state import Finished, State
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST_ON = date(2026, 4, 1)
IDENTITY = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}
DAY = {"invoices": "invoice_date", "payments": "paid_date", "returns": "return_date"}
AMOUNT = {"invoices": "amount_inr", "payments": "amount_paid_inr", "returns": "amount_inr"}


def document_item(table: Any, document: int, part: int, *, day: int, paise: int, order: int) -> Item:
    record: Record = {
        IDENTITY[table]: f"d{document}",
        DAY[table]: (FIRST_ON + timedelta(days=day)).isoformat(),
        AMOUNT[table]: Decimal(paise).scaleb(-2),
        "bill_ref": "बिल" if part else None,
        "is_bounced": True if paise % 2 else None,
    }
    key = f"d{document}#{part}"
    return Item(table, key, record, document=f"d{document}" if document else "", source_order=order, scope="s")


LEDGER_ITEMS = st.builds(
    lambda table, document, part, day, paise, order: document_item(
        table, document, part, day=day, paise=paise, order=order
    ),
    st.sampled_from(LEDGER_TABLES),
    *(st.integers(0, 4), st.integers(0, 2), st.integers(0, 90), st.integers(0, 500), st.integers(0, 2)),
)
RETAILERS = st.integers(0, 3).map(
    lambda number: Item("retailers", f"r{number}", {"retailer_ref": f"r{number}", "shop_name": "Om"}, scope="s")
)
ITEMS = st.lists(st.one_of(LEDGER_ITEMS, LEDGER_ITEMS, RETAILERS), max_size=25)


def by_table(items: Any) -> list[Item]:
    return [item for table in TABLES for item in items if item.table == table]


def in_any_order(items: Iterable[Item]) -> list[Item]:
    return sorted(
        items, key=lambda item: (item.table, item.key, item.document, item.source_order, to_json(item.record))
    )


@given(ITEMS)
def test_items_come_back_as_they_were_with_the_records_of_a_document_together(items: list[Item]) -> None:
    spool = ItemSpool(items)
    assert len(spool) == len(items)
    assert in_any_order(spool) == in_any_order(items)
    documents: dict[tuple[str, str], list[Item]] = {}
    for item in by_table(items):
        documents.setdefault((item.table, item.document or item.key), []).append(item)
    assert list(spool.statements()) == list(documents.values())
    for table in LEDGER_TABLES:
        for number in range(5):
            assert spool.holds_document(table, f"d{number}") == ((table, f"d{number}") in documents)
            key = f"d{number}#1"
            assert spool.holds_key(table, key) == any((item.table, item.key) == (table, key) for item in items)


def acknowledged(items: list[Item]) -> State:
    state = State(":memory:")
    batches = cut(plan(Reading(items=items), state).items, distributor_id="d", today=FIRST_ON, sequence=1)
    state.enqueue([(batch.sequence, batch.batch_id, batch.body, batch.items) for batch in batches], Finished())
    while (queued := state.queued()) is not None:
        state.acknowledge(queued)
    return state


@given(before=ITEMS, now=ITEMS, present=st.sets(st.integers(0, 4)), first=st.integers(0, 60), days=st.integers(0, 60))
@settings(max_examples=200)
def test_a_reading_on_disk_asks_for_what_the_same_reading_in_memory_asks_for(
    before: list[Item], now: list[Item], present: set[int], first: int, days: int
) -> None:
    state = acknowledged(before)
    from_on = FIRST_ON + timedelta(days=first)
    complete = [
        CompletePeriod(scope="s", table=table, from_on=from_on, to_on=from_on + timedelta(days=days))
        for table in (*LEDGER_TABLES, "invoices")
    ]
    documents = {(table, f"d{number}") for number in present for table in LEDGER_TABLES}
    in_memory = plan(Reading(items=now, present=documents, complete=complete), state)
    spooled = Reading(items=ItemSpool(now), present=DocumentSpool(documents), complete=complete)
    on_disk = plan(spooled, state)
    assert by_table(on_disk.items) == by_table(in_memory.items)
    assert (on_disk.withdrawn, on_disk.older) == (in_memory.withdrawn, in_memory.older)
    assert on_disk.unchanged == in_memory.unchanged
    assert sorted(on_disk.seen) == sorted(in_memory.seen)
    cuts = [
        list(cut(todo.items, distributor_id="d", today=date(2026, 7, 31), sequence=7, limit=3, reaches=reaches))
        for reaches in (None, datetime(2026, 7, 31, tzinfo=UTC))
        for todo in (in_memory, on_disk)
    ]
    assert cuts[0] == cuts[1]
    assert cuts[2] == cuts[3]


@given(ITEMS, st.integers(1, 40))
def test_windows_hold_every_document_from_the_first_day_on_once_and_whole(items: list[Item], days: int) -> None:
    from_on = FIRST_ON + timedelta(days=20)
    parts = list(windows(ItemSpool(items), from_on=from_on, days=days))
    sent = [item for _, part in parts for item in part if item.table != "retailers"]
    first: dict[tuple[str, str], date] = {}
    for item in items:
        if item.on is not None:
            place = (item.table, item.document or item.key)
            first[place] = min(item.on, first.get(place, item.on))
    expected = [item for item in items if first.get((item.table, item.document or item.key), date.min) >= from_on]
    assert in_any_order(sent) == in_any_order(item for item in expected if item.table != "retailers")
    for first_on, part in parts:
        for item in part:
            if item.table != "retailers":
                earliest = first[item.table, item.document or item.key]
                assert first_on <= earliest < first_on + timedelta(days=days)
    assert [first_on for first_on, _ in parts] == sorted({first_on for first_on, _ in parts})
    retailers = sum(1 for item in items if item.table == "retailers")
    assert [sum(1 for item in part if item.table == "retailers") for _, part in parts[:1]] == [retailers][: len(parts)]


def test_fields_are_set_in_every_record_of_a_document_and_in_no_other() -> None:
    items = [document_item("payments", 1, part, day=1, paise=100, order=0) for part in (0, 1)]
    spool = ItemSpool([*items, document_item("payments", 2, 0, day=1, paise=100, order=0)])
    spool.change("payments", "d1", {"bounced_on": "2026-05-01"})
    assert [item.record.get("bounced_on") for item in spool] == ["2026-05-01", "2026-05-01", None]


def peak_kib(work: Callable[[], object]) -> int:
    """The most memory that Python took for some work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] // 1024
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    def many(count: int) -> Iterator[Item]:
        return (document_item("invoices", number, 0, day=1, paise=100, order=1) for number in range(1, count))

    def read_plan_and_queue(count: int) -> None:
        state = State(":memory:")
        todo = plan(Reading(items=ItemSpool(many(count))), state)
        for batch in cut(todo.items, distributor_id="d", today=FIRST_ON, sequence=1, limit=100):
            assert batch.body
        state.close()

    few, more = (peak_kib(partial(read_plan_and_queue, count)) for count in (500, 4_000))
    assert more < few + 200


def test_a_full_disk_is_one_sentence() -> None:
    file = TemporaryFile("CREATE TABLE rows (row BLOB)")
    file.run("PRAGMA max_page_count=3")
    with pytest.raises(StateError, match="folder for temporary files"):
        file.run("INSERT INTO rows VALUES (zeroblob(100000))")
