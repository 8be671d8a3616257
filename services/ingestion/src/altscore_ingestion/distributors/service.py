"""What operations do with distributors: onboard, issue keys anew, revoke, open windows, raise amounts."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox

from altscore_ingestion.distributors import store
from altscore_ingestion.distributors.certificates import key_of_request
from altscore_ingestion.distributors.domain import (
    ROTATION_OVERLAP,
    Credentials,
    NewDistributor,
    ReissuedCredentials,
    Revocation,
)
from altscore_ingestion.distributors.issuer import CredentialIssuer
from altscore_ingestion.landings.store import revoke_sftp_keys


class DistributorService:
    """Issues and revokes the credentials of connectors, opens backfill windows and sets largest amounts.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        issuer: of keys and certificates.
        read_server_ca: reads what connectors must trust, PEM.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        issuer: CredentialIssuer,
        read_server_ca: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._issuer = issuer
        self._read_server_ca = read_server_ca
        self._clock = clock

    async def onboard(self, distributor_id: str, name: str, csr_pem: str) -> Credentials:
        """Makes a distributor known, or renews the certificate of a known one.

        The same key gets the same certificate back while it lasts another 30 days; a new certificate leaves the older
        ones seven days.

        Raises:
            InvalidRequest: the certificate request is refused.
        """
        key = key_of_request(csr_pem)
        now, new_key = self._clock.now(), await self._issuer.new_key()
        new = NewDistributor(
            distributor_id=distributor_id,
            name=name,
            api_key_hash=new_key.api_key_hash,
            signing_secret_wrapped=new_key.signing_secret_wrapped,
            created_at=now,
        )
        async with transaction(self._pool) as connection:
            is_new = await store.insert_distributor(connection, new)
            await store.lock_distributor_row(connection, distributor_id)
            await store.rename_distributor(connection, distributor_id, name)
            pem, _ = await self._issuer.certificate(
                connection, distributor_id, key, now=now, older_until=now + ROTATION_OVERLAP
            )
            await self._outbox.audit(
                connection,
                "distributor_onboarded",
                actor="admin",
                subject=distributor_id,
                outcome="success",
                details={"known_before": str(not is_new).lower()},
            )
        if not is_new:
            return Credentials(pem, self._read_server_ca())
        return Credentials(
            certificate_pem=pem,
            ca_pem=self._read_server_ca(),
            api_key=new_key.api_key,
            signing_secret=new_key.signing_secret,
        )

    async def rotate_key(self, distributor_id: str, *, csr_pem: str | None, ends_previous: bool) -> ReissuedCredentials:
        """Issues key and secret anew, and a certificate where a request for one comes along.

        The way back after a lost keystore or a revocation: the distributor may call again.

        Args:
            distributor_id: whose.
            csr_pem: request for a certificate over a new key of the connector.
            ends_previous: older keys are refused at once; else they end as in a rotation by the connector.

        Raises:
            NotFound: no such distributor.
            InvalidRequest: the certificate request is refused.
        """
        public_key = None if csr_pem is None else key_of_request(csr_pem)
        now, new_key = self._clock.now(), await self._issuer.new_key()
        async with transaction(self._pool) as connection:
            if not await store.lock_distributor_row(connection, distributor_id):
                raise NotFound("no such distributor")
            if ends_previous:
                await store.revoke_keys(connection, distributor_id, now)
            key = await self._issuer.add_key(connection, distributor_id, new_key, now=now)
            await store.set_active(connection, distributor_id, is_active=True)
            pem = None
            if public_key is not None:
                pem, _ = await self._issuer.certificate(
                    connection, distributor_id, public_key, now=now, older_until=now + ROTATION_OVERLAP
                )
            details = {"previous_ended": _yes_no(ends_previous), "with_certificate": _yes_no(pem is not None)}
            await self._outbox.audit(
                connection,
                "connector_key_rotated",
                actor="admin",
                subject=distributor_id,
                outcome="success",
                details=details,
            )
        return ReissuedCredentials(key=key, certificate_pem=pem, ca_pem=None if pem is None else self._read_server_ca())

    async def revoke(self, distributor_id: str) -> Revocation:
        """Ends every key and certificate of a distributor: refused from the next request on, on open connections too.

        A batch that is being written is stopped before it counts. Revoking again changes nothing.

        Raises:
            NotFound: no such distributor.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            if not await store.lock_distributor_row(connection, distributor_id):
                raise NotFound("no such distributor")
            await store.set_active(connection, distributor_id, is_active=False)
            revocation = Revocation(
                revoked_at=now,
                keys=await store.revoke_keys(connection, distributor_id, now),
                certificates=await store.revoke_certificates(connection, distributor_id, now),
                sftp_keys=await revoke_sftp_keys(connection, distributor_id, now),
            )
            await self._outbox.audit(
                connection,
                "connector_revoked",
                actor="admin",
                subject=distributor_id,
                outcome="success",
                details={name: str(getattr(revocation, name)) for name in ("keys", "certificates", "sftp_keys")},
            )
        return revocation

    async def open_backfill(self, distributor_id: str, hours: int) -> datetime:
        """Opens the distributor's backfill window from now on.

        Raises:
            NotFound: no such distributor.
        """
        until = self._clock.now() + timedelta(hours=hours)
        await self._order(
            "backfill_opened",
            distributor_id,
            partial(store.open_backfill, until=until),
            details={"hours": str(hours)},
        )
        return until

    async def set_max_amount(self, distributor_id: str, max_amount_inr: Decimal) -> None:
        """Sets the largest amount that the distributor may send from its next batch on, rupees (decision 86).

        Raises:
            NotFound: no such distributor.
        """
        await self._order(
            "max_amount_set",
            distributor_id,
            partial(store.set_max_amount, max_amount_inr=max_amount_inr),
            details={"max_amount_inr": str(max_amount_inr)},
        )

    async def suspend(self, distributor_id: str, *, is_suspended: bool) -> None:
        """Refuses a distributor everything from its next request on, or lets it call again with the keys it has.

        A key issued anew does not lift a suspension.

        Raises:
            NotFound: no such distributor.
        """
        await self._order(
            "distributor_suspended" if is_suspended else "distributor_reactivated",
            distributor_id,
            partial(store.set_suspended, is_suspended=is_suspended),
            details={},
        )

    async def _order(
        self,
        action: str,
        distributor_id: str,
        change: Callable[[asyncpg.Connection, str], Awaitable[bool]],
        *,
        details: dict[str, str],
    ) -> None:
        """Carries out an order of admin about one distributor, with its audit entry in the same transaction."""
        async with transaction(self._pool) as connection:
            if not await change(connection, distributor_id):
                raise NotFound("no such distributor")
            await self._outbox.audit(
                connection, action, actor="admin", subject=distributor_id, outcome="success", details=details
            )


def _yes_no(is_so: bool) -> str:
    return "yes" if is_so else "no"
