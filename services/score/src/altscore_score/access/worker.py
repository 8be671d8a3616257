"""Removes rows that no rule reads any more, and writes signs of tampering into the audit trail."""

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.rls import ContextSigner

from altscore_score.access import store as access
from altscore_score.access.verified_rows import Finding, VerifiedRows
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter
from altscore_score.idempotency import store as replies
from altscore_score.scores import store as scores
from altscore_score.tokens import store as tokens

PURGE_S = 300.0
WRITE_S = 1.0


class Purger:
    """A periodic step that removes replies, failures, secrets, orders, families of tokens and changes past their life.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        clock: for their age.
    """

    def __init__(self, pool: asyncpg.Pool, signer: ContextSigner, clock: Clock) -> None:
        self._pool = pool
        self._signer = signer
        self._clock = clock

    async def purge(self) -> None:
        """Removes what is old now."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await self._signer.enter(connection, scores.PROJECTOR)
            await replies.delete_old(connection, now=now)
            await access.delete_old(connection, now=now)
            await tokens.delete_old(connection, now=now)
            await scores.forget_old_changes(connection)


class FindingsAudit:
    """A periodic step that audits what VerifiedRows reported since the last one.

    Args:
        verified: reports.
        audit: takes an entry for each finding.
    """

    def __init__(self, verified: VerifiedRows, audit: AuditWriter) -> None:
        self._verified = verified
        self._audit = audit

    async def write(self) -> None:
        """Writes what waits.

        Raises:
            Unavailable: it waits on.
        """
        findings = self._verified.take_findings()
        if not findings:
            return
        try:
            await self._audit.write_all([_entry(finding) for finding in findings])
        except Unavailable:
            self._verified.put_back(findings)
            raise


def _entry(finding: Finding) -> AuditEntry:
    return AuditEntry(
        action="access_tampering_noticed",
        actor="score",
        outcome="refused",
        subject=finding.subject,
        reason=finding.kind.upper(),
    )
