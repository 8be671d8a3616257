"""Invites to a distributor's retailers: the vault tells who can be reached, consent opens each invite once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound, Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.clients import Contact, UpstreamClients
from altscore_admin.errors import UpstreamRefused
from altscore_admin.invitations import domain, store
from altscore_admin.invitations.domain import InvitationCommand
from altscore_admin.operators.domain import Operator
from altscore_admin.partners.store import distributor_name, unknown_lenders

MAX_CONCURRENT = 8


@dataclass(frozen=True)
class _Run:
    """One run of invitations."""

    run_id: str
    operator_id: str
    command: InvitationCommand
    distributor_name: str


@dataclass(frozen=True)
class InvitationService:
    """Invites retailers and counts the outcomes."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def invite(self, operator: Operator, command: InvitationCommand) -> dict[str, int]:
        """Sends the invites; repeating an interrupted run is safe.

        Returns:
            invited, already_open, unreachable (no confirmed phone in this distributor's own ledger), refused (by
            consent, for that retailer), unknown (named, but not of this distributor).

        Raises:
            NotFound: no such distributor.
            InvalidRequest: a lender that is not onboarded.
            Unavailable: vault or consent; the invites sent so far stay open.
        """
        run = await self._begin(operator, command)
        counts: Counter[str] = Counter()
        seen: set[str] = set()
        after = None
        try:
            while True:
                page, after = await self.upstream.retailers(command.distributor_id, after)
                chosen = [contact for contact in page if command.includes(contact.retailer_id)]
                seen.update(contact.retailer_id for contact in chosen)
                counts.update(await self._invite_page(run, chosen))
                if after is None:
                    break
        except Unavailable:
            await self._finish(run, counts, "interrupted")
            raise
        counts["unknown"] = len(set(command.retailer_ids or ()) - seen)
        return await self._finish(run, counts, "ok")

    async def _begin(self, operator: Operator, command: InvitationCommand) -> _Run:
        async with transaction(self.pool) as connection:
            name = await distributor_name(connection, command.distributor_id)
            if name is None:
                raise NotFound("no such distributor")
            if await unknown_lenders(connection, command.lender_scope):
                raise InvalidRequest(
                    "every lender must be onboarded", errors=[FieldError("lender_scope", "names an unknown lender")]
                )
            run = _Run(new_id("ivr"), operator.operator_id, command=command, distributor_name=name)
            await store.begin_run(connection, run.run_id, command=command, by=operator.operator_id, at=self.clock.now())
            await self.outbox.audit(
                connection,
                "admin_action",
                actor=operator.operator_id,
                subject=command.distributor_id,
                outcome="requested",
                details={"kind": "invites", "run_id": run.run_id, "lenders": ",".join(command.lender_scope)},
            )
        return run

    async def _invite_page(self, run: _Run, page: Sequence[Contact]) -> Counter[str]:
        limit = asyncio.Semaphore(MAX_CONCURRENT)

        async def limited(contact: Contact) -> str:
            async with limit:
                return await self._open_invite(run, contact)

        outcomes = await asyncio.gather(*(limited(contact) for contact in page), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return Counter(str(outcome) for outcome in outcomes)

    async def _open_invite(self, run: _Run, contact: Contact) -> str:
        if contact.contact_ref is None:  # no confirmed phone in this distributor's own ledger (decision 89)
            return "unreachable"
        invite = {
            "retailer_id": contact.retailer_id,
            "contact_ref": contact.contact_ref,
            "distributor_id": run.command.distributor_id,
            "distributor_name": run.distributor_name,
            "lender_scope": list(run.command.lender_scope),
            "purpose": run.command.purpose,
            "language": domain.language_of(contact.retailer_id, run.command.hindi_share),
        }
        try:
            return "invited" if await self.upstream.invite(invite) else "already_open"
        except (UpstreamRefused, InvalidRequest, NotFound):
            return "refused"

    async def _finish(self, run: _Run, counts: Counter[str], outcome: str) -> dict[str, int]:
        complete = domain.complete_counts(counts)
        async with transaction(self.pool) as connection:
            await store.finish_run(connection, run.run_id, complete, self.clock.now())
            numbers = {kind: str(number) for kind, number in complete.items()}
            await self.outbox.audit(
                connection,
                "admin_action",
                actor=run.operator_id,
                subject=run.command.distributor_id,
                outcome=outcome,
                details={"kind": "invites", "run_id": run.run_id, **numbers},
            )
        return complete
