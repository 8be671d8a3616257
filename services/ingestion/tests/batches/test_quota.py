"""Quotas of batches: a sliding hour, more while a backfill window is open."""

from datetime import UTC, datetime, timedelta

from altscore_ingestion.batches.quota import limit_of, quota
from altscore_libs.testing import api_client

from ..connector import batch_of, invoice
from ..world import World

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


async def test_the_eleventh_batch_within_an_hour_is_refused_and_the_hour_slides(world: World) -> None:
    connector = await world.onboard()
    for number in range(10):
        answer = await world.send(connector, batch_of(invoices=[invoice(f"INV-{number}")]))
        assert answer.status_code == 202
        assert answer.headers["X-RateLimit-Remaining"] == str(9 - number)
        world.clock.advance(seconds=60)
    refused = await world.send(connector, batch_of(invoices=[invoice("INV-11")]))
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.headers["Retry-After"] == str(3_600 - 600)
    assert refused.headers["X-RateLimit-Limit"] == "10"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    world.clock.advance(seconds=3_000)
    assert (await world.send(connector, batch_of(invoices=[invoice("INV-11")]))).status_code == 202
    assert (await world.send(connector, batch_of(invoices=[invoice("INV-12")]))).status_code == 429


async def test_a_quota_is_one_distributors_own_and_repeats_do_not_spend_it(world: World) -> None:
    first, second = await world.onboard("dist_a"), await world.onboard("dist_b")
    payload = batch_of(invoices=[invoice()])
    for _ in range(15):
        answer = await world.send(first, payload)
    assert answer.status_code == 409
    for number in range(9):
        assert (await world.send(first, batch_of(invoices=[invoice(f"INV-{number}x")]))).status_code == 202
    assert (await world.send(first, batch_of(invoices=[invoice("INV-z")]))).status_code == 429
    assert (await world.send(second, batch_of("dist_b", invoices=[invoice()]))).status_code == 202


async def test_an_open_backfill_window_raises_the_quota_until_it_closes(world: World) -> None:
    connector = await world.onboard()
    async with api_client(world.app, "admin") as client:
        opened = await client.post("/internal/admin/distributors/dist_a/backfill", json={"hours": 24})
    assert datetime.fromisoformat(opened.json()["open_until"]) == world.clock.now() + timedelta(hours=24)
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    assert answer.headers["X-RateLimit-Limit"] == "200"
    world.clock.advance(seconds=24 * 3_600)
    answer = await world.send(connector, batch_of(invoices=[invoice("INV-2")]))
    assert answer.headers["X-RateLimit-Limit"] == "10"
    [audited] = await world.audited("backfill_opened")
    assert audited["subject"] == "dist_a"


def test_a_spent_window_frees_when_its_oldest_counted_batch_leaves_it() -> None:
    arrivals = [NOW - timedelta(minutes=minutes) for minutes in range(10)]
    state = quota(arrivals, 10, NOW)
    assert state.is_spent
    assert state.retry_after_s == 51 * 60
    assert not quota(arrivals[:9], 10, NOW).is_spent


def test_a_window_that_closes_now_is_closed() -> None:
    assert limit_of(NOW, NOW) == 10
    assert limit_of(NOW + timedelta(seconds=1), NOW) == 200
