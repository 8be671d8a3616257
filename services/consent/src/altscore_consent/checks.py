"""What reads consent: checks, bulk checks, snapshots and history; nothing unverified is ever an affirmative."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest

from altscore_consent import reads, store
from altscore_consent.announce import Announcer
from altscore_consent.belief import Belief
from altscore_consent.domain import CheckAnswer, Invite, StateStatus, judge_check
from altscore_consent.errors import SnapshotChanged
from altscore_consent.lanes import Lanes
from altscore_consent.reads import Standing
from altscore_consent.records import SignedRecord


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One page of all consented retailers."""

    version: int
    retailers: list[tuple[str, int]]
    next_cursor: str | None


class Checks:
    """The only reader that answers whether there is consent.

    Args:
        pool: of the consent database.
        belief: which rows count.
        announcer: for the audit of bulk reads.
        clock: the present.
    """

    def __init__(self, pool: asyncpg.Pool, belief: Belief, announcer: Announcer, clock: Clock) -> None:
        self._pool = pool
        self._belief = belief
        self._announce = announcer
        self._clock = clock
        self._lanes = Lanes(pool, clock)

    async def check(self, retailer_id: str, lender_id: str, purpose: str | None) -> CheckAnswer:
        """May this lender see this retailer, for this purpose (None: for any).

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        states, spent = [], set()
        for row in await self._lanes.read(retailer_id, lender_id):
            if not self._belief.is_ours(row):
                await self._belief.alert(row)
                if row.state.status is StateStatus.ACTIVE:
                    continue
            states.append(row.state)
            if row.state.use_limit is not None and row.uses >= row.state.use_limit:
                spent.add(row.state.consent_id)
        return judge_check(states, purpose, self._clock.now(), spent=frozenset(spent))

    async def check_many(self, retailer_ids: Sequence[str], *, actor: str) -> dict[str, tuple[bool, int]]:
        """For each retailer: any active consent at all, and the number of his last change (0: never heard of)."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            found = await reads.standing_of(connection, retailer_ids, now)
            await self._announce.read(connection, "consent_checked", actor=actor, retailers=str(len(retailer_ids)))
        consented = await self._consented(found)
        versions = {one.retailer_id: one.version for one in found}
        return {one: (one in consented, versions.get(one, 0)) for one in retailer_ids}

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
        async with self._pool.acquire() as raw, raw.transaction(isolation="repeatable_read"):
            version = await reads.snapshot_version(raw)
            if expected is not None and version != expected:
                raise SnapshotChanged("consents changed between two pages; start again")
            found = await reads.standing_page(raw, now, after, limit)
            if cursor is None:
                await self._announce.read(raw, "consent_snapshot_read", actor=actor, version=str(version))
        consented = await self._consented(found)
        following = f"{version}:{found[-1].retailer_id}" if len(found) == limit else None
        listed = [(one.retailer_id, one.version) for one in found if one.retailer_id in consented]
        return Snapshot(version, listed, following)

    async def history(self, retailer_id: str) -> tuple[list[Invite], list[tuple[SignedRecord, dict[str, Any] | None]]]:
        """All invites and all records of a retailer; a record that does not verify has no content."""
        async with transaction(self._pool) as connection:
            invites = await store.all_invites(connection, retailer_id)
            found = await reads.records_of(connection, retailer_id)
        contents = await self._belief.verifier.read_many(found)
        for row, content in zip(found, contents, strict=True):
            if content is None:
                await self._belief.alert_record(retailer_id, row.consent_id, row.digest().hex())
        return invites, list(zip(found, contents, strict=True))

    async def _consented(self, found: Sequence[Standing]) -> set[str]:
        """Retailers with an active state as we sealed it; where the first one is not, the others are looked at."""
        active = [one.active for one in found if one.active is not None]
        damaged = [one for one in active if not self._belief.is_sealed(one)]
        consented = {one.retailer_id for one in active}
        if damaged:
            consented -= {one.retailer_id for one in damaged}
            consented |= await self._second_look([one.retailer_id for one in damaged])
        return consented

    async def _second_look(self, retailer_ids: Sequence[str]) -> set[str]:
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            rows = await reads.active_of(connection, retailer_ids)
        standing = set()
        for row in rows:
            if not self._belief.is_sealed(row):
                await self._belief.alert(row)
            elif row.state.expires_at > now:
                standing.add(row.retailer_id)
        return standing


def _read_cursor(cursor: str | None) -> tuple[int | None, str]:
    if cursor is None:
        return None, ""
    version, _, after = cursor.partition(":")
    if not after or not version.isascii() or not version.isdigit():
        raise InvalidRequest("not a cursor", errors=[FieldError("after", "take `next` of the page before")])
    return int(version), after
