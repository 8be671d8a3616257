"""Wrapping data keys anew in batches; whatever is cut off is taken up again by the age in the rows."""

import logging
from datetime import timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_ingestion.vault.crypto import VaultKeys
from altscore_ingestion.vault.rewrapping import store
from altscore_ingestion.vault.rewrapping.store import Wrapping

BATCH = 500
KEPT = timedelta(days=30)
_log = logging.getLogger("altscore.vault.rewrapping")
_rewrapped = Counter("altscore_vault_rewrapped_total", "Data keys that were wrapped anew.")
_unreadable = Counter("altscore_vault_unreadable_keys_total", "Wrapped data keys that no key of ours unwraps.")


class Report(NamedTuple):
    """Data keys that were wrapped anew, and those that no key of ours unwraps."""

    rewrapped: int
    unreadable: int


class RewrappingService:
    """Wraps anew what was wrapped more than 30 days ago, or by another key than the current one.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        keys: the current wrapping key and, during a rotation, the one before.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._clock = clock
        self._after = ""

    async def run_batch(self) -> bool:
        """Wraps the next batch; whether there may be more. After the last one it begins again at the first.

        Raises:
            Unavailable: the key store does not answer; the batch stays as it was.
        """
        return (await self._run_batch()) is not None

    async def run_all(self) -> Report:
        """Wraps everything that is due."""
        rewrapped = unreadable = 0
        while (report := await self._run_batch()) is not None:
            rewrapped, unreadable = rewrapped + report.rewrapped, unreadable + report.unreadable
        return Report(rewrapped, unreadable)

    async def _run_batch(self) -> Report | None:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            rows = await store.due(
                connection,
                wrapped_by=self._keys.key_label,
                wrapped_before=now - KEPT,
                after=self._after,
                limit=BATCH,
            )
        if not rows:
            self._after = ""
            return None
        wrappings, unreadable = await self._wrapped(rows)
        async with transaction(self._pool) as connection:
            count = await store.replace(connection, wrappings, wrapped_by=self._keys.key_label, now=now)
            if count:
                await self._outbox.audit(
                    connection,
                    "identity_keys_rewrapped",
                    actor="vault",
                    outcome="success",
                    reason="rotation",
                    details={"keys": str(count), "key_label": self._keys.key_label},
                )
        self._after = rows[-1][0]
        _rewrapped.inc(count)
        _unreadable.inc(unreadable)
        return Report(count, unreadable)

    async def _wrapped(self, rows: list[tuple[str, bytes]]) -> tuple[list[Wrapping], int]:
        """New wrappings, and how many data keys could not be unwrapped: one of those never stops the others."""
        wrappings = []
        for retailer_id, before in rows:
            try:
                wrappings.append(Wrapping(retailer_id, before, await self._keys.rewrap(before)))
            except ValueError:
                _log.error("a data key cannot be unwrapped", extra={"retailer_id": retailer_id})
        return wrappings, len(rows) - len(wrappings)
