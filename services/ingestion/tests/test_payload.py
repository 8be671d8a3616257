"""The rules of single records: each broken one is named, none of its values is told."""

import json
from datetime import date
from typing import Any

import pytest
from altscore_ingestion.domain import check_records
from altscore_ingestion.payload import read_batch
from ingestion_connector import batch_of, invoice, payment, retailer

TODAY = date(2026, 5, 20)
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
    checked = check_records(_batch(**{table: [record]}), today=TODAY)
    assert checked.records == ()
    [rejected] = checked.rejected
    assert (rejected.table, rejected.index) == (table, 0)
    assert [reason.field for reason in rejected.reasons] == [field]
    assert "SECRET" not in str(rejected)


SOUND: dict[str, tuple[str, Any]] = {
    "tomorrow, since India is ahead of UTC": ("invoices", invoice(invoice_date="2026-05-21", due_date=None)),
    "first day of 2000": ("invoices", invoice(invoice_date="2000-01-01", due_date=None)),
    "due on the day": ("invoices", invoice(due_date="2026-05-03")),
    "one paisa": ("invoices", invoice(amount_inr=0.01)),
    "trailing zeros": (
        "invoices",
        b'{"invoice_id":"I","retailer_ref":"l","invoice_date":"2026-05-03","amount_inr":1.500}',
    ),
    "nulls where nothing is known": ("invoices", invoice(due_date=None, bill_ref=None, is_cancelled=None)),
    "Devanagari": ("retailers", retailer("गणेश स्टोर")),
    "on account": ("payments", payment()),
}


@pytest.mark.parametrize("case", SOUND)
def test_a_sound_record_stands(case: str) -> None:
    table, record = SOUND[case]
    checked = check_records(_batch(**{table: [record]}), today=TODAY)
    assert checked.rejected == ()
    assert len(checked.records) == 1


def test_the_master_speaks_before_invoices_and_a_verified_gstin_before_another() -> None:
    good, other, wrong = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5", "27AAACZ0000A1Z1"
    checked = check_records(
        _batch(
            invoices=[
                invoice("A", retailer_ref="r1", retailer_gst=other),
                invoice("B", retailer_ref="r2", retailer_gst=wrong),
                invoice("C", retailer_ref="r2", retailer_gst=other),
            ],
            retailers=[retailer("r1", gst=good), retailer("r2", gst=wrong, phone="9000000000")],
        ),
        today=TODAY,
    )
    assert [(one.retailer_ref, one.gst, one.phone) for one in checked.identities] == [
        ("r1", good, None),
        ("r2", other, "9000000000"),
    ]


def _batch(**lists: list[Any]) -> Any:
    body = json.dumps(batch_of(**{name: [] for name in lists}))
    for name, records in lists.items():
        texts = [one.decode() if isinstance(one, bytes) else json.dumps(one) for one in records]
        body = body.replace(f'"{name}": []', f'"{name}": [{",".join(texts)}]')
    return read_batch(body.encode())
