"""Reads a lender's quotas and credentials for its dashboard; each reading is audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from altscore_libs.clock import Clock

from altscore_score.access.domain import test_id_of
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.call_counts.domain import CallCounts
from altscore_score.call_counts.service import CallCounter
from altscore_score.lender_accounts import store
from altscore_score.lender_accounts.domain import Account, Quota
from altscore_score.limits.domain import CALLS
from altscore_score.limits.service import RateLimiter
from altscore_score.portfolios.domain import CHANNEL, Viewer
from altscore_score.portfolios.service import LenderScope


class Credentials(NamedTuple):
    """A lender's client ids, live and for the sandbox, and what its retailers consented to."""

    accounts: Sequence[Account]
    purposes: Sequence[str]


@dataclass(frozen=True)
class LenderAccountService:
    """Quotas and credentials of one lender.

    Args:
        scope: of the database.
        verified: only a genuine row says anything about a secret.
        limiter: counts the lender's calls.
        counter: of calls by day.
        audit: takes the entry of each reading.
        clock: the present.
    """

    scope: LenderScope
    verified: VerifiedRows
    limiter: RateLimiter
    counter: CallCounter
    audit: AuditWriter
    clock: Clock

    async def usage(self, viewer: Viewer) -> list[Quota]:
        """How much of each quota counts now."""
        await self.scope.require_active(viewer.lender_id)
        used = await self.limiter.used(viewer.lender_id)
        await self._write(viewer, "usage")
        return [
            Quota(name=window.name, limit=window.limit, window_s=window.length_s, used=count)
            for window, count in zip(CALLS, used, strict=True)
        ]

    async def calls_by_day(self, viewer: Viewer) -> CallCounts:
        """What was answered and refused, by day in India.

        Raises:
            Unavailable: the counts cannot be read.
        """
        await self.scope.require_active(viewer.lender_id)
        counts = await self.counter.read(viewer.lender_id)
        await self._write(viewer, "calls_by_day")
        return counts

    async def credentials(self, viewer: Viewer) -> Credentials:
        """The lender's client ids; one whose row was changed from outside is left out."""
        now = self.clock.now()
        async with self.scope.entered(viewer.lender_id) as connection:
            rows = await store.accounts(connection, [viewer.lender_id, test_id_of(viewer.lender_id)])
            purposes = await store.purposes(connection, viewer.lender_id)
        await self._write(viewer, "credentials")
        accounts = [
            Account(
                client_id=genuine.lender_id,
                is_active=genuine.is_active,
                onboarded_at=row.onboarded_at,
                rotated_at=row.rotated_at,
                former_valid_until=tuple(
                    secret.valid_until for secret in genuine.former_secrets if secret.valid_until > now
                ),
            )
            for row in rows
            if (genuine := self.verified.newest(row.stored)) is not None
        ]
        return Credentials(accounts, purposes)

    async def _write(self, viewer: Viewer, kind: str) -> None:
        details = {"person_id": viewer.person_id, "channel": CHANNEL, "kind": kind}
        entry = AuditEntry(action="lender_account_read", actor=viewer.lender_id, outcome="served", details=details)
        await self.audit.write(entry)
