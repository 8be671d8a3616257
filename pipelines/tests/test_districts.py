"""Where a shop is: the newest district that a master record states, else the state of its verified GSTIN."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from lake_sql import LakeSql
from ledgers import INGESTED_AT, Batch, retailer_id

pytestmark = pytest.mark.timeout(600)
STATES = {"asha": "27", "dev": "07"}
NOTHING = (None, "", " ", "Unknown", "n/a", "-")  # where a district should be, each in the ledgers of two shops
VERIFIED, UNVERIFIED = ([f"{kind} {place}" for place in range(len(NOTHING))] for kind in ("verified", "unverified"))
NAMES = ("asha", "bina", "dev", *VERIFIED, *UNVERIFIED)


def batch(number: int, distributor: str = "dist_one", at: datetime = INGESTED_AT) -> Batch:
    """Rows in every table, of somebody who does not consent."""
    filled = Batch(distributor, number, ingested_at=at)
    filled.master("carl").invoice("carl", f"C{number}", "2026-05-01", amount="5.00")
    filled.payment("carl", f"CP{number}", "2026-05-02", amount="5.00")
    return filled.returned("carl", f"CR{number}", "2026-05-03", amount="1.00")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    batches = [batch(1), batch(2), batch(3, "dist_two")]
    states = STATES | dict.fromkeys(VERIFIED, "27")
    return LakeSql(tmp_path_factory.mktemp("districts"), batches, NAMES, gst_states=states)


def rows(lake: LakeSql, *batches: Batch) -> dict[str, dict[str, Any]]:
    """Gold rows by name."""
    assert lake.run(batches) == []
    names = {retailer_id(name): name for name in NAMES}
    return {names[row["retailer_id"]]: row for row in lake.table("gold", "retailer_features")}


def test_a_newer_record_without_a_district_takes_none_away(lake: LakeSql) -> None:
    later = batch(2, at=INGESTED_AT + timedelta(minutes=1))
    first = batch(1).master("asha", district="Pune").master("bina", district="Nashik")
    later.master("asha", version=2).master("bina", version=2, district="Thane")
    gold = rows(lake, first, later, batch(3, "dist_two"))
    assert (gold["asha"]["district"], gold["bina"]["district"]) == ("Pune", "Thane")


def test_of_two_distributors_the_one_that_stated_a_district_last_counts(lake: LakeSql) -> None:
    minute = timedelta(minutes=1)
    first, second = batch(1).master("asha", district="Pune"), batch(3, "dist_two", INGESTED_AT + minute)
    second.master("asha", district="Thane")
    silent = batch(2, at=INGESTED_AT + 2 * minute).master("asha", version=2)
    assert rows(lake, first, silent, second)["asha"]["district"] == "Thane"


def test_without_a_district_the_state_of_the_verified_gstin_stands_in(lake: LakeSql) -> None:
    first = batch(1).master("dev", district="Delhi")
    for verified, unverified, nothing in zip(VERIFIED, UNVERIFIED, NOTHING, strict=True):
        first.master(verified, district=nothing).master(unverified, district=nothing)
    gold = rows(lake, first, batch(2), batch(3, "dist_two"))
    expected = dict.fromkeys(VERIFIED, "state:27") | dict.fromkeys(UNVERIFIED) | {"dev": "Delhi"}
    assert {name: row["district"] for name, row in gold.items()} == expected


def test_a_retailer_whose_only_records_are_payments_has_its_bounces(lake: LakeSql) -> None:
    first = batch(1).payment("asha", "P1", "2026-05-04", amount="10.00", payment_method="upi")
    first.payment("asha", "P2", "2026-05-05", amount="10.00", is_bounced=True)
    first.payment("asha", "P3", "2025-05-05", amount="10.00", is_bounced=True)  # more than a year ago
    row = rows(lake, first, batch(2), batch(3, "dist_two"))["asha"]
    assert (row["bounce_count"], row["bounce_ratio"], row["digital_share"]) == (1, 0.5, 1.0)
    assert (row["overdue_amount_inr"], row["exposure_inr"], row["overdue_count"]) == (None, None, 0)
