"""What reads consent: checks, bulk checks, snapshots and history; nothing unverified is ever an affirmative."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from prometheus_client import Counter

from altscore_consent import reads, store
from altscore_consent.announce import Announcer
from altscore_consent.domain import CheckAnswer, Invite, StateStatus, judge_check
from altscore_consent.errors import SnapshotChanged
from altscore_consent.reads import StateRow
from altscore_consent.records import SignedRecord, Verifier, supports

_log = logging.getLogger("altscore.consent")
_tampered = Counter("altscore_consent_tampered_total", "Stored records that are not what was signed.")


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
        verifier: of records.
        announcer: for alerts and for the audit of bulk reads.
        clock: the present.
    """

    def __init__(self, pool: asyncpg.Pool, verifier: Verifier, announcer: Announcer, clock: Clock) -> None:
        self._pool = pool
        self._verifier = verifier
        self._announce = announcer
        self._clock = clock

    async def check(self, retailer_id: str, lender_id: str, purpose: str | None) -> CheckAnswer:
        """May this lender see this retailer, for this purpose (None: for any).

        Raises:
            Unavailable: the database does not answer; the caller blocks.
        """
        async with _reading(self._pool) as connection:
            rows = await reads.of_lender(connection, retailer_id, lender_id)
        believed = await self._believed(rows)
        return judge_check([one.state for one in believed], purpose, self._clock.now())

    async def check_many(self, retailer_ids: Sequence[str], *, actor: str) -> dict[str, tuple[bool, int]]:
        """For each retailer: any active consent at all, and the number of his last change (0: never heard of)."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            versions = await reads.versions_of(connection, retailer_ids)
            rows = await reads.active_of(connection, retailer_ids, now)
            await self._announce.read(connection, "consent_checked", actor=actor, retailers=str(len(retailer_ids)))
        consented = {one.retailer_id for one in await self._believed(rows)}
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
            rows = await reads.active_page(raw, now, after, limit)
            seen = sorted({one.retailer_id for one in rows})
            numbers = await reads.versions_of(raw, seen)
            if cursor is None:
                await self._announce.read(raw, "consent_snapshot_read", actor=actor, version=str(version))
        consented = {one.retailer_id for one in await self._believed(rows)}
        following = f"{version}:{seen[-1]}" if len(seen) == limit else None
        return Snapshot(version, [(one, numbers[one]) for one in seen if one in consented], following)

    async def history(self, retailer_id: str) -> tuple[list[Invite], list[tuple[SignedRecord, dict[str, Any] | None]]]:
        """All invites and all records of a retailer; a record that does not verify has no content."""
        async with transaction(self._pool) as connection:
            invites = await store.all_invites(connection, retailer_id)
            found = await reads.records_of(connection, retailer_id)
        contents = await self._verifier.read_many(found)
        for row, content in zip(found, contents, strict=True):
            if content is None:
                await self._alert(retailer_id, row.consent_id, row.digest().hex())
        return invites, list(zip(found, contents, strict=True))

    async def _believed(self, rows: Sequence[StateRow]) -> list[StateRow]:
        """The rows that may count: ended ones as they are, active ones only when their signed grant supports them."""
        active = [one for one in rows if one.state.status is StateStatus.ACTIVE]
        grants = [one.grant for one in active if one.grant is not None]
        contents = await self._contents(grants)
        believed = [one for one in rows if one.state.status is not StateStatus.ACTIVE]
        for one in active:
            content = contents.get(one.state.consent_id)
            if not one.is_withdrawn and supports(content, one.retailer_id, one.state):
                believed.append(one)
            else:
                digest = one.grant.digest().hex() if one.grant is not None else "missing"
                await self._alert(one.retailer_id, one.state.consent_id, digest)
        return believed

    async def _contents(self, grants: Sequence[SignedRecord]) -> dict[str, dict[str, Any] | None]:
        unique = list({one.consent_id: one for one in grants}.values())
        if len(unique) < _IN_PLACE:
            return {one.consent_id: self._verifier.read(one) for one in unique}
        found = await self._verifier.read_many(unique)
        return {one.consent_id: content for one, content in zip(unique, found, strict=True)}

    async def _alert(self, retailer_id: str, consent_id: str, digest: str) -> None:
        """Audits a damaged record once per damage."""
        async with transaction(self._pool) as connection:
            is_new = await reads.note_tampering(connection, consent_id, digest, self._clock.now())
            if is_new:
                await self._announce.tampered(connection, retailer_id, consent_id)
        if is_new:
            _tampered.inc()
            _log.critical("a consent record does not match its signature", extra={"consent_id": consent_id})


_IN_PLACE = 16  # fewer verifications than this are quicker than a thread


@asynccontextmanager
async def _reading(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection for one statement, without the round trips of a transaction."""
    try:
        async with pool.acquire(timeout=2.0) as connection:
            yield connection
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable("the database is not available") from error


def _read_cursor(cursor: str | None) -> tuple[int | None, str]:
    if cursor is None:
        return None, ""
    version, _, after = cursor.partition(":")
    if not after or not version.isascii() or not version.isdigit():
        raise InvalidRequest("not a cursor", errors=[FieldError("after", "take `next` of the page before")])
    return int(version), after
