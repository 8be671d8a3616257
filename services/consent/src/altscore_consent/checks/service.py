"""The use cases that read consent: checks, bulk checks and snapshots; nothing unverified is ever an affirmative."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import session, transaction
from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.outbox import Outbox

from altscore_consent.checks import store
from altscore_consent.checks.domain import CheckResult, ConsentStatus, Snapshot, judge_check
from altscore_consent.errors import SnapshotChanged
from altscore_consent.grants.domain import StateStatus, StoredState
from altscore_consent.grants.integrity import Damage, StateVerifier
from altscore_consent.grants.row_mac import use_fact
from altscore_consent.grants.store import active_states
from altscore_consent.platform.batched_reads import BatchedReads
from altscore_consent.usage.domain import USES_DAMAGED
from altscore_consent.usage.store import uses_since


class CheckService:
    """The only reader that answers whether there is consent.

    Args:
        pool: of the consent database.
        reads: of the states of single checks.
        verifier: says which rows count.
        outbox: for the audit of bulk reads.
        clock: the present.
    """

    def __init__(
        self, *, pool: asyncpg.Pool, reads: BatchedReads, verifier: StateVerifier, outbox: Outbox, clock: Clock
    ) -> None:
        self._pool = pool
        self._reads = reads
        self._verifier = verifier
        self._outbox = outbox
        self._clock = clock

    async def check(self, retailer_id: str, lender_id: str, purpose: str | None) -> CheckResult:
        """May this lender see this retailer, for this purpose (None: for any).

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        states, spent = [], set()
        for row in await self._reads.read(retailer_id, lender_id):
            if not self._verifier.is_authentic(row):
                await self._verifier.alert(row)
                if row.state.status is StateStatus.ACTIVE:
                    continue
            states.append(row.state)
            if row.state.use_limit is not None and row.uses >= row.state.use_limit and await self._is_spent(row):
                spent.add(row.state.consent_id)
        return judge_check(states, purpose, self._clock.now(), spent=frozenset(spent))

    async def _is_spent(self, row: StoredState) -> bool:
        """Whether as many uses as the consent allows are authentic; read only where the plain count says so."""
        limit, days = row.state.use_limit or 0, row.state.use_period_days or 0
        since = self._clock.now() - timedelta(days=days)
        async with transaction(self._pool) as connection:
            uses = await uses_since(connection, row.state.consent_id, row.state.lender_id, since)
        forged = [use for use, mac in uses if not self._verifier.facts.verify(use_fact(use), mac)]
        if forged:
            await self._verifier.alarm.report(Damage(row.retailer_id, row.state.consent_id, USES_DAMAGED))
        return len(uses) - len(forged) >= limit

    async def check_many(self, triples: Iterable[Sequence[str]]) -> list[CheckResult]:
        """Several checks by (retailer, lender, purpose), each as by itself, in the order asked."""
        return await asyncio.gather(*(self.check(*triple) for triple in triples))

    async def check_bulk(self, retailer_ids: Sequence[str], *, actor: str) -> dict[str, tuple[bool, int, str | None]]:
        """For each retailer: any active consent at all, the number of its last change (0: never any), and which."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            statuses = await store.status_of(connection, retailer_ids, now)
            await self._outbox.audit(
                connection,
                "consent_checked",
                actor=actor,
                outcome="ok",
                details={"retailers": str(len(retailer_ids))},
            )
        consented = await self._consented(statuses)
        versions = {status.retailer_id: status.version for status in statuses}
        return {
            retailer: (retailer in consented, versions.get(retailer, 0), consented.get(retailer))
            for retailer in retailer_ids
        }

    async def snapshot(self, cursor: str | None, limit: int, *, actor: str) -> Snapshot:
        """The next page of consented retailers; every page carries the same change number.

        Args:
            cursor: `next` of the page before, None for the first.
            limit: retailers a page.
            actor: who reads.

        Raises:
            SnapshotChanged: a consent changed since the first page.
            InvalidRequest: not a cursor of ours.
        """
        expected, after = _read_cursor(cursor)
        now = self._clock.now()
        async with session(self._pool) as connection, connection.transaction(isolation="repeatable_read"):
            version = await store.snapshot_version(connection)
            if expected is not None and version != expected:
                raise SnapshotChanged("consents changed between two pages; start again")
            statuses = await store.status_page(connection, now, after, limit)
            if cursor is None:
                await self._outbox.audit(
                    connection,
                    "consent_snapshot_read",
                    actor=actor,
                    outcome="ok",
                    details={"version": str(version)},
                )
        consented = await self._consented(statuses)
        following = f"{version}:{statuses[-1].retailer_id}" if len(statuses) == limit else None
        listed = [(status.retailer_id, status.version) for status in statuses if status.retailer_id in consented]
        return Snapshot(version=version, retailers=listed, next_cursor=following)

    async def _consented(self, statuses: Sequence[ConsentStatus]) -> dict[str, str]:
        """Retailer with an authentic active state → its consent; where the first is damaged, others are looked at."""
        active = [status.active for status in statuses if status.active is not None]
        damaged = [row for row in active if not self._verifier.has_valid_mac(row)]
        consented = {row.retailer_id: row.state.consent_id for row in active}
        if damaged:
            for row in damaged:
                del consented[row.retailer_id]
            consented |= await self._consented_by_others([row.retailer_id for row in damaged])
        return consented

    async def _consented_by_others(self, retailer_ids: Sequence[str]) -> dict[str, str]:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            rows = await active_states(connection, retailer_ids)
        consented = {}
        for row in rows:
            if not self._verifier.has_valid_mac(row):
                await self._verifier.alert(row)
            elif row.state.expires_at > now:
                consented[row.retailer_id] = row.state.consent_id
        return consented


def _read_cursor(cursor: str | None) -> tuple[int | None, str]:
    if cursor is None:
        return None, ""
    version, _, after = cursor.partition(":")
    if not after or not version.isascii() or not version.isdigit():
        raise InvalidRequest("not a cursor", errors=[FieldError("after", "take `next` of the page before")])
    return int(version), after
