"""Operators' orders about a lender's access, carried out once each, and the onboarding of lenders."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound

from altscore_score.access import store
from altscore_score.access.authentication import AccessState
from altscore_score.access.credentials import SecretHasher
from altscore_score.access.domain import (
    AccessListing,
    AccessOrder,
    LenderRow,
    ListedLender,
    OnboardedSecrets,
    OrderKind,
    OrderResult,
    test_id_of,
)
from altscore_score.access.errors import LenderTampered, OrderConflict, TooManySecrets
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.store import StoredLender
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import AuditWriter

MAX_FORMER_SECRETS = 2
_ACTIONS: dict[OrderKind, str] = {
    "revoke_token": "token_revoked",
    "revoke_tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate_secret": "lender_secret_rotated",
}


class _AlreadyDone(Exception):
    """Rolls back the transaction of an order that was carried out before."""


@dataclass(frozen=True)
class AccessService:
    """Carries out operators' orders, each with its audit entry in one transaction, as the role that may write access.

    Args:
        pool: of that role.
        audit: writes by that role.
        verified: whose rows may be changed: only a genuine one becomes the next.
        macs: of the rows that are written.
    """

    pool: asyncpg.Pool
    hasher: SecretHasher
    audit: AuditWriter
    state: AccessState
    verified: VerifiedRows
    macs: LenderMacs
    clock: Clock

    async def carry_out(self, order: AccessOrder) -> OrderResult:
        """Does what is ordered, once; it holds here when this returns and at the other replicas within a second.

        Raises:
            NotFound: no such lender, or no such token of it.
            OrderConflict: the order id was used for something else.
            TooManySecrets: a third secret would count at the same time.
            LenderTampered: the lender's row was changed from outside.
            Unavailable: nothing was done.
        """
        secret, secret_hash = await self.hasher.new_secret() if order.kind == "rotate_secret" else (None, "")
        now = self.clock.now()

        async def apply(connection: asyncpg.Connection) -> None:
            stored = await store.lock_lender(connection, order.lender_id)
            if stored is None:
                raise NotFound("no such lender")
            content = (order.kind, order.lender_id, order.jti)
            earlier = await store.claim_order(connection, order.order_id, content, now=now)
            if earlier is not None:
                if earlier != content:
                    raise OrderConflict("the order id was used for something else")
                raise _AlreadyDone
            await self._apply(connection, order, self._genuine(stored), secret_hash=secret_hash, now=now)
            if order.covers_sandbox and (sandbox := await store.lock_lender(connection, test_id_of(order.lender_id))):
                await self._apply(connection, order, self._genuine(sandbox), secret_hash="", now=now)

        try:
            await self.audit.write_all([_entry(order, "done")], apply)
        except _AlreadyDone:
            await self.audit.write_all([_entry(order, "repeated")])
            return OrderResult(is_repeated=True)
        await self.state.announce()
        return OrderResult(
            is_repeated=False,
            client_secret=secret,
            former_valid_until=now + order.overlap if secret is not None else None,
        )

    def _genuine(self, stored: StoredLender) -> LenderRow:
        row = self.verified.newest(stored)
        if row is None or row.version != stored.version:
            raise LenderTampered("the lender's row was changed from outside")
        return row

    async def listing(self) -> AccessListing:
        """Lenders and orders as they stand in the database."""
        async with transaction(self.pool) as connection:
            rows = await store.stored_lenders(connection)
            orders = await store.listed_orders(connection)
        lenders = [
            ListedLender(row.lender_id, self.verified.is_genuine(row), is_active=row.is_active, version=row.version)
            for row in sorted(rows)
        ]
        return AccessListing(lenders, orders)

    async def _apply(
        self, connection: asyncpg.Connection, order: AccessOrder, row: LenderRow, *, secret_hash: str, now: datetime
    ) -> None:
        if order.kind == "revoke_token":
            if order.jti is None or await store.owner_of_token(connection, order.jti) != row.lender_id:
                raise NotFound("no such token of this lender")
            await store.revoke_token(connection, order.jti)
            return
        changed = _changed(order, row, secret_hash=secret_hash, now=now)
        if not await store.change_lender(connection, changed, mac=self.macs.mac(changed)):
            raise LenderTampered("the lender's row was changed from outside")
        if order.kind in ("revoke_tokens", "suspend"):
            await store.revoke_lender(connection, row.lender_id, now=now)


def _changed(order: AccessOrder, row: LenderRow, *, secret_hash: str, now: datetime) -> LenderRow:
    """The next version of a lender's row."""
    if order.kind == "rotate_secret":
        former = sum(secret.valid_until > now for secret in row.former_secrets)
        if order.overlap and former >= MAX_FORMER_SECRETS:
            raise TooManySecrets("two former secrets still count; rotate without overlap, or wait")
        return row.rotated(secret_hash, now=now, former_until=now + order.overlap)
    is_active = row.is_active if order.kind == "revoke_tokens" else order.kind == "reactivate"
    return row.with_state(is_active=is_active, epoch=None if order.kind == "reactivate" else now)


def _entry(order: AccessOrder, outcome: str) -> AuditEntry:
    details = {"order_id": str(order.order_id), "ordered_by": order.by}
    if order.jti is not None:
        details["jti"] = order.jti
    if order.covers_sandbox:
        details["sandbox_too"] = "yes"
    if order.kind == "rotate_secret":
        details["overlap_s"] = str(int(order.overlap.total_seconds()))
    return AuditEntry(
        action=_ACTIONS[order.kind],
        actor="admin",
        outcome=outcome,
        subject=order.lender_id,
        reason=order.reason,
        details=details,
    )


@dataclass(frozen=True)
class OnboardingService:
    """Makes lenders known, once each, with credentials for the sandbox beside the live ones.

    Args:
        pool: of the role that may write access.
        audit: writes by that role.
        macs: of the rows that are written.
    """

    pool: asyncpg.Pool
    hasher: SecretHasher
    audit: AuditWriter
    macs: LenderMacs
    clock: Clock

    async def onboard(self, lender_id: str, name: str) -> OnboardedSecrets:
        """The new lender's secrets; a lender that was onboarded before has its name brought up to date."""
        client_ids = (lender_id, test_id_of(lender_id))
        async with transaction(self.pool) as connection:
            missing = [client for client in client_ids if not await store.lender_exists(connection, client)]
            for client_id in client_ids:
                await store.rename_lender(connection, client_id, name)
        if not missing:
            return OnboardedSecrets(None, None)
        issued = {client_id: await self.hasher.new_secret() for client_id in missing}
        shown: dict[str, str] = {}

        async def add(connection: asyncpg.Connection) -> None:
            shown.clear()
            for client_id, (secret, secret_hash) in issued.items():
                row = LenderRow(client_id, 1, secret_hash, is_active=True, tokens_valid_from=None)
                if await store.add_lender(
                    connection, row, name=name, mac=self.macs.mac(row), created_at=self.clock.now()
                ):
                    shown[client_id] = secret

        entry = AuditEntry(action="lender_onboarded", actor="admin", outcome="onboarded", subject=lender_id)
        await self.audit.write_all([entry], add)
        return OnboardedSecrets(*map(shown.get, client_ids))
