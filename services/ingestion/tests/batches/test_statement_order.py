"""The newest statement of a record is live: greatest source order, then sequence, then arrival (decisions 78, 79)."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from ..connector import Connector, batch_of, invoice, payment, returned
from ..world import World, live_rows, rows

Counted = tuple[int, int]


class Sender:
    """Sends batches of one distributor and keeps what became of them."""

    def __init__(self, world: World, connector: Connector) -> None:
        self.world = world
        self._connector = connector
        self.batch_ids: list[str] = []

    async def send(self, sequence: int | None = None, **lists: Any) -> Counted:
        """One batch; how many of its records were accepted and how many were duplicates."""
        envelope: dict[str, Any] = {} if sequence is None else {"sequence": sequence}
        envelope["sync_from"] = f"2026-05-01T00:00:{len(self.batch_ids):02d}Z"  # equal records are no equal bytes
        answer = await self.world.send(self._connector, batch_of(**lists) | envelope)
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert told["quarantined"] == 0
        self.batch_ids.append(told["batch_id"])
        return told["accepted"], told["duplicate"]

    def live(self, table: str = "invoices") -> list[dict[str, Any]]:
        """Live rows of a table."""
        return list(live_rows([self.world.bronze(batch_id) for batch_id in self.batch_ids], table).values())


@pytest.fixture
async def sender(world: World) -> Sender:
    return Sender(world, await world.onboard())


async def test_a_value_that_swings_back_and_forth_arrives_every_time(sender: Sender) -> None:
    for sequence, amount in enumerate((1000, 1500, 1000, 1500), 1):
        assert await sender.send(sequence, invoices=[invoice(amount_inr=amount)]) == (1, 0)
    [live] = sender.live()
    assert (live["amount_inr"], live["content_version"], live["sequence"]) == (Decimal("1500.00"), 4, 4)


async def test_equal_bytes_are_a_repeat_and_another_sequence_is_another_body(world: World) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    body = batch_of(invoices=[invoice()]) | {"sequence": 1}
    first = await world.send(connector, body, batch_id=own_id)
    again = await world.send(connector, body, batch_id=own_id)
    assert (again.status_code, again.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
    assert again.json()["result"] == first.json() | {"status": "complete"}
    later = await world.send(connector, body | {"sequence": 2})
    assert (later.status_code, later.json()["duplicate"]) == (202, 1)
    assert world.manifest(first.json()["batch_id"])["sequence"] == 1


@pytest.mark.parametrize(
    ("orders", "winner"),
    [([5, 7, 6], "7"), ([7, 5, 6], "7"), ([None, 1], "1"), ([1, None], "1"), ([3, 3], "3 again")],
)
async def test_the_greatest_source_order_is_live_whatever_the_order_of_arrival(
    sender: Sender, orders: list[int | None], winner: str
) -> None:
    for place, order in enumerate(orders):
        name = str(order) if order not in orders[:place] else f"{order} again"
        fields: dict[str, Any] = {} if order is None else {"source_order": order}
        assert await sender.send(1, payments=[payment(bill_ref=name, **fields)]) == (1, 0)
    [live] = sender.live("payments")
    assert live["bill_ref"] == winner


async def test_among_equal_source_orders_the_greatest_sequence_is_live(sender: Sender) -> None:
    for sequence in (8, 9, 7):
        assert await sender.send(sequence, returns=[returned(amount_inr=sequence, source_order=4)]) == (1, 0)
    [live] = sender.live("returns")
    assert (live["amount_inr"], live["source_order"], live["sequence"]) == (Decimal("9.00"), 4, 9)


async def test_a_statement_that_a_newer_one_overtook_is_history_and_sent_again_a_duplicate(sender: Sender) -> None:
    old = payment(amount_paid_inr=1, source_order=1)
    assert await sender.send(payments=[payment(amount_paid_inr=2, source_order=2)]) == (1, 0)
    assert await sender.send(payments=[old]) == (1, 0)
    assert await sender.send(payments=[old, payment("PAY-2")]) == (1, 1)
    [history] = rows(sender.world.bronze(sender.batch_ids[1]), "payments")
    assert (history["amount_inr"], history["content_version"], history["is_outdated"]) == (Decimal("1.00"), 2, True)
    assert {row["amount_inr"] for row in sender.live("payments")} == {Decimal("2.00"), Decimal("42000.00")}
    assert await sender.send(payments=[payment(amount_paid_inr=3, source_order=3)]) == (1, 0)
    assert await sender.send(payments=[payment(amount_paid_inr=2, source_order=2)]) == (0, 1)
    assert await sender.send(payments=[payment(amount_paid_inr=1, source_order=4)]) == (1, 0)
    assert {row["amount_inr"] for row in sender.live("payments")} == {Decimal("1.00"), Decimal("42000.00")}


async def test_a_statement_from_between_two_of_the_live_content_does_not_replace_it(sender: Sender) -> None:
    """A content stated anew is a duplicate and not written; that it stood at the later order is still known."""
    assert await sender.send(3, invoices=[invoice(amount_inr=1, source_order=3)]) == (1, 0)
    assert await sender.send(9, invoices=[invoice(amount_inr=1, source_order=9)]) == (0, 1)
    assert await sender.send(6, invoices=[invoice(amount_inr=2, source_order=6)]) == (1, 0)
    [live] = sender.live()
    assert live["amount_inr"] == Decimal("1.00")


async def test_an_order_counts_inside_one_batch_as_well(sender: Sender) -> None:
    stated = [invoice(amount_inr=amount, source_order=order) for amount, order in ((1, 5), (2, 4), (3, 6), (2, 4))]
    assert await sender.send(1, invoices=stated) == (3, 1)
    [live] = sender.live()
    assert (live["amount_inr"], live["content_version"]) == (Decimal("3.00"), 3)


async def test_a_payment_belongs_to_the_retailer_of_the_newest_statement_of_its_invoice(sender: Sender) -> None:
    newest = invoice(retailer_ref="ledger-2", source_order=2)
    await sender.send(invoices=[newest, invoice(retailer_ref="ledger-1", source_order=1)])
    await sender.send(payments=[payment(retailer_ref=None, invoice_id="INV-1")])
    [live], [paid] = sender.live(), sender.live("payments")
    assert paid["subject_token"] == live["subject_token"]
    stale = invoice(retailer_ref="ledger-3", source_order=1)
    await sender.send(invoices=[stale], payments=[payment("PAY-2", retailer_ref=None, invoice_id="INV-1")])
    assert {row["subject_token"] for row in sender.live("payments")} == {live["subject_token"]}


async def test_a_cancelled_payment_or_return_is_a_correction(sender: Sender) -> None:
    await sender.send(1, payments=[payment()], returns=[returned()])
    cancelled = {"payments": [payment(is_cancelled=True)], "returns": [returned(is_cancelled=True)]}
    assert await sender.send(2, **cancelled) == (2, 0)
    assert [sender.live(table)[0]["is_cancelled"] for table in ("payments", "returns")] == [True, True]
    assert await sender.send(3, payments=[payment()], returns=[returned()]) == (2, 0)
    assert [sender.live(table)[0]["is_cancelled"] for table in ("payments", "returns")] == [False, False]


async def test_the_day_a_bounce_became_known_is_kept(sender: Sender) -> None:
    await sender.send(1, payments=[payment()])
    assert await sender.send(2, payments=[payment(is_bounced=True, bounced_on="2026-05-18")]) == (1, 0)
    [live] = sender.live("payments")
    assert (live["is_bounced"], str(live["bounced_on"])) == (True, "2026-05-18")
