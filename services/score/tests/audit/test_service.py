"""No audit, no answer: a read-only database, a full disk, a locked outbox or an unwritable spool is a 503."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.testing_postgres import HANG_S
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.platform.waits import SERVING

from ..world import LENDER, RETAILER, World, locked_outbox, until

SERVED = AuditEntry(action="score_requested", actor=LENDER, outcome="served", subject=RETAILER)
HAS_KEY = pytest.mark.parametrize("has_key", [False, True])


def headers_of(*, has_key: bool) -> dict[str, str]:
    """Headers with or without an idempotency key, since the two calls are written by different statements."""
    return {"X-Request-ID": str(uuid4())} if has_key else {}


def make_read_only(world: World, *, is_read_only: bool) -> None:
    """Makes new connections that may write nothing, as those of a failed-over or full PostgreSQL."""
    value = "on" if is_read_only else "off"
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        role = f"ALTER ROLE score IN DATABASE {world.database.name}"
        superuser.execute(f"{role} SET default_transaction_read_only = {value}")
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'score' AND datname = %s",
            (world.database.name,),
        )


@HAS_KEY
async def test_a_read_only_database_stops_serving_until_it_is_writable(world: World, has_key: bool) -> None:
    make_read_only(world, is_read_only=True)
    for _ in range(8):
        reply = await world.score(headers=headers_of(has_key=has_key))
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "altscore" not in reply.json()
        assert reply.headers["retry-after"]
    make_read_only(world, is_read_only=False)
    replies = [await world.score(headers=headers_of(has_key=has_key)) for _ in range(12)]
    served = [reply for reply in replies if reply.status_code == 200]
    assert served
    assert len(await world.audit("score_requested")) == len(served)


@HAS_KEY
@pytest.mark.parametrize("waits", [SERVING])
async def test_a_locked_outbox_is_a_503_while_it_is_still_locked(world: World, has_key: bool) -> None:
    async def is_served() -> bool:
        return (await world.score(headers=headers_of(has_key=has_key))).status_code == 200

    with locked_outbox(world.database) as count_waiting:
        async with asyncio.timeout(HANG_S):  # the lock outlasts the call: only a call without a timeout gets here
            reply = await world.score(headers=headers_of(has_key=has_key))
        assert (reply.status_code, "altscore" in reply.json()) == (503, False)
        await until(lambda: count_waiting() == 0)  # the server ends the statement a moment after the call, or before it
    assert await world.audit("score_requested") == []
    await until(is_served)  # the circuit may be open for a second
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
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, spool)
    make_read_only(world, is_read_only=True)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await audit_writer.write(SERVED)
    await audit_writer.close()


async def test_a_spool_takes_what_the_database_does_not(world: World, tmp_path: Path) -> None:
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, Spool(tmp_path))
    make_read_only(world, is_read_only=True)
    await audit_writer.write(SERVED)
    assert RETAILER in (tmp_path / "audit.jsonl").read_text()
    await audit_writer.close()


@contextmanager
def forbidden_outbox(world: World) -> Iterator[None]:
    """While the block runs, the service may not write its outbox."""
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("REVOKE INSERT ON outbox FROM score")
        yield
        superuser.execute("GRANT INSERT ON outbox TO score")


async def test_a_forbidden_outbox_is_503_and_discloses_nothing(world: World) -> None:
    with forbidden_outbox(world):
        for _ in range(4):
            reply = await world.score()
            assert reply.status_code == 503
            assert "altscore" not in reply.json()
    assert (await world.score()).status_code == 200


async def test_a_spooled_entry_is_written_once_the_outbox_can_be(world: World, tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, spool)
    with forbidden_outbox(world):
        await audit_writer.write(SERVED)
    assert await world.audit("score_requested") == []
    for _ in range(2):
        await spool.replay(audit_writer.write_all)
    assert [entry["subject"] for entry in await world.audit("score_requested")] == [RETAILER]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of one megabyte that PostgreSQL may write."""
    with tempfile.TemporaryDirectory(prefix="altscore-small-") as parent:
        Path(parent).chmod(0o755)  # PostgreSQL is another user
        folder = Path(parent) / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m,uid=postgres,mode=0700", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("only root may mount a small disk")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@HAS_KEY
async def test_a_full_disk_is_a_503_and_no_call_is_served_unaudited(
    world: World, small_disk: Path, has_key: bool
) -> None:
    space = f"small_{uuid4().hex}"
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(f"CREATE TABLESPACE {space} LOCATION '{small_disk}'")
        superuser.execute(f"ALTER TABLE outbox SET TABLESPACE {space}")
        statuses = [(await world.score(headers=headers_of(has_key=has_key))).status_code]
        with pytest.raises(OSError, match="No space left"):
            (small_disk / "ballast").write_bytes(bytes(2 * 1024 * 1024))
        statuses += [(await world.score(headers=headers_of(has_key=has_key))).status_code for _ in range(60)]
        assert (statuses[0], statuses[-1]) == (200, 503)
        assert len(await world.audit("score_requested")) == statuses.count(200)
        assert len(await world.audit("score_refused")) == statuses.count(429)
        assert set(statuses) <= {200, 429, 503}
        (small_disk / "ballast").unlink()
        assert (await world.score(headers=headers_of(has_key=has_key))).status_code in (200, 429)
        superuser.execute("ALTER TABLE outbox SET TABLESPACE pg_default")
        superuser.execute(f"DROP TABLESPACE {space}")
