"""No audit, no answer: a read-only database, a locked outbox and an unwritable spool end in 503, never in a 200."""

import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from altscore_libs.errors import Unavailable
from altscore_score.group_commit import COMMIT_S
from altscore_score.journal import Entry, Journal, Spool

from .world import LENDER, RETAILER, World

KEYS = (None, "uuid")


def headers_of(kind: str | None) -> dict[str, str]:
    """With or without an idempotency key, since both leave by another way."""
    return {"X-Request-ID": str(uuid4())} if kind else {}


def make_read_only(world: World, *, is_read_only: bool) -> None:
    """As a failed-over or full PostgreSQL: connections are made anew and may write nothing."""
    value = "on" if is_read_only else "off"
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        place = f"ALTER ROLE score IN DATABASE {world.database.name}"
        superuser.execute(f"{place} SET default_transaction_read_only = {value}")
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'score' AND datname = %s",
            (world.database.name,),
        )


@pytest.mark.parametrize("kind", KEYS)
async def test_a_read_only_database_stops_the_door_and_opens_it_again(world: World, kind: str | None) -> None:
    make_read_only(world, is_read_only=True)
    for _ in range(8):
        reply = await world.score(headers=headers_of(kind))
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "altscore" not in reply.json()
        assert reply.headers["retry-after"]
    make_read_only(world, is_read_only=False)
    replies = [await world.score(headers=headers_of(kind)) for _ in range(12)]
    served = [one for one in replies if one.status_code == 200]
    assert served
    assert len(await world.audit("score_requested")) == len(served)


@pytest.mark.parametrize("kind", KEYS)
async def test_a_locked_outbox_is_a_503_within_the_timeout(world: World, kind: str | None) -> None:
    with psycopg.connect(world.database.superuser_dsn) as holder:
        holder.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        reply = await world.score(headers=headers_of(kind))
        assert time.monotonic() - begun < COMMIT_S + 1.5
        assert (reply.status_code, "altscore" in reply.json()) == (503, False)
    assert await world.audit("score_requested") == []
    assert (await world.score(headers=headers_of(kind))).status_code == 200
    assert len(await world.audit("score_requested")) == 1


async def test_an_unwritten_disclosure_is_given_back(world: World) -> None:
    make_read_only(world, is_read_only=True)
    for _ in range(5):
        assert (await world.score()).status_code == 503
    make_read_only(world, is_read_only=False)
    statuses = [(await world.score()).status_code for _ in range(12)]
    assert statuses.count(200) == 3


async def test_an_unwritable_spool_is_unavailable(world: World, tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (tmp_path / "audit.jsonl").mkdir()  # root may write into any folder, but nobody into a folder as a file
    journal = Journal(world.pool, world.journal.outbox, spool)
    make_read_only(world, is_read_only=True)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await journal.write(Entry("score_requested", LENDER, "served", RETAILER))
    await journal.close()


async def test_a_spool_takes_what_the_database_does_not(world: World, tmp_path: Path) -> None:
    journal = Journal(world.pool, world.journal.outbox, Spool(tmp_path))
    make_read_only(world, is_read_only=True)
    await journal.write(Entry("score_requested", LENDER, "served", RETAILER))
    assert RETAILER in (tmp_path / "audit.jsonl").read_text()
    await journal.close()
