"""Whatever is sent again, in whatever order: every content is stored once and every record is counted once."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..connector import batch_of, invoice
from ..world import World, rows

INVOICES = st.tuples(st.sampled_from("ABC"), st.sampled_from(["10.00", "10.10", "0"]))
BATCHES = st.lists(st.lists(INVOICES, max_size=5), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES, order=st.lists(st.integers(0, 3), min_size=1, max_size=8), is_renamed=st.booleans())
async def test_any_interleaving_of_resubmits_is_accepted_once(
    world: World, batches: list[list[tuple[str, str]]], order: list[int], is_renamed: bool
) -> None:
    distributor_id = f"dist_{uuid4().hex[:12]}"
    connector = await world.onboard(distributor_id)
    await world.services.distributors.open_backfill(distributor_id, 24)
    ids = [str(uuid4()) for _ in batches]
    newest: dict[str, str] = {}
    sent: set[int] = set()
    written: list[dict[str, Any]] = []
    totals: Counter[str] = Counter()
    for step, choice in enumerate(order):
        index = choice % len(batches)
        payload = _payload(distributor_id, index, batches[index])
        batch_id = str(uuid4()) if is_renamed and step % 2 else ids[index]
        answer = await world.send(connector, payload, batch_id=batch_id)
        if index in sent:
            assert answer.json()["code"] == "BATCH_ALREADY_PROCESSED"
            continue
        sent.add(index)
        told = answer.json()
        assert told["accepted"] + told["quarantined"] + told["duplicate"] == told["submitted"] == len(batches[index])
        fresh = _expected_new(batches[index], newest)
        assert told["quarantined"] == sum(amount == "0" for _, amount in batches[index])
        assert told["accepted"] == fresh
        objects = world.bronze(told["batch_id"])
        invoice_rows = rows(objects, "invoices") if fresh else []
        written += invoice_rows
        _assert_totals(json.loads(objects["manifest.json"]), invoice_rows)
        totals.update({key: told[key] for key in ("submitted", "accepted", "quarantined", "duplicate")})
    versions = [(row["invoice_id"], row["content_version"]) for row in written]
    assert len(set(versions)) == len(versions) == totals["accepted"]
    assert len({row["record_id"] for row in written}) == len(written)
    assert totals["submitted"] == totals["accepted"] + totals["quarantined"] + totals["duplicate"]


def _payload(distributor_id: str, index: int, batch: list[tuple[str, str]]) -> dict[str, Any]:
    # A period of its own keeps two equal lists from being one body.
    invoices = [invoice(key, amount_inr=float(amount)) for key, amount in batch]
    return batch_of(distributor_id, invoices=invoices, sync_to=f"2026-05-2{index}T00:00:00Z")


def _expected_new(batch: list[tuple[str, str]], newest: dict[str, str]) -> int:
    fresh = 0
    for key, amount in batch:
        if amount != "0" and newest.get(key) != amount:
            newest[key] = amount
            fresh += 1
    return fresh


def _assert_totals(manifest: dict[str, Any], invoice_rows: list[dict[str, Any]]) -> None:
    assert sum(item["count"] for item in manifest["totals"]) == len(invoice_rows)
    total = sum((Decimal(item["amount_inr"]) for item in manifest["totals"]), Decimal(0))
    assert total == sum((row["amount_inr"] for row in invoice_rows), Decimal(0))
