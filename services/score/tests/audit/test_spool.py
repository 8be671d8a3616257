"""The spool: no caller waits for its replay, nothing in it is lost, and half a line spoils nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from altscore_libs.errors import Unavailable
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.spool import Spool

LONGEST_S = 5.0  # of something that would otherwise wait for ever


def entry(number: int) -> AuditEntry:
    return AuditEntry(action="score_refused", actor=f"lender_{number}", outcome="refused")


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def collector(written: list[AuditEntry]) -> Callable[[list[AuditEntry]], Awaitable[None]]:
    async def write(entries: list[AuditEntry]) -> None:
        written.extend(entries)

    return write


class HangingDatabase:
    """Takes entries once it is released."""

    def __init__(self) -> None:
        self.is_asked, self.is_released = asyncio.Event(), asyncio.Event()
        self.written: list[AuditEntry] = []

    async def write(self, entries: list[AuditEntry]) -> None:
        self.is_asked.set()
        await self.is_released.wait()
        self.written.extend(entries)


async def test_a_replay_that_waits_for_the_database_keeps_no_caller_waiting(tmp_path: Path) -> None:
    spool, database = Spool(tmp_path), HangingDatabase()
    spool.append(entry(1))
    replaying = asyncio.ensure_future(spool.replay(database.write))
    await asyncio.wait_for(database.is_asked.wait(), LONGEST_S)
    try:
        await asyncio.wait_for(asyncio.to_thread(spool.append, entry(2)), LONGEST_S)
    finally:
        database.is_released.set()  # also the end of a thread that waits
    await replaying
    assert database.written == [entry(1), entry(2)]
    assert left_in(tmp_path) == []


async def test_entries_of_a_failed_replay_are_written_by_the_next_one_before_newer_ones(tmp_path: Path) -> None:
    async def fail(_: list[AuditEntry]) -> None:
        raise Unavailable("the database is not available")

    spool, written = Spool(tmp_path), list[AuditEntry]()
    spool.append(entry(1))
    with pytest.raises(Unavailable):
        await spool.replay(fail)
    spool.append(entry(2))
    await Spool(tmp_path).replay(collector(written))
    assert written == [entry(1), entry(2)]


async def test_half_a_line_of_a_crash_spoils_no_other_entry(tmp_path: Path) -> None:
    spool, written = Spool(tmp_path), list[AuditEntry]()
    spool.append(entry(1))
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b'{"action": "score_ref')
    spool.append(entry(2))
    await spool.replay(collector(written))
    assert written == [entry(1), entry(2)]
    assert left_in(tmp_path) == []


async def test_one_replay_at_a_time(tmp_path: Path) -> None:
    spool, database, written = Spool(tmp_path), HangingDatabase(), list[AuditEntry]()
    spool.append(entry(1))
    replaying = asyncio.ensure_future(spool.replay(database.write))
    await asyncio.wait_for(database.is_asked.wait(), LONGEST_S)
    await Spool(tmp_path).replay(collector(written))
    assert written == []
    database.is_released.set()
    await replaying
    assert database.written == [entry(1)]


async def test_entries_spooled_from_many_threads_during_replays_are_each_written_once(tmp_path: Path) -> None:
    spool, written, count = Spool(tmp_path), list[AuditEntry](), 60
    appending = [asyncio.ensure_future(asyncio.to_thread(spool.append, entry(number))) for number in range(count)]
    while not all(task.done() for task in appending):
        await spool.replay(collector(written))
    await asyncio.gather(*appending)
    await spool.replay(collector(written))
    assert sorted(each.actor for each in written) == sorted(entry(number).actor for number in range(count))
