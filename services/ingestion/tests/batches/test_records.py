"""The rules of single records: each broken one is named, none of its values is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from altscore_ingestion.batches.bounds import MAX_AMOUNT_INR
from altscore_ingestion.batches.payload import read_batch
from altscore_ingestion.batches.records import CheckedBatch, check_records

from ..connector import batch_of, invoice, payment, retailer

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
BROKEN: dict[str, tuple[str, Any, str]] = {
    "not an object": ("invoices", "INV-SECRET", "record"),
    "no id": ("invoices", {k: v for k, v in invoice().items() if k != "invoice_id"}, "invoice_id"),
    "empty id": ("invoices", invoice(""), "invoice_id"),
    "long id": ("invoices", invoice("x" * 65), "invoice_id"),
    "control character": ("invoices", invoice("INV\u0000"), "invoice_id"),
    "id that is a number": ("invoices", invoice(7), "invoice_id"),  # type: ignore[arg-type]
    "unknown field": ("invoices", invoice(margin_inr=5), "record"),
    "amount zero": ("invoices", invoice(amount_inr=0), "amount_inr"),
    "amount negative": ("invoices", invoice(amount_inr=-1), "amount_inr"),
    "amount with three decimals": ("invoices", invoice(amount_inr=1.005), "amount_inr"),
    "amount as text": ("invoices", invoice(amount_inr="1"), "amount_inr"),
    "amount true": ("invoices", invoice(amount_inr=True), "amount_inr"),
    "amount null": ("invoices", invoice(amount_inr=None), "amount_inr"),
    "amount a list": ("invoices", invoice(amount_inr=[1]), "amount_inr"),
    "amount too large": ("invoices", invoice(amount_inr=10_000_000_000_000), "amount_inr"),
    "amount a paisa too large": ("invoices", invoice(amount_inr=1_000_000_000.01), "amount_inr"),
    "payment a paisa too large": ("payments", payment(amount_paid_inr=1_000_000_000.01), "amount_paid_inr"),
    "a barcode for an amount": ("invoices", invoice(amount_inr=919876543210), "amount_inr"),
    "invisible reference": ("invoices", invoice(retailer_ref="\u200b\u2060"), "retailer_ref"),
    "a dash for a party": ("payments", payment(retailer_ref="-"), "retailer_ref"),
    "blanks for a party": ("invoices", invoice(retailer_ref=" \u00a0 "), "retailer_ref"),
    "dashes and invisible characters for a party": ("retailers", retailer("\u200b\u2014 .\u2060"), "retailer_ref"),
    "a dash beside an invoice": (
        "payments",
        payment(retailer_ref="-", invoice_id="INV-1"),
        "retailer_ref",
    ),
    "a dash beside a GSTIN": (
        "invoices",
        invoice(retailer_ref="-", retailer_gst="27AAACZ0000A1Z9"),
        "retailer_ref",
    ),
    "reference that grows beyond its length": ("retailers", retailer("\ufdfa" * 128), "retailer_ref"),
    "amount with exponent": ("invoices", invoice(amount_inr=1e22), "amount_inr"),
    "date of another form": ("invoices", invoice(invoice_date="03-05-2026"), "invoice_date"),
    "no such day": ("invoices", invoice(invoice_date="2026-02-30"), "invoice_date"),
    "instant for a day": ("invoices", invoice(invoice_date="2026-05-03T00:00:00Z"), "invoice_date"),
    "day after tomorrow": ("invoices", invoice(invoice_date="2026-05-22", due_date=None), "invoice_date"),
    "last century": ("invoices", invoice(invoice_date="1999-12-31", due_date=None), "invoice_date"),
    "due before issued": ("invoices", invoice(due_date="2026-05-02"), "due_date"),
    "due in ten years": ("invoices", invoice(due_date="2036-05-02"), "due_date"),
    "nobody's invoice": ("invoices", invoice(retailer_ref=None), "retailer_ref"),
    "nobody's invoice, GSTIN a placeholder": (
        "invoices",
        invoice(retailer_ref=None, retailer_gst="URP"),
        "retailer_ref",
    ),
    "line count negative": ("invoices", invoice(line_count=-1), "line_count"),
    "cancelled by word": ("invoices", invoice(is_cancelled="yes"), "is_cancelled"),
    "source order negative": ("invoices", invoice(source_order=-1), "source_order"),
    "source order beyond exact integers": ("payments", payment(source_order=2**53), "source_order"),
    "source order by word": ("payments", payment(source_order="7"), "source_order"),
    "payment cancelled by word": ("payments", payment(is_cancelled="yes"), "is_cancelled"),
    "bounce of a payment that stands": ("payments", payment(bounced_on="2026-05-18"), "bounced_on"),
    "bounced before it was paid": (
        "payments",
        payment(is_bounced=True, bounced_on="2026-05-14"),
        "bounced_on",
    ),
    "bounce in the future": ("payments", payment(is_bounced=True, bounced_on="2026-05-22"), "bounced_on"),
    "line zero": ("payments", payment(line_no=0), "line_no"),
    "unknown method": ("payments", payment(payment_method="barter"), "payment_method"),
    "nobody's payment": ("payments", payment(retailer_ref=None), "retailer_ref"),
    "payment in the future": ("payments", payment(paid_date="2026-05-22"), "paid_date"),
    "return without a day": ("returns", {"return_id": "R", "retailer_ref": "l", "amount_inr": 1}, "return_date"),
    "master without reference": ("retailers", {"shop_name": "Shop"}, "retailer_ref"),
    "phone of a novel's length": ("retailers", retailer(phone="9" * 33), "phone"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_is_rejected_with_its_path_and_without_its_value(case: str) -> None:
    table, record, field = BROKEN[case]
    checked = _check(**{table: [record]})
    assert checked.records == ()
    [rejected] = checked.rejected
    assert (rejected.table, rejected.index) == (table, 0)
    assert [reason.field for reason in rejected.reasons] == [field]
    assert "SECRET" not in str(rejected)


SOUND: dict[str, tuple[str, Any]] = {
    "tomorrow, since India is ahead of UTC": ("invoices", invoice(invoice_date="2026-05-21", due_date=None)),
    "first day of 2000": ("invoices", invoice(invoice_date="2000-01-01", due_date=None)),
    "due on the day": ("invoices", invoice(due_date="2026-05-03")),
    "the largest amount": ("invoices", invoice(amount_inr=1_000_000_000.00)),
    "line breaks in a name": ("retailers", retailer(shop_name="Corner\r\nshop", phone="90000\t00000")),
    "one paisa": ("invoices", invoice(amount_inr=0.01)),
    "trailing zeros": (
        "invoices",
        b'{"invoice_id":"I","retailer_ref":"l","invoice_date":"2026-05-03","amount_inr":1.500}',
    ),
    "nulls where nothing is known": ("invoices", invoice(due_date=None, bill_ref=None, is_cancelled=None)),
    "a party of one letter": ("payments", payment(retailer_ref="- क -")),
    "Devanagari": ("retailers", retailer("गणेश स्टोर")),
    "on account": ("payments", payment()),
    "bounced on the day": ("payments", payment(is_bounced=True, bounced_on="2026-05-15")),
    "bounced, nobody knows when": ("payments", payment(is_bounced=True, bounced_on=None)),
    "cancelled payment": ("payments", payment(is_cancelled=True, source_order=0)),
    "cancelled return": (
        "returns",
        {
            "return_id": "R",
            "retailer_ref": "l",
            "return_date": "2026-05-03",
            "amount_inr": 1,
            "is_cancelled": True,
            "source_order": 2**53 - 1,
        },
    ),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_record_is_accepted(case: str) -> None:
    table, record = SOUND[case]
    checked = _check(**{table: [record]})
    assert checked.rejected == ()
    assert len(checked.records) == 1


def test_the_master_speaks_before_invoices_and_a_verified_gstin_before_another() -> None:
    good, other, wrong = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5", "27AAACZ0000A1Z1"
    checked = _check(
        invoices=[
            invoice("A", retailer_ref="r1", retailer_gst=other),
            invoice("B", retailer_ref="r2", retailer_gst=wrong),
            invoice("C", retailer_ref="r2", retailer_gst=other),
        ],
        retailers=[retailer("r1", gst=good), retailer("r2", gst=wrong, phone="9000000000")],
    )
    assert [(identity.retailer_ref, identity.gst, identity.phone) for identity in checked.identities] == [
        ("r1", good, None),
        ("r2", other, "9000000000"),
    ]


def test_a_record_out_of_bounds_is_quarantined_by_name_and_the_rest_of_its_batch_is_accepted() -> None:
    huge, late, early = invoice("A", amount_inr=98765432100.5), payment(paid_date="2999-01-01"), invoice("C")
    checked = _check(
        invoices=[huge, invoice("B"), early | {"invoice_date": "1981-04-01"}], payments=[late, payment("P")]
    )
    assert [(item.table, item.key) for item in checked.records] == [("invoices", "B"), ("payments", "P#1")]
    assert [reason for item in checked.rejected for reason in item.reasons] == [
        ("amount_inr", "is above the largest amount, 1,000,000,000.00 rupees"),
        ("invoice_date", "lies before 2000-01-01"),
        ("paid_date", "lies more than one day in the future"),
    ]


def test_every_kind_of_amount_is_measured_by_the_distributors_own_bound() -> None:
    raised, above = Decimal("5000000000.00"), 5_000_000_000.01
    lists: list[tuple[str, Callable[[float], dict[str, Any]]]] = [
        ("invoices", lambda amount: invoice(amount_inr=amount)),
        ("payments", lambda amount: payment(amount_paid_inr=amount)),
        (
            "returns",
            lambda amount: {"return_id": "R", "return_date": "2026-05-03", "retailer_ref": "l", "amount_inr": amount},
        ),
    ]
    for table, record in lists:
        checked = _check(raised, **{table: [record(5_000_000_000), record(above)]})
        assert [item.index for item in checked.records] == [0], table
        [rejected] = checked.rejected
        assert [reason.reason for reason in rejected.reasons] == [
            "is above the largest amount, 5,000,000,000.00 rupees"
        ]


def test_references_that_look_alike_are_one_retailer_and_case_tells_retailers_apart() -> None:
    refs = ["Shop 1", "Shop\u200b 1\ufeff", "\u202aShop\u00a01\u202c", "Ｓｈｏｐ １", "SHOP 1"]
    checked = _check(invoices=[invoice(str(n), retailer_ref=ref) for n, ref in enumerate(refs)])
    assert [item.retailer_ref for item in checked.records] == ["Shop 1"] * 4 + ["SHOP 1"]
    assert [item.retailer_ref for item in checked.identities] == ["SHOP 1", "Shop 1"]


def _check(max_amount_inr: Decimal = MAX_AMOUNT_INR, /, **lists: list[Any]) -> CheckedBatch:
    empty: dict[str, Any] = {name: [] for name in lists}
    body = json.dumps(batch_of(**empty))
    for name, records in lists.items():
        texts = [record.decode() if isinstance(record, bytes) else json.dumps(record) for record in records]
        body = body.replace(f'"{name}": []', f'"{name}": [{",".join(texts)}]')
    batch = read_batch(body.encode(), received_at=NOW)
    return check_records(batch, received_at=NOW, max_amount_inr=max_amount_inr)
