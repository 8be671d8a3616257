"""What a lender's dashboard reads of all its retailers: each reading is scoped by the database, checked and audited."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.rls import ContextSigner

from altscore_score.access.authentication import AccessState
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.clients import CachedConsentChecker
from altscore_score.portfolios import store
from altscore_score.portfolios.domain import (
    ALERTED,
    CHANNEL,
    COLUMNS,
    FIRST,
    MONTHS,
    PAGE,
    AlertPage,
    Counted,
    Filters,
    Month,
    Page,
    Place,
    Row,
    Viewer,
    cells_of,
    csv_lines,
    first_month,
    passes,
    row_of,
    unverified,
)
from altscore_score.scores.domain import Allow, ConsentKey, ScoreRecord, SignatureInvalid, StoredScore
from altscore_score.scores.reader import SignatureVerifier

_log = logging.getLogger("altscore.score.portfolios")


class Counts(NamedTuple):
    """A portfolio as it stands, and when it was counted."""

    counted_at: datetime
    parts: Sequence[Counted]


class Part(NamedTuple):
    """Lines of a download, and the retailer behind which the next part begins; None at the end."""

    lines: str
    next_cursor: str | None


@dataclass(frozen=True)
class LenderScope:
    """Opens the database for one lender, as long as that lender may look at all.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        state: says which lenders are suspended, at most two seconds old.
    """

    pool: asyncpg.Pool
    signer: ContextSigner
    state: AccessState

    async def require_active(self, lender_id: str) -> None:
        """Passes when the lender is onboarded and not suspended.

        Raises:
            Forbidden: it is not.
            Unavailable: that cannot be known, or serving is switched off.
        """
        await self.state.require_serving()
        lender = self.state.current.lenders.get(lender_id)
        if lender is None or not lender.is_active:
            raise Forbidden("the lender's access is suspended")
        logs.bind(lender_id=lender_id)

    @asynccontextmanager
    async def entered(self, lender_id: str) -> AsyncIterator[asyncpg.Connection]:
        """A transaction that sees this lender's rows alone.

        Raises:
            Forbidden: the lender is suspended.
            Unavailable: the database cannot be read.
        """
        await self.require_active(lender_id)
        try:
            async with transaction(self.pool) as connection:
                await self.signer.enter(connection, lender_id)
                yield connection
        except asyncpg.PostgresError as error:
            raise Unavailable("the score store cannot be read") from error


@dataclass(frozen=True)
class PortfolioService:
    """Portfolios, their months, rows, alerts and downloads.

    Consent is asked for every row at the moment of reading, as POST /v1/score asks it: the projection proposes, the
    authority decides. No row is cached, and answers of consent only as long as serving uses them.

    Args:
        scope: of the database.
        consents: of its own, so that reading a whole portfolio evicts no answer that serving may need.
        verifier: of its own too; verifies every record that is shown.
        audit: takes an entry before anything leaves.
        clock: the present.
    """

    scope: LenderScope
    consents: CachedConsentChecker
    verifier: SignatureVerifier
    audit: AuditWriter
    clock: Clock

    async def counts(self, viewer: Viewer) -> Counts:
        """Retailers and recommended limits by band, now."""
        now = self.clock.now()
        async with self.scope.entered(viewer.lender_id) as connection:
            parts = await store.counted(
                connection, viewer.lender_id, now=now, run_blocked_at=self.scope.state.current.run_blocked_at
            )
        await self._write(viewer, "portfolio_read", kind="counts")
        return Counts(now, parts)

    async def months(self, viewer: Viewer) -> list[Month]:
        """Counts of the last months, the newest first; the worker keeps them."""
        async with self.scope.entered(viewer.lender_id) as connection:
            listed = await store.months(
                connection, viewer.lender_id, since=first_month(self.clock.now(), back=MONTHS - 1)
            )
        await self._write(viewer, "portfolio_read", kind="months")
        return listed

    async def page(self, viewer: Viewer, *, after: str | None, filters: Filters) -> Page:
        """The next rows by retailer; a page may be shorter than others and still have a next one."""
        return await self._page(viewer, after=after, filters=filters, action="portfolio_read")

    async def alerts(self, viewer: Viewer, before: Place | None) -> AlertPage:
        """What happened to retailers of this lender in the last thirty days, the newest first."""
        now = self.clock.now()
        place = before or Place(now + ALERTED, "", "")
        async with self.scope.entered(viewer.lender_id) as connection:
            listed = await store.alerts(
                connection, viewer.lender_id, now=now, since=now - ALERTED, before=place, limit=PAGE
            )
        allowed = await self._allowed(viewer, {alert.retailer_id: alert.purposes for alert in listed})
        shown = [alert for alert in listed if alert.kind == "consent_ended" or alert.retailer_id in allowed]
        await self._write(viewer, "portfolio_read", kind="alerts", shown=[alert.retailer_id for alert in shown])
        last = listed[-1] if len(listed) == PAGE else None
        return AlertPage(shown, Place(last.at, last.kind, last.retailer_id) if last is not None else None)

    async def download(self, viewer: Viewer, *, after: str | None) -> Part:
        """The next rows as lines of CSV; each part is read, checked and audited before it leaves."""
        page = await self._page(viewer, after=after, filters=Filters(), action="portfolio_downloaded")
        names = [COLUMNS] if after is None else []
        return Part(csv_lines([*names, *map(cells_of, page.rows)]), page.next_cursor)

    async def _page(self, viewer: Viewer, *, after: str | None, filters: Filters, action: str) -> Page:
        now = self.clock.now()
        async with self.scope.entered(viewer.lender_id) as connection:
            stored = await store.page(
                connection, viewer.lender_id, after=after or FIRST, limit=PAGE, filters=filters, now=now
            )
        allowed = await self._allowed(viewer, {row.holding.retailer_id: row.holding.purposes for row in stored})
        opened = [self._open(row, allowed.get(row.holding.retailer_id), now) for row in stored]
        rows = [row for row in opened if row is not None and passes(row, filters)]
        await self._write(viewer, action, kind="rows", shown=[row.retailer_id for row in rows])
        return Page(rows, stored[-1].holding.retailer_id if len(stored) == PAGE else None)

    async def _allowed(self, viewer: Viewer, purposes: Mapping[str, Iterable[str]]) -> dict[str, Allow]:
        """The retailers whose consent the authority confirms for one of the purposes that the projection knows.

        Raises:
            Unavailable: consent cannot be asked and nothing young enough is known, of one of them.
        """
        keys = [
            ConsentKey(retailer, viewer.lender_id, purpose) for retailer, known in purposes.items() for purpose in known
        ]
        decisions = await asyncio.gather(*map(self.consents.check, keys))
        return {decision.key.retailer_id: decision for decision in decisions if isinstance(decision, Allow)}

    def _open(self, row: store.StoredRow, allow: Allow | None, now: datetime) -> Row | None:
        if allow is None:
            return None
        try:
            record = self._record(row)
        except SignatureInvalid:  # the others are shown; POST /v1/score refuses this one
            _log.critical("a stored score's signature is invalid", extra={"retailer_id": row.holding.retailer_id})
            return unverified(row.holding)
        stored = StoredScore(
            is_granted=True,  # as the same statement read it
            grant_version=0,
            record=record,
            block_code=row.block_code,
            blocked_at=row.blocked_at,
            run_blocked_at=row.run_blocked_at,
        )
        return row_of(row.holding, stored, allow, now=now, run_blocked_at=self.scope.state.current.run_blocked_at)

    def _record(self, row: store.StoredRow) -> ScoreRecord | None:
        if row.signed is None:
            return None
        record = self.verifier.open(row.signed)
        if record.retailer_id != row.holding.retailer_id:
            raise SignatureInvalid("another retailer's record")
        return record

    async def _write(self, viewer: Viewer, action: str, *, kind: str, shown: Sequence[str] = ()) -> None:
        details = {"person_id": viewer.person_id, "channel": CHANNEL, "kind": kind}
        if shown:
            details |= {"retailers": str(len(shown)), "retailer_ids": " ".join(shown)}
        await self.audit.write(AuditEntry(action=action, actor=viewer.lender_id, outcome="served", details=details))
