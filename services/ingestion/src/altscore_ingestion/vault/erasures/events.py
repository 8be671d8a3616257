"""Erasures are done again after a restore: the topic remembers them for good, a backup does not."""

import asyncio
import logging
from collections.abc import Iterable
from typing import NamedTuple

import asyncpg
from altscore_libs import kafka
from altscore_libs.consumer import Decodes, PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.settings import KafkaSettings
from altscore_libs.topic_replay import read_topic

from altscore_ingestion.vault.erasures import store
from altscore_ingestion.vault.erasures.domain import Erasure, Keys, is_certified
from altscore_ingestion.vault.erasures.service import write
from altscore_ingestion.vault.phones.store import lock_writers

TOPIC = "altscore.privacy"
INTERVAL_S = 3_600.0
_log = logging.getLogger("altscore.vault.erasures")


class Report(NamedTuple):
    """How many erasures were told, how many had to be done again, and how many were not certified."""

    told: int
    reapplied: int
    refused: int


class Reapplication:
    """Compares all erasures of the topic with the database, and does again those that a restore has undone.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        public_keys: that certificates are verified with.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, public_keys: Keys) -> None:
        self._pool = pool
        self._outbox = outbox
        self._public_keys = public_keys

    async def apply(self, events: Iterable[Received]) -> Report:
        """Does again what has to be; each erasure in a transaction of its own, safe to repeat."""
        told = reapplied = refused = 0
        for event in events:
            told += 1
            erasure = Erasure(
                certificate=event.data["certificate"],
                signature=bytes.fromhex(event.data["signature"]),
                tombstones=tuple(bytes.fromhex(digest) for digest in event.data["tombstones"]),
            )
            if not is_certified(erasure, self._public_keys):
                refused += 1
                _log.error("an erasure is not certified", extra={"event_id": str(event.event_id)})
            elif await self._apply(erasure, event):
                reapplied += 1
        return Report(told, reapplied, refused)

    async def _apply(self, erasure: Erasure, event: Received) -> bool:
        content = erasure.content
        async with transaction(self._pool) as connection:
            await lock_writers(connection)
            if await store.is_complete(connection, content["retailer_ids"]):
                return False
            await write(connection, erasure, event.data["erased_at"])
            await self._outbox.audit(
                connection,
                "identity_erasure_reapplied",
                actor="vault",
                subject=event.data["retailer_id"],
                outcome="erased",
                reason="restore",
                details={"request_id": content["request_id"], "retailer_ids": ",".join(content["retailer_ids"])},
            )
        return True


class TopicErasures:
    """Reads the whole topic and hands it to a reapplication.

    Args:
        settings: brokers.
        decoder: verifies who sent a message.
        reapplication: what does erasures again.
        within_s: longest wait for the broker, seconds.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        decoder: Decodes,
        reapplication: Reapplication,
        *,
        within_s: float,
    ) -> None:
        self._settings = settings
        self._within_s = within_s
        self._decoder = decoder
        self._reapplication = reapplication

    async def run_once(self) -> Report:
        """Reads everything that stands on the topic now.

        Raises:
            Unavailable: the broker or the registry does not answer.
        """
        messages = await asyncio.to_thread(self._read)
        events = [event for raw in messages for event in await self._decoded(raw)]
        report = await self._reapplication.apply(events)
        unread = len(messages) - len(events)
        return Report(report.told + unread, report.reapplied, report.refused + unread)

    def _read(self) -> list[RawMessage]:
        client = kafka.consumer(self._settings, "vault")
        try:
            return read_topic(client, TOPIC, within_s=self._within_s)
        finally:
            client.close()

    async def _decoded(self, raw: RawMessage) -> list[Received]:
        try:
            return [await self._decoder.decode(raw)]
        except PoisonEvent:  # counted and parked nowhere: what cannot be read erases nothing, and the others go on
            return []

    def worker(self) -> PeriodicWorker:
        """Runs at the start of the process, and every hour."""

        async def step() -> None:
            await self.run_once()

        return PeriodicWorker("erasures", step, interval_s=INTERVAL_S)
