"""Rows that the vault did not write: alarmed where they are met, counted by a sweep, given MACs once by a command."""

import logging
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from prometheus_client import Counter, Gauge

from altscore_ingestion.vault.integrity import store
from altscore_ingestion.vault.integrity.domain import RowMacs, RowVerifier

PAGE = 2_000
_log = logging.getLogger("altscore.vault.integrity")
_refused = Counter("altscore_vault_rows_refused_total", "Rows that were met and refused, by table.", ["table"])
_tampered = Gauge("altscore_vault_tampered_rows", "Rows whose MAC does not hold, by the newest sweep.", ["table"])
for _table in store.TABLES:
    _refused.labels(_table)
    _tampered.labels(_table)


async def report_refused(connection: asyncpg.Connection, outbox: Outbox, verifier: RowVerifier, *, caller: str) -> None:
    """Alarms about the rows that a request met and refused; nothing where all were sound."""
    if not verifier.refused:
        return
    details = verifier.details()
    for row in verifier.refused:
        _refused.labels(row.table).inc()
    _log.error("rows are not as the vault wrote them", extra={"rows": len(verifier.refused)})
    await outbox.audit(
        connection, "identity_tampered", actor=caller, outcome="refused", reason="row_mac", details=details
    )


class Report(NamedTuple):
    """Rows that a sweep read, and those whose MAC does not hold."""

    rows: int
    tampered: int


class IntegrityService:
    """Verifies every row, and gives MACs to those from before there were any.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        macs: of the vault.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, macs: RowMacs) -> None:
        self._pool = pool
        self._outbox = outbox
        self._macs = macs

    async def sweep(self) -> Report:
        """Verifies all rows, page by page; the gauge and, where any is wrong, one audit entry say how many."""
        read = 0
        verifier = RowVerifier(self._macs)
        for table in store.TABLES:
            before, after = len(verifier.refused), None
            while True:
                async with transaction(self._pool) as connection:
                    rows = await store.page(connection, table, after, PAGE)
                if not rows:
                    break
                after = rows[-1][store.KEYS[table]]
                read += len(rows)
                for row in rows:
                    store.verified(table, row, verifier)
            _tampered.labels(table).set(len(verifier.refused) - before)
        async with transaction(self._pool) as connection:
            await report_refused(connection, self._outbox, verifier, caller="vault")
        return Report(read, len(verifier.refused))

    async def sweep_once(self) -> bool:
        """For the worker: one sweep at a time, and then a rest."""
        await self.sweep()
        return False

    async def mac_unmaced(self) -> int:
        """Gives a MAC to every row that has none, as it stands; how many. A wrong MAC is never replaced."""
        count = 0
        for table in store.TABLES:
            while True:
                async with transaction(self._pool) as connection:
                    done = await store.mac_page(connection, table, self._macs, PAGE)
                if not done:
                    break
                count += done
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection, "identity_rows_maced", actor="vault", outcome="success", details={"rows": str(count)}
            )
        return count
