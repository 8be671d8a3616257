"""The queue: each message is decided once, repeated while others are down, parked when hopeless."""

from altscore_webhook.answers.worker import WHILE_OTHERS_ARE_DOWN

from ..conftest import NOW, RETAILER, World, delivery, enclose


async def test_each_message_of_a_batch_is_decided(world: World) -> None:
    first = delivery(text="hello", id="wamid.1")["entry"][0]["changes"][0]["value"]["messages"][0]
    await world.deliver(enclose(messages=[first, first | {"id": "wamid.2", "text": {"body": "NAHI"}}]))
    await world.queue.work_once()
    assert sorted(world.neighbours.reported()) == ["revoke", "unclear"]


async def test_a_message_is_told_once_however_often_it_comes(world: World) -> None:
    for _ in range(3):
        await world.deliver(delivery(text="NAHI"))
        await world.queue.work_once()
    assert world.neighbours.reported() == ["revoke"]


async def test_while_others_are_down_a_message_waits_longer_each_time_and_is_never_given_up(world: World) -> None:
    world.neighbours.is_down = True
    await world.deliver(delivery(text="NAHI"))
    for _ in range(30):
        assert await world.queue.work_once() == 1
        assert await world.queue.work_once() == 0
        world.clock.advance(seconds=300)
    world.neighbours.is_down = False
    await world.queue.work_once()
    assert world.neighbours.reported() == ["revoke"]
    assert [WHILE_OTHERS_ARE_DOWN.wait(n).total_seconds() for n in (1, 2, 3, 9, 50)] == [1, 2, 4, 256, 300]


async def test_a_message_that_others_keep_refusing_is_parked_and_audited(world: World) -> None:
    world.neighbours.refusals = {"/internal/phones/resolve": (500, "INTERNAL_ERROR")}
    await world.deliver(delivery(text="NAHI"))
    for _ in range(8):
        assert await world.queue.work_once() == 1
        world.clock.advance(seconds=300)
    assert await world.queue.work_once() == 0
    assert [entry["outcome"] for entry in await world.audits()] == ["gave_up"]


async def test_a_changed_delivery_is_parked_as_unreadable(world: World) -> None:
    await world.deliver(delivery(text="HAAN"))
    row = await world.pool.fetchrow("DELETE FROM messages RETURNING *")
    await world.pool.execute("DELETE FROM deliveries")
    await world.pool.execute(
        "INSERT INTO deliveries (delivery_id, received_at, wrapped_key, sealed) VALUES ($1, $2, '\\x00', '\\x00')",
        row["delivery_id"],
        NOW,
    )
    await world.pool.execute(
        "INSERT INTO messages (message_hash, delivery_id, place, kind, status, received_at, next_attempt_at)"
        " VALUES ($1, $2, $3, 'message', 'pending', $4, $4)",
        row["message_hash"],
        row["delivery_id"],
        row["place"],
        NOW,
    )
    await world.queue.work_once()
    assert await world.pool.fetchval("SELECT outcome FROM messages") == "unreadable"
    assert world.neighbours.calls == []


async def test_a_leased_message_of_a_dead_worker_comes_back(world: World) -> None:
    await world.deliver(delivery(text="HAAN"))
    await world.pool.execute("UPDATE messages SET attempts = 1, next_attempt_at = $1", NOW.replace(minute=21))
    assert await world.queue.work_once() == 0
    world.clock.advance(seconds=60)
    assert await world.queue.work_once() == 1
    assert world.neighbours.reported() == ["grant"]


async def test_finished_payloads_are_forgotten_first_and_their_hashes_later(world: World) -> None:
    await world.answer(text="HAAN")
    world.clock.advance(seconds=9 * 86_400)
    assert await world.purge.purge() == 1
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 1
    await world.deliver(delivery(text="HAAN"))
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 0, "still known"
    world.clock.advance(seconds=90 * 86_400)
    await world.purge.purge()
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 0


async def test_every_end_is_audited_with_its_retailer(world: World) -> None:
    await world.answer(text="HAAN")
    [entry] = await world.audits()
    assert (entry["action"], entry["outcome"], entry["subject"]) == ("reply_received", "granted", RETAILER)
