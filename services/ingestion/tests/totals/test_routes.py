"""ERP = Bronze per table and month, told only where both sides are known."""

from typing import Any
from uuid import uuid4

import pytest

from ..connector import batch_of, invoice, payment, returned
from ..world import World


def total(table: str = "invoices", month: str = "2026-05", count: int = 1, amount_inr: Any = 42000) -> dict[str, Any]:
    """What an ERP states of a month."""
    return {"table": table, "month": month, "count": count, "amount_inr": amount_inr}


def verdicts(totals: Any) -> dict[tuple[str, str], tuple[bool, bool | None]]:
    """Whether each table and month was compared, and agrees."""
    return {(m["table"], m["month"]): (m["compared"], m["agrees"]) for m in totals["months"]}


async def test_nothing_agrees_where_nothing_was_compared(world: World) -> None:
    connector = await world.onboard()
    assert await world.totals(connector) == {"compared": False, "agrees": None, "months": []}
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    status = (await world.status(connector, answer.json()["batch_id"])).json()
    assert status["totals"] == {"compared": False, "agrees": None, "months": []}
    assert await world.totals(connector) == {
        "compared": False,
        "agrees": None,
        "months": [
            {
                "table": "invoices",
                "month": "2026-05",
                "erp": None,
                "bronze": {"documents": 1, "records": 1, "amount_inr": "42000.00"},
                "compared": False,
                "agrees": None,
            }
        ],
    }


async def test_the_erps_totals_are_compared_with_live_bronze_per_table_and_month(world: World) -> None:
    connector = await world.onboard()
    lists: dict[str, Any] = {
        "invoices": [invoice("A", amount_inr=0.1), invoice("B", amount_inr=0.2, invoice_date="2026-04-30")],
        "payments": [payment(line_no=line, amount_paid_inr=10) for line in (1, 2)],
        "returns": [returned(), returned("CN-2", is_cancelled=True)],
    }
    stated = [
        total(amount_inr=0.10),
        total(month="2026-04", amount_inr=0.21),
        total("payments", amount_inr=20),
        total("returns", amount_inr=10.50),
    ]
    answer = await world.send(connector, batch_of(**lists) | {"erp_totals": stated})
    expected = {
        ("invoices", "2026-04"): (True, False),
        ("invoices", "2026-05"): (True, True),
        ("payments", "2026-05"): (True, True),
        ("returns", "2026-05"): (True, True),
    }
    status = (await world.status(connector, answer.json()["batch_id"])).json()
    for totals in (status["totals"], await world.totals(connector)):
        assert verdicts(totals) == expected
        assert (totals["compared"], totals["agrees"]) == (True, False)
    [payments] = [month for month in status["totals"]["months"] if month["table"] == "payments"]
    assert payments["erp"] == {"count": 1, "amount_inr": "20.00"}
    assert payments["bronze"] == {"documents": 1, "records": 2, "amount_inr": "20.00"}
    assert world.manifest(answer.json()["batch_id"])["erp_totals"][0] == {
        "table": "invoices",
        "month": "2026-04",
        "count": 1,
        "amount_inr": "0.21",
    }


@pytest.mark.parametrize(
    ("count", "amount", "agrees"),
    [(1, 20, False), (2, 20, True), (3, 20, True), (4, 20, False), (2, 20.01, False), (0, 0, False)],
)
async def test_the_count_is_of_documents_and_the_sum_to_the_paisa(
    world: World, count: int, amount: float, *, agrees: bool
) -> None:
    """Two documents, one of them in two parts: Bronze has three records."""
    connector = await world.onboard()
    parts = [invoice("GUID-1"), invoice("GUID-1#2"), invoice("GUID-2")]
    for part, amount_inr in zip(parts, (5, 5, 10), strict=True):
        part["amount_inr"] = amount_inr
    stated = {"erp_totals": [total(count=count, amount_inr=amount)]}
    await world.send(connector, batch_of(invoices=parts) | stated)
    assert (await world.totals(connector))["agrees"] is agrees


async def test_a_month_agrees_again_when_the_missing_document_arrives_and_leaves_with_a_cancellation(
    world: World,
) -> None:
    connector, seen = await world.onboard(), []
    stated = {"erp_totals": [total(count=2, amount_inr=3)]}
    for sequence, changed in enumerate(
        (
            invoice("A", amount_inr=1),
            invoice("B", amount_inr=2),
            invoice("B", amount_inr=2, is_cancelled=True),
            invoice("B", amount_inr=2),
            invoice("A", amount_inr=1, invoice_date="2026-04-03"),
        ),
        1,
    ):
        await world.send(connector, batch_of(invoices=[changed]) | stated | {"sequence": sequence})
        seen.append(verdicts(await world.totals(connector))["invoices", "2026-05"])
    assert seen == [(True, False), (True, True), (True, False), (True, True), (True, False)]
    assert verdicts(await world.totals(connector))["invoices", "2026-04"] == (False, None)


async def test_a_month_that_bronze_does_not_have_is_compared_with_nothing_in_it(world: World) -> None:
    connector = await world.onboard()
    stated = [total(month="2026-03", count=0, amount_inr=0), total(month="2026-04", amount_inr=5)]
    await world.send(connector, batch_of() | {"erp_totals": stated})
    assert verdicts(await world.totals(connector)) == {
        ("invoices", "2026-03"): (True, True),
        ("invoices", "2026-04"): (True, False),
    }


async def test_the_newest_statement_of_a_month_is_that_of_the_greatest_sequence(world: World) -> None:
    connector, batches = await world.onboard(), []
    for sequence, amount in ((5, 42000), (4, 1), (5, 42000.01), (None, 2)):
        stated = {"erp_totals": [total(amount_inr=amount)], "sequence": sequence}
        answer = await world.send(connector, batch_of(invoices=[invoice()]) | stated)
        batches.append(answer.json()["batch_id"])
        world.clock.advance(seconds=1)
    [month] = (await world.totals(connector))["months"]
    assert (month["erp"]["amount_inr"], month["agrees"]) == ("42000.01", False)
    compared = [(await world.status(connector, batch_id)).json()["totals"]["compared"] for batch_id in batches]
    assert compared == [False, False, True, False]


async def test_totals_are_told_to_their_own_distributor_alone(world: World) -> None:
    mine, other = await world.onboard("dist_a"), await world.onboard("dist_b")
    await world.send(mine, batch_of(invoices=[invoice()]) | {"erp_totals": [total()]})
    assert (await world.totals(mine))["agrees"] is True
    assert (await world.totals(other))["months"] == []


async def test_records_from_before_their_month_was_known_are_not_compared(world: World) -> None:
    connector = await world.onboard()
    lists: dict[str, Any] = {"invoices": [invoice()], "payments": [payment()]}
    stated = {"erp_totals": [total(), total("payments")]}
    await world.send(connector, batch_of(**lists) | stated)
    await world.pool.execute("UPDATE record SET dated_on = NULL WHERE table_name = 'invoices'")
    totals = await world.totals(connector)
    assert verdicts(totals) == {("invoices", "2026-05"): (False, None), ("payments", "2026-05"): (True, True)}
    assert (totals["compared"], totals["agrees"]) == (True, None)
    again = await world.send(connector, batch_of(**lists) | {"sequence": 2})
    assert again.json()["duplicate"] == 2
    assert (await world.totals(connector))["agrees"] is True


BROKEN: dict[str, tuple[Any, str]] = {
    "not a list": ({}, "erp_totals"),
    "unknown table": ([total("retailers")], "erp_totals[0].table"),
    "no such month": ([total(month="2026-13")], "erp_totals[0].month"),
    "a day": ([total(month="2026-05-01")], "erp_totals[0].month"),
    "last century": ([total(month="1999-12")], "erp_totals[0].month"),
    "a month to come": ([total(month="2099-01")], "erp_totals[0].month"),
    "negative count": ([total(count=-1)], "erp_totals[0].count"),
    "negative amount": ([total(amount_inr=-0.01)], "erp_totals[0].amount_inr"),
    "three decimals": ([total(amount_inr=0.001)], "erp_totals[0].amount_inr"),
    "amount as text": ([total(amount_inr="1")], "erp_totals[0].amount_inr"),
    "amount beyond all": ([total(amount_inr=1_000_000_000_000_001)], "erp_totals[0].amount_inr"),
    "a month twice": ([total(), total()], "erp_totals[1]"),
    "unknown field": ([total() | {"name": "x"}], "erp_totals[0]"),
    "too many": ([total()] * 2_001, "erp_totals"),
}


async def test_totals_that_cannot_be_read_refuse_the_batch_by_path(world: World) -> None:
    connector = await world.onboard()
    assert len(BROKEN) == 14
    for case, (stated, field) in BROKEN.items():
        answer = await world.send(connector, batch_of() | {"erp_totals": stated}, batch_id=str(uuid4()))
        assert answer.status_code == 400, case
        assert [error["field"] for error in answer.json()["errors"]] == [field], case
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 0
