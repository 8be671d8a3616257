"""Digests of rows and contents never change: Bronze holds the former for ever, the database the latter."""

from datetime import UTC, date, datetime
from decimal import Decimal

from altscore_ingestion.batches.bronze import row_sha256
from altscore_ingestion.batches.domain import content_digest
from altscore_ingestion.batches.records import Record, Value


def test_the_digest_of_a_row_is_the_one_that_bronze_holds() -> None:
    row = {
        "a": None,
        "b": b"\x01\xff",
        "c": 'गणेश "x"\\ \u007f',
        "d": True,
        "e": 12,
        "f": Decimal("1.50"),
        "g": date(2026, 5, 3),
        "h": datetime(2026, 5, 3, 1, 2, 3, 4, tzinfo=UTC),
    }
    assert row_sha256(row) == "f658d33b2774509de96c3fdd7b60f6fc54e0a48837d86dca4b999dcdbc2a2753"
    assert row_sha256(row | {"row_sha256": "itself"}) == row_sha256(row)


def test_the_digest_of_a_content_is_the_one_that_tells_duplicates_from_corrections() -> None:
    values = {
        "invoice_id": "गणेश/1",
        "due_on": None,
        "amount_inr": Decimal("42000.00"),
        "invoice_on": date(2026, 5, 3),
        "line_count": 3,
        "is_cancelled": False,
    }
    record = Record(
        table="invoices", index=0, key="k", retailer_ref=None, invoice_id=None, dated_on=None, values=values
    )
    digest = content_digest(record, "token", extra={"gst_status": "verified"})
    assert digest.hex() == "3710f3e95d693f4922f3f01aca3f7bfdb631f7b850dc2c2ca3fb460457ac5442"


def test_a_payment_of_before_the_cancellation_fields_has_the_digest_it_always_had() -> None:
    values: dict[str, Value] = {
        "payment_id": "P-1",
        "line_no": 1,
        "invoice_id": None,
        "bill_ref": None,
        "paid_on": date(2026, 5, 15),
        "amount_inr": Decimal("42000.00"),
        "payment_method": None,
        "is_bounced": False,
        "bounced_on": None,
        "is_cancelled": False,
    }
    digests = [
        content_digest(
            Record(
                table="payments",
                index=0,
                key="k",
                retailer_ref=None,
                invoice_id=None,
                dated_on=None,
                values=values | changed,
            ),
            "token",
            extra={},
        ).hex()
        for changed in ({}, {"is_cancelled": True}, {"bounced_on": date(2026, 5, 16)})
    ]
    assert digests[0] == "b7154821d36a5a2fa9b6e138864e62b38db7846aae10f8c5cf0de236a1cca0e4"
    assert len(set(digests)) == 3
