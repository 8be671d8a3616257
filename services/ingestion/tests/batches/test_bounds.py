"""Whatever is accepted lies within the bounds that the lake relies on (decision 86), for every kind of record."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from altscore_ingestion.batches.bounds import HIGHEST_MAX_AMOUNT_INR, MAX_AMOUNT_INR, MAX_ORDER
from altscore_ingestion.batches.bronze import build_files
from altscore_ingestion.batches.domain import BatchHeader, SubjectIdentity, Versioned
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import TABLES, read_batch
from altscore_ingestion.batches.records import Record, check_records
from altscore_ingestion.vault.identities.schemas import IdentitiesIn
from altscore_libs.errors import InvalidRequest
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 28, 20, 30, tzinfo=UTC)
ENVELOPE = (
    '{"distributor_id":"dist_a","sync_from":"2026-01-01T00:00:00Z","sync_to":"2026-01-02T00:00:00Z","TABLE":[RECORDS]}'
)
EDGES = [date(1999, 12, 31), date(2000, 1, 1), date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)]
DAYS = st.one_of(st.dates(), st.dates(date(1999, 1, 1), date(2027, 12, 31)), st.sampled_from(EDGES))
AMOUNTS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1, max_value=20_000_000_000),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1, max_value=10**40),
    st.sampled_from(
        [
            Decimal(text)
            for text in (
                "0",
                "0.00",
                "0.01",
                "1000000000.00",
                "1000000000.01",
                "1E+9",
                "10000000000.00",
                "10000000000.01",
            )
        ]
    ),
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=140), st.sampled_from(["A", "\u200b", "\ufdfa" * 20])
)
NUMBERS = st.one_of(st.integers(-1, 100_001), st.integers(-(10**20), 10**20))
ORDERS = st.one_of(st.integers(-1, 3), st.sampled_from([2**53 - 1, 2**53, 10**30]))
KINDS: dict[str, dict[str, Any]] = {
    "invoices": {
        "required": {"invoice_id": TEXTS, "invoice_date": DAYS, "amount_inr": AMOUNTS, "retailer_ref": TEXTS},
        "optional": {
            "due_date": DAYS,
            "bill_ref": TEXTS,
            "line_count": NUMBERS,
            "retailer_gst": TEXTS,
            "source_order": ORDERS,
        },
    },
    "payments": {
        "required": {"payment_id": TEXTS, "paid_date": DAYS, "amount_paid_inr": AMOUNTS, "retailer_ref": TEXTS},
        "optional": {
            "line_no": NUMBERS,
            "invoice_id": TEXTS,
            "bill_ref": TEXTS,
            "is_bounced": st.booleans(),
            "bounced_on": DAYS,
            "is_cancelled": st.booleans(),
            "source_order": ORDERS,
        },
    },
    "returns": {
        "required": {"return_id": TEXTS, "return_date": DAYS, "amount_inr": AMOUNTS, "retailer_ref": TEXTS},
        "optional": {"invoice_id": TEXTS, "is_cancelled": st.booleans(), "source_order": ORDERS},
    },
    "retailers": {
        "required": {"retailer_ref": TEXTS},
        "optional": {"gst": TEXTS, "phone": TEXTS, "shop_name": TEXTS, "district": TEXTS},
    },
}


@pytest.mark.parametrize("table", KINDS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_is_accepted_lies_within_bounds_and_fits_bronze_and_the_vault(table: str, data: st.DataObject) -> None:
    kind = st.fixed_dictionaries(KINDS[table]["required"], optional=KINDS[table]["optional"])
    records = data.draw(st.lists(kind, min_size=1, max_size=4))
    largest = data.draw(st.sampled_from([MAX_AMOUNT_INR, HIGHEST_MAX_AMOUNT_INR]))
    body = ENVELOPE.replace("TABLE", table).replace("RECORDS", ",".join(map(_text, records)))
    batch = read_batch(body.encode(), received_at=NOW)
    checked = check_records(batch, received_at=NOW, max_amount_inr=largest)
    assert len(checked.records) + len(checked.rejected) == len(records)
    for record in checked.records:
        _assert_within_bounds(record, largest)
    _assert_bronze_holds(checked.records)
    if checked.identities:
        asked = [
            {
                "retailer_ref": identity.retailer_ref,
                "gst": identity.gst,
                "phone": identity.phone,
                "shop_name": identity.shop_name,
            }
            for identity in checked.identities
        ]
        IdentitiesIn.model_validate({"distributor_id": "dist_a", "identities": asked})


def _text(record: dict[str, Any]) -> str:
    """A record as JSON; amounts are written as they are, never through a float."""
    parts = [
        f"{json.dumps(name)}:{value if isinstance(value, Decimal) else json.dumps(value, default=str)}"
        for name, value in record.items()
    ]
    return "{" + ",".join(parts) + "}"


def _assert_within_bounds(record: Record, largest: Decimal) -> None:
    values = dict(record.values)
    due_on, bounced_on = values.pop("due_on", None), values.pop("bounced_on", None)
    days = [value for value in values.values() if isinstance(value, date)]
    amounts = [value for value in values.values() if isinstance(value, Decimal)]
    assert (len(days), len(amounts)) == ((0, 0) if record.table == "retailers" else (1, 1))
    assert all(date(2000, 1, 1) <= day <= date(2026, 11, 29) for day in days)
    assert all(Decimal("0.01") <= amount <= largest for amount in amounts)
    assert all(amount.as_tuple().exponent == -2 for amount in amounts)
    if due_on is not None:
        assert isinstance(due_on, date)
        assert days[0] <= due_on <= days[0] + timedelta(days=1_095)
    if bounced_on is not None:
        assert isinstance(bounced_on, date)
        assert values["is_bounced"]
        assert days[0] <= bounced_on <= date(2026, 11, 29)
    assert 0 <= record.source_order <= MAX_ORDER
    assert all(0 <= value <= 100_000 for value in values.values() if isinstance(value, int))
    assert all(len(value) <= 128 for value in values.values() if isinstance(value, str))


def _assert_bronze_holds(records: tuple[Record, ...]) -> None:
    header = BatchHeader(
        batch_id="bat_1", distributor_id="dist_a", erp_type="csv", ingested_at=NOW, sync_from=NOW, sync_to=NOW
    )
    versioned = [
        Versioned(
            record=record,
            key=record.key,
            subject_token="t",
            content_version=1,
            content_sha256=b"",
            order=Arrival(MAX_ORDER, NOW).order_of(record),
            is_outdated=False,
        )
        for record in records
    ]
    files = build_files(header, versioned, {"t": SubjectIdentity("t", b"", "absent")})
    assert sum(file.rows for file in files) == len(records)


@settings(max_examples=300, deadline=None)
@given(
    instants=st.lists(
        st.one_of(
            st.datetimes(timezones=st.timezones()),
            st.sampled_from([NOW + timedelta(days=1), NOW + timedelta(days=1, microseconds=1)]),
            st.datetimes(
                datetime.fromisoformat("1999-12-30"), datetime.fromisoformat("2000-01-03"), timezones=st.timezones()
            ),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_the_period_of_an_accepted_batch_lies_within_bounds(instants: list[datetime]) -> None:
    sync_from, sync_to = (_written(at) for at in instants)
    body = json.dumps({"distributor_id": "dist_a", "sync_from": sync_from, "sync_to": sync_to})
    try:
        batch = read_batch(body.encode(), received_at=NOW)
    except InvalidRequest:
        return
    assert datetime(2000, 1, 1, tzinfo=UTC) <= batch.sync_from <= batch.sync_to <= NOW + timedelta(days=1)
    assert batch.sync_from.tzinfo is batch.sync_to.tzinfo is UTC


def _written(at: datetime) -> str:
    """RFC 3339 knows offsets of whole minutes only."""
    text = at.isoformat()
    return text if len(text.rsplit("+" if "+" in text else "-", 1)[-1]) == 5 else text[:19] + "Z"


def test_every_kind_of_record_has_its_property() -> None:
    assert tuple(KINDS) == TABLES
