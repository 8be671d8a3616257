"""Orders about partners: audited as requested, asked of the service that owns them, audited as done."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, NotFound
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import Approved
from altscore_admin.clients import UpstreamClients
from altscore_admin.operators.domain import Operator
from altscore_admin.partners import store


@dataclass(frozen=True)
class _Kind:
    """What onboarding does for one kind of partner.

    Attributes:
        action: of its audit entries.
        add: stores the partner, or its new name.
        activate: once the owner has created it.
        secret: field of the owner's answer that is there the first time only.
    """

    action: str
    add: Callable[..., Awaitable[None]]
    activate: Callable[[asyncpg.Connection, str], Awaitable[None]]
    secret: str


_DISTRIBUTOR = _Kind(
    action="distributor_onboarded",
    add=store.add_distributor,
    activate=store.activate_distributor,
    secret="api_key",  # noqa: S106  # a field's name
)
_LENDER = _Kind(
    action="lender_onboarded",
    add=store.add_lender,
    activate=store.activate_lender,
    secret="client_secret",  # noqa: S106  # a field's name
)


@dataclass(frozen=True)
class PartnerService:
    """Onboards distributors at ingestion and lenders at score."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    upstream: UpstreamClients

    async def onboard_distributor(
        self, operator: Operator, distributor_id: str, *, name: str, csr_pem: str
    ) -> dict[str, Any]:
        """Onboards a distributor; the result holds its secrets once, and they are stored nowhere here."""
        call = partial(self.upstream.put_distributor, distributor_id, name, csr_pem)
        return await self._onboard(operator, _DISTRIBUTOR, distributor_id, name=name, call=call)

    async def onboard_lender(self, operator: Operator, lender_id: str, *, name: str) -> dict[str, Any]:
        """Onboards a lender; the result holds its secret once, and it is stored nowhere here."""
        call = partial(self.upstream.put_lender, lender_id, name)
        return await self._onboard(operator, _LENDER, lender_id, name=name, call=call)

    async def open_backfill(self, operator: Operator, distributor_id: str, *, hours: int) -> str:
        """Opens a distributor's backfill window; returns when it closes.

        Raises:
            NotFound: no such distributor.
        """
        details = {"hours": str(hours)}
        async with self._distributor_order(operator, "backfill_opened", distributor_id, details=details) as done:
            done["open_until"] = await self.upstream.open_backfill(distributor_id, hours)
        return done["open_until"]

    async def set_max_amount(self, operator: Operator, distributor_id: str, *, max_amount_inr: int) -> None:
        """Sets the largest amount that is accepted from one distributor, whole rupees (decision 86).

        Raises:
            NotFound: no such distributor.
        """
        details = {"max_amount_inr": str(max_amount_inr)}
        async with self._distributor_order(operator, "max_amount_set", distributor_id, details=details) as done:
            await self.upstream.set_max_amount(distributor_id, max_amount_inr)
            done.update(details)

    async def rotate_connector_key(
        self, operator: Operator, distributor_id: str, *, csr_pem: str | None, end_previous: bool
    ) -> dict[str, Any]:
        """Issues a distributor's API key anew; the result holds the secrets, and they are stored nowhere here.

        Raises:
            NotFound: no such distributor.
            InvalidRequest: the certificate request is refused.
        """
        details = {"end_previous": _yes_no(end_previous), "with_certificate": _yes_no(csr_pem is not None)}
        async with self._distributor_order(operator, "connector_key_rotated", distributor_id, details=details) as done:
            result = await self.upstream.rotate_connector_key(
                distributor_id, csr_pem=csr_pem, end_previous=end_previous
            )
            done.update(details)
        return result

    async def revoke_connector(self, operator: Operator, distributor_id: str) -> dict[str, Any]:
        """Revokes every API key and certificate of a distributor.

        Raises:
            NotFound: no such distributor.
        """
        async with self._distributor_order(operator, "connector_revoked", distributor_id, details={}) as done:
            result = await self.upstream.revoke_connector(distributor_id)
            done.update({name: str(int(result[name])) for name in ("keys", "certificates")})
        return result

    async def register_sftp_key(self, operator: Operator, distributor_id: str, *, public_key: str) -> dict[str, Any]:
        """Accepts a further SSH key with which a distributor may put files.

        Raises:
            NotFound: no such distributor.
            InvalidRequest: no key that is taken.
            UpstreamRefused: the key was registered before.
        """
        async with self._distributor_order(operator, "sftp_key_registered", distributor_id, details={}) as done:
            result = await self.upstream.register_sftp_key(distributor_id, public_key)
            done["fingerprint"] = str(result["fingerprint"])
        return result

    async def revoke_sftp_keys(self, operator: Operator, distributor_id: str) -> int:
        """Ends every SSH key of a distributor; how many were accepted before.

        Raises:
            NotFound: no such distributor.
        """
        async with self._distributor_order(operator, "sftp_keys_revoked", distributor_id, details={}) as done:
            count = await self.upstream.revoke_sftp_keys(distributor_id)
            done["keys"] = str(count)
        return count

    async def reprocess_quarantine(self, operator: Operator, distributor_id: str, batch_id: str) -> dict[str, Any]:
        """Brings to Bronze what passes today's rules of a batch's quarantined records.

        Raises:
            NotFound: no such distributor, or no such batch of it.
            UpstreamGone: the records are no longer kept.
            UpstreamRefused: the distributor is revoked, or the batch or its records cannot be used.
        """
        action, details = "quarantine_reprocessed", {"batch_id": batch_id}
        async with self._distributor_order(operator, action, distributor_id, details=details) as done:
            result = await self.upstream.reprocess_quarantine(distributor_id, batch_id)
            counts = {name: str(int(result[name])) for name in ("accepted", "outdated", "duplicate")}
            remaining = sum(int(item["records"]) for item in result["remaining"])
            done.update(details | counts | {"remaining": str(remaining)})
        return result

    async def suspend_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Refuses a distributor everything until two persons undo it; its keys stay."""
        return await self._suspend(approved, "distributor_suspended", is_suspended=True)

    async def reactivate_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Lets a suspended distributor call again with the keys it has."""
        return await self._suspend(approved, "distributor_reactivated", is_suspended=False)

    async def _suspend(self, approved: Approved, action: str, *, is_suspended: bool) -> Mapping[str, Any]:
        details = {"reason": approved.fields["reason"], "proposed_by": approved.proposed_by}
        async with self._distributor_order(approved.operator, action, approved.subject, details=details) as done:
            await self.upstream.suspend_distributor(approved.subject, is_suspended=is_suspended)
            done.update(details)
        return {"distributor_id": approved.subject, "is_suspended": is_suspended}

    async def reprocess_approved(self, _connection: asyncpg.Connection, approved: Approved) -> Mapping[str, Any]:
        """Releases a batch from quarantine, as two persons want it; `subject` is the batch.

        `reprocessed_in` is the batch that brought records to Bronze now, null when none passed; `outdated` of the
        accepted were overtaken by a later statement; Bronze held the content of `duplicate` already.
        """
        distributor_id, batch_id = approved.fields["distributor_id"], approved.subject
        result = await self.reprocess_quarantine(approved.operator, distributor_id, batch_id)
        return result | {"distributor_id": distributor_id, "batch_id": batch_id, "reprocessed_in": result["batch_id"]}

    async def _onboard(
        self,
        operator: Operator,
        kind: _Kind,
        partner_id: str,
        *,
        name: str,
        call: Callable[[], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        by, at = operator.operator_id, self.clock.now()
        async with transaction(self.pool) as connection:
            await kind.add(connection, partner_id, name=name, by=by, at=at)
            await self.outbox.audit(connection, kind.action, actor=by, subject=partner_id, outcome="requested")
        async with self._refusals_audited(operator, kind.action, partner_id):
            result = await call()
        async with transaction(self.pool) as connection:
            await kind.activate(connection, partner_id)
            await self.outbox.audit(
                connection,
                kind.action,
                actor=by,
                subject=partner_id,
                outcome="ok",
                details={"secrets_shown": _yes_no(bool(result.get(kind.secret)))},
            )
        return result

    @asynccontextmanager
    async def _distributor_order(
        self, operator: Operator, action: str, distributor_id: str, *, details: dict[str, str]
    ) -> AsyncIterator[dict[str, str]]:
        """Around the call that carries out an order about an active distributor; yields the last entry's details."""
        by, done = operator.operator_id, dict[str, str]()
        async with transaction(self.pool) as connection:
            if await store.distributor_name(connection, distributor_id) is None:
                raise NotFound("no such distributor")
            await self.outbox.audit(
                connection, action, actor=by, subject=distributor_id, outcome="requested", details=details
            )
        async with self._refusals_audited(operator, action, distributor_id):
            yield done
        async with transaction(self.pool) as connection:
            await self.outbox.audit(connection, action, actor=by, subject=distributor_id, outcome="ok", details=done)

    @asynccontextmanager
    async def _refusals_audited(self, operator: Operator, action: str, partner_id: str) -> AsyncIterator[None]:
        try:
            yield
        except AltScoreError as error:
            async with transaction(self.pool) as connection:
                await self.outbox.audit(
                    connection,
                    action,
                    actor=operator.operator_id,
                    subject=partner_id,
                    outcome="refused",
                    reason=error.code,
                )
            raise


def _yes_no(is_so: bool) -> str:
    return "yes" if is_so else "no"
