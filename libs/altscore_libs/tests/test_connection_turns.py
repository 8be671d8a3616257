"""Many connections of one distributor wait for their turn unread; those of others and of services do not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from altscore_libs import connection_turns, tls
from altscore_libs.connection_turns import ConnectionTurns, Turn
from altscore_libs.service import Listener, server_of
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ClientTls, ServerTls, client_context

from .test_service import app, issue

ASK = b"GET /who HTTP/1.1\r\nhost: localhost\r\n\r\n"
SLOW = b"GET /who HTTP/1.1\r\nx-"


@dataclass
class Place:
    """A listener, and the certificates of its callers."""

    pki: Path
    port: int

    async def connect(self, name: str, first: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of a caller that has sent its first bytes."""
        context = client_context(ClientTls(self.pki / "ca.crt", self.pki / f"{name}.crt", self.pki / f"{name}.key"))
        reader, writer = await asyncio.open_connection("localhost", self.port, ssl=context)
        writer.write(first)
        await writer.drain()
        return reader, writer

    async def status(self, name: str) -> bytes:
        """The status line of one request."""
        reader, writer = await self.connect(name, ASK)
        line = await asyncio.wait_for(reader.readline(), HANG_S)
        writer.close()
        return line


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    ca, connector_ca = issue(tmp_path, "ca", None), issue(tmp_path, "connector-ca", None)
    (tmp_path / "distributor").mkdir()
    for name in ("shop", "till"):
        issue(tmp_path, name, ca)
    for name in ("distributor/dist_1", "distributor/dist_2"):
        issue(tmp_path, name, connector_ca)
    return tmp_path


async def until_open(port: int) -> None:
    async with asyncio.timeout(HANG_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("localhost", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


@asynccontextmanager
async def listening(pki: Path) -> AsyncIterator[Place]:
    files = ServerTls(
        pki / "shop.crt",
        pki / "shop.key",
        client_ca_file=pki / "ca.crt",
        other_client_ca_file=pki / "connector-ca.crt",
    )
    port = free_port()
    server = server_of(Listener(app(), port, files))
    task = asyncio.create_task(server.serve())
    await until_open(port)
    try:
        yield Place(pki, port)
    finally:
        server.should_exit = server.force_exit = True
        await task


OK = b"HTTP/1.1 200 OK\r\n"
FIRST, OTHER = "distributor/dist_1", "distributor/dist_2"


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_turns, "READ_AT_ONCE", 2)


@pytest.mark.usefixtures("two_at_once")
async def test_a_third_connection_is_answered_once_one_of_two_is_gone(pki: Path) -> None:
    async with listening(pki) as place:
        slow = [await place.connect(FIRST, SLOW) for _ in range(2)]
        waiting, _ = await place.connect(FIRST, ASK)
        answer = asyncio.create_task(waiting.readline())
        assert [await place.status(name) for name in (OTHER, "till")] == [OK, OK]
        assert not answer.done()
        slow[0][1].close()
        assert await asyncio.wait_for(answer, HANG_S) == OK


@pytest.mark.usefixtures("two_at_once")
async def test_connections_of_a_service_do_not_wait(pki: Path) -> None:
    async with listening(pki) as place:
        _slow = [await place.connect("till", SLOW) for _ in range(5)]
        assert await place.status("till") == OK


@pytest.mark.usefixtures("two_at_once")
async def test_who_waits_too_long_or_behind_too_many_is_closed(pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_turns, "WAITING_AT_ONCE", 1)
    monkeypatch.setattr(tls, "WAITING_S", 0.5)
    async with listening(pki) as place:
        _slow = [await place.connect(FIRST, SLOW) for _ in range(2)]
        closed = [await place.connect(FIRST, ASK) for _ in range(2)]
        for reader, _ in closed:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(1), HANG_S)


@pytest.mark.usefixtures("two_at_once")
async def test_what_comes_while_a_connection_waits_is_read_when_it_has_its_turn(pki: Path) -> None:
    async with listening(pki) as place:
        slow = [await place.connect(FIRST, SLOW) for _ in range(2)]
        reader, writer = await place.connect(FIRST, ASK[:20])
        slow[0][1].close()
        writer.write(ASK[20:])
        assert await asyncio.wait_for(reader.readline(), HANG_S) == OK


def test_turns_go_round_and_nothing_is_kept_of_who_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_turns, "READ_AT_ONCE", 1)
    turns, begun = ConnectionTurns(), []
    begins = [lambda number=number: begun.append(number) for number in range(4)]
    assert [turns.ask("a", begin) for begin in begins] == [Turn.NOW, Turn.LATER, Turn.LATER, Turn.LATER]
    assert turns.ask("b", begins[0]) is Turn.NOW
    turns.leave("a", begins[2])  # gone while it waited
    turns.leave("a", begins[0])
    turns.leave("a", begins[1])
    assert begun == [1, 3]
    turns.leave("a", begins[3])
    turns.leave("b", begins[0])
    assert (turns._read, turns._waiting) == ({}, {})
