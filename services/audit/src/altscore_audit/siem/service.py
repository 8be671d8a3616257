"""Sends the chains to the SIEM: in order, at least once, from a position that the database keeps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction
from prometheus_client import Counter

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Link
from altscore_audit.clients import SyslogReceiver
from altscore_audit.siem import store
from altscore_audit.siem.domain import syslog_frame

BATCH_ENTRIES = 200
BATCH_BYTES = 1_048_576
_sent = Counter("altscore_audit_siem_sent_total", "Entries that the SIEM took, repetitions included.", ["chain"])


class Batch(NamedTuple):
    """What goes over one connection, and the last entry in it."""

    frames: bytes
    last_seq: int
    entries: int


@dataclass(frozen=True)
class SiemService:
    """Sends what a receiver has not taken yet.

    No lock and no transaction is held while something is sent, so a receiver that hangs holds nothing that the writer
    needs. Two processes can send the same entries, and one of them moves the position.

    Args:
        pool: of the audit database.
        receiver: of the SIEM.
        text: how an entry is written.
        host: name of the sender in every message.
    """

    pool: asyncpg.Pool
    receiver: SyslogReceiver
    text: Callable[[Link], str]
    host: str

    async def send_next(self) -> bool:
        """Sends the next entries of every chain; whether there are more.

        Raises:
            Unavailable: database or receiver; nothing has moved that was not taken.
        """
        async with transaction(self.pool) as connection:
            positions = await store.positions(connection)
        has_more = False
        for position in positions:
            if position.sent_seq < position.last_seq:
                sent_seq = await self._send(position)
                has_more = has_more or sent_seq < position.last_seq
        return has_more

    async def _send(self, position: store.Position) -> int:
        async with transaction(self.pool) as connection:
            links = await chains.links(connection, position.chain, after=position.sent_seq, limit=BATCH_ENTRIES)
        batch = batch_of(links, lambda link: syslog_frame(link, self.text(link), self.host))
        await self.receiver.send(batch.frames)
        _sent.labels(position.chain).inc(batch.entries)
        async with transaction(self.pool) as connection:
            await store.move_on(connection, position, batch.last_seq)
        return batch.last_seq


def batch_of(links: Iterable[Link], frame: Callable[[Link], bytes]) -> Batch:
    """As many entries as fit into BATCH_BYTES, at least one."""
    frames, last_seq, entries = bytearray(), 0, 0
    for link in links:
        next_frame = frame(link)
        if entries and len(frames) + len(next_frame) > BATCH_BYTES:
            break
        frames += next_frame
        last_seq, entries = link.seq, entries + 1
    return Batch(bytes(frames), last_seq, entries)
