"""No audit, no answer: a read-only database, a full disk, a locked outbox or an unwritable spool is a 503."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from altscore_libs.errors import Unavailable
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.platform.micro_batching import COMMIT_S

from ..world import LENDER, RETAILER, World

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
async def test_a_read_only_database_stops_serving_until_it_is_writable(world: World, kind: str | None) -> None:
    make_read_only(world, is_read_only=True)
    for _ in range(8):
        reply = await world.score(headers=headers_of(kind))
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "altscore" not in reply.json()
        assert reply.headers["retry-after"]
    make_read_only(world, is_read_only=False)
    replies = [await world.score(headers=headers_of(kind)) for _ in range(12)]
    served = [reply_item for reply_item in replies if reply_item.status_code == 200]
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
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, spool)
    make_read_only(world, is_read_only=True)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await audit_writer.write(
                AuditEntry(action="score_requested", actor=LENDER, outcome="served", subject=RETAILER)
            )
    await audit_writer.close()


async def test_a_spool_takes_what_the_database_does_not(world: World, tmp_path: Path) -> None:
    audit_writer = AuditWriter(world.pool, world.audit_writer.outbox, Spool(tmp_path))
    make_read_only(world, is_read_only=True)
    await audit_writer.write(AuditEntry(action="score_requested", actor=LENDER, outcome="served", subject=RETAILER))
    assert RETAILER in (tmp_path / "audit.jsonl").read_text()
    await audit_writer.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of one megabyte that PostgreSQL may write."""
    with tempfile.TemporaryDirectory(prefix="altscore-small-") as created:
        Path(created).chmod(0o755)  # PostgreSQL is another user
        folder = Path(created) / "disk"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m,uid=postgres,mode=0700", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            pytest.skip("only root may mount a small disk")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("kind", KEYS)
async def test_a_full_disk_is_a_503_and_no_call_is_served_unaudited(
    world: World, small_disk: Path, kind: str | None
) -> None:
    space = f"small_{uuid4().hex}"
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(f"CREATE TABLESPACE {space} LOCATION '{small_disk}'")
        superuser.execute(f"ALTER TABLE outbox SET TABLESPACE {space}")
        statuses = [(await world.score(headers=headers_of(kind))).status_code]
        with pytest.raises(OSError, match="No space left"):
            (small_disk / "ballast").write_bytes(bytes(2 * 1024 * 1024))
        statuses += [(await world.score(headers=headers_of(kind))).status_code for _ in range(60)]
        assert (statuses[0], statuses[-1]) == (200, 503)
        assert len(await world.audit("score_requested")) == statuses.count(200)
        assert len(await world.audit("score_refused")) == statuses.count(429)
        assert set(statuses) <= {200, 429, 503}
        (small_disk / "ballast").unlink()
        assert (await world.score(headers=headers_of(kind))).status_code in (200, 429)
        superuser.execute("ALTER TABLE outbox SET TABLESPACE pg_default")
        superuser.execute(f"DROP TABLESPACE {space}")
