"""What the database says of lenders and revoked tokens, as far as the service itself wrote it.

A row whose MAC is not right, an older row put back, a planted or deleted row change nothing: what this process last saw
of that lender or token holds, and each is reported once.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
from prometheus_client import Counter

from altscore_score.access import store
from altscore_score.access.domain import LenderRow
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.store import LenderState, StoredLender
from altscore_score.switches.domain import StoredSwitch, SwitchRow

KEPT_AFTER_EXPIRY = timedelta(hours=1)
MAX_FINDINGS = 1_000
_log = logging.getLogger("altscore.score.access")
_findings = Counter("altscore_score_access_tampering_total", "Rows of access that were changed from outside.", ["kind"])
for _kind in ("lender_mac", "lender_older", "lender_deleted", "revocation_deleted", "switch_changed"):
    _findings.labels(_kind)  # an increase is seen only of a series that was there before


class Finding(NamedTuple):
    """One sign that a row was changed from outside."""

    kind: str
    subject: str


class VerifiedRows:
    """Remembers what is genuine, so that a row is verified once for each of its versions.

    The whole tables are read one reading after the other (lenders, revoked); a single row may be read beside them.

    Args:
        macs: of lenders' rows.
    """

    def __init__(self, macs: LenderMacs) -> None:
        self.macs = macs
        self._seen: dict[str, StoredLender] = {}
        self._genuine: dict[str, LenderRow] = {}
        self._revoked: dict[str, datetime] = {}
        self._switch: SwitchRow | None = None
        self._reported: set[Finding] = set()
        self._unwritten: list[Finding] = []

    def lenders(self, rows: Iterable[StoredLender]) -> dict[str, LenderState]:
        """The state of every lender that the service knows, from all rows of the table."""
        present = set[str]()
        for stored in rows:
            lender_id = stored.lender_id
            present.add(lender_id)
            if self._seen.get(lender_id) == stored:
                continue
            row = self._genuine_row(stored)
            known = self._genuine.get(lender_id)
            if row is None:
                self._report("lender_mac", lender_id)
            elif known is not None and row.version <= known.version:
                self._report("lender_older", lender_id)
            else:
                self._seen[lender_id], self._genuine[lender_id] = stored, row
        for lender_id in self._genuine.keys() - present:
            self._report("lender_deleted", lender_id)
        return {lender_id: _state(row) for lender_id, row in self._genuine.items()}

    def newest(self, stored: StoredLender) -> LenderRow | None:
        """The newest genuine row of a lender, this one or what was seen before; None where there never was one."""
        known = self._genuine.get(stored.lender_id)
        if self._seen.get(stored.lender_id) == stored:
            return known
        row = self._genuine_row(stored)
        return known if row is None or (known is not None and row.version <= known.version) else row

    def is_genuine(self, stored: StoredLender) -> bool:
        """Whether a row is as the service wrote it, and no older than what was seen before."""
        row, known = self._genuine_row(stored), self._genuine.get(stored.lender_id)
        return row is not None and (known is None or row.version >= known.version)

    def _genuine_row(self, stored: StoredLender) -> LenderRow | None:
        row = store.lender_row(stored)
        return row if row is not None and self.macs.is_genuine(row, stored.mac) else None

    def revoked(self, rows: Iterable[tuple[str, datetime]], now: datetime) -> frozenset[str]:
        """Ids of revoked tokens, of rows of the table and of those that vanished before their time.

        Args:
            rows: ids with their expiry.
            now: by the database's clock.
        """
        present = dict(rows)
        for jti, expires_at in self._revoked.items():
            if jti not in present and expires_at + KEPT_AFTER_EXPIRY > now:
                present[jti] = expires_at
                self._report("revocation_deleted", jti)
        self._revoked = present
        return frozenset(present)

    def is_switched_off(self, stored: StoredSwitch | None) -> bool:
        """Whether nothing may be served; a row that is not genuine switches nothing on."""
        known = self._switch
        if stored is None and known is None:
            return False
        is_genuine = stored is not None and self.macs.is_genuine_switch(stored.row, stored.mac)
        if stored is not None and is_genuine and (known is None or stored.version >= known.version):
            self._switch = stored.row
            return stored.is_off
        self._report("switch_changed", "serving_switch")
        return True if known is None else known.is_off

    def next_switch_version(self, stored: StoredSwitch | None) -> int:
        """Of the next order: newer than the row, whoever wrote it, and than what was seen before."""
        versions = [row.version for row in (stored, self._switch) if row is not None]
        return max(versions, default=0) + 1

    def take_findings(self) -> list[Finding]:
        """What was found since the last time, for the audit trail."""
        taken, self._unwritten = self._unwritten, []
        return taken

    def put_back(self, findings: list[Finding]) -> None:
        """Keeps findings that could not be written."""
        self._unwritten = [*findings, *self._unwritten][:MAX_FINDINGS]

    def _report(self, kind: str, subject: str) -> None:
        _findings.labels(kind).inc()
        finding = Finding(kind, subject)
        if finding in self._reported or len(self._reported) >= MAX_FINDINGS:
            return
        self._reported.add(finding)
        self._unwritten.append(finding)
        _log.critical("a row of access was changed from outside", extra={"kind": kind, "row": subject})


async def read_hashes(
    connection: asyncpg.Connection, verified: VerifiedRows, client_id: str, *, now: datetime
) -> list[str | None]:
    """Hashes that a client's secret may match: the newest, then former ones that still count.

    The list is as long as the longest of any lender and filled up with None, an unknown or suspended client's wholly:
    what it costs to compare says nothing about the client.
    """
    places = await store.most_secrets(connection, now=now)
    stored = await store.stored_lender(connection, client_id)
    row = verified.newest(stored) if stored is not None else None
    hashes: list[str | None] = [*row.valid_hashes(now)] if row is not None else []
    return hashes + [None] * (places - len(hashes))


def _state(row: LenderRow) -> LenderState:
    epoch = row.tokens_valid_from
    return LenderState(row.is_active, int(epoch.timestamp()) if epoch is not None else None)
