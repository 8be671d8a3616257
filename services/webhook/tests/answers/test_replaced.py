"""Edited and deleted messages (decision 90)."""

from typing import Any

import pytest

from ..conftest import NOW, RETAILER, World, delivery


def edited(body: str, *, original: str = "wamid.HAAN") -> dict[str, Any]:
    """The parts of a message by which its sender edits an earlier one."""
    content = {"type": "text", "text": {"body": body}, "context": {"id": "M0"}}
    return {"type": "edit", "edit": {"original_message_id": original, "message": content}}


def deleted(*, original: str = "wamid.HAAN") -> dict[str, Any]:
    """The parts of a message by which its sender deletes an earlier one for everyone."""
    return {"type": "revoke", "revoke": {"original_message_id": original}}


async def test_a_haan_edited_to_nahi_is_a_nahi_at_that_instant(world: World) -> None:
    assert await world.answer(text="HAAN", id="wamid.HAAN") == "granted"
    world.clock.advance(seconds=60)
    at = int(NOW.timestamp()) + 30
    assert await world.answer(**edited("NAHI\u200d"), id="wamid.EDIT", timestamp=str(at)) == "revoked"
    path, body = world.neighbours.calls[-1]
    assert (path, body["retailer_id"], body["sent_at"]) == (
        "/v1/consent/revoke",
        RETAILER,
        "2026-09-21T14:20:30+00:00",
    )


@pytest.mark.parametrize("change", [edited("NAHI"), edited("HAAN"), edited("हाँ?"), deleted()])
async def test_a_haan_that_was_edited_or_deleted_before_it_was_recorded_grants_nothing(
    world: World, change: dict[str, Any]
) -> None:
    await world.deliver(delivery(text="HAAN", id="wamid.HAAN"))
    await world.deliver(delivery(id="wamid.CHANGE", **change))
    await world.queue.work_once()
    assert "grant" not in world.neighbours.reported()
    assert "replaced" in {entry["outcome"] for entry in await world.audits()}


async def test_a_haan_that_comes_after_its_own_deletion_grants_nothing(world: World) -> None:
    assert await world.answer(**deleted(), id="wamid.CHANGE") == "unclear"
    world.clock.advance(seconds=1)
    assert await world.answer(text="HAAN", id="wamid.HAAN") == "replaced"
    assert world.neighbours.reported() == ["unclear"]


@pytest.mark.parametrize(
    "change",
    [
        edited("HAAN"),
        edited("no idea"),
        deleted(),
        {"type": "edit"},
        {"type": "edit", "edit": {"message": {"type": "edit"}}},
    ],
)
async def test_an_edit_that_is_no_nahi_and_a_deletion_are_asked_about(world: World, change: dict[str, Any]) -> None:
    assert await world.answer(**change) == "unclear"
    assert world.neighbours.reported() == ["unclear"]


async def test_a_nahi_that_was_edited_or_deleted_still_withdraws(world: World) -> None:
    await world.deliver(delivery(text="NAHI", id="wamid.NAHI"))
    await world.deliver(delivery(id="wamid.CHANGE", **deleted(original="wamid.NAHI")))
    await world.queue.work_once()
    assert sorted(world.neighbours.reported()) == ["revoke", "unclear"]


async def test_the_id_of_a_replaced_message_is_kept_as_a_keyed_hash_only(world: World) -> None:
    await world.answer(**deleted(original="wamid.SECRET"))
    assert "SECRET" not in await world.dump()
    assert await world.pool.fetchval("SELECT replaces_hash FROM messages") is not None
