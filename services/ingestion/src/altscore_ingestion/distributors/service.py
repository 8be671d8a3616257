"""Onboarding of distributors: a certificate, an API key and a signing secret, each secret shown once."""

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
from altscore_ingestion.distributors.certificates import ConnectorCa, PublicKey, key_of_request, public_key_sha256
from altscore_ingestion.distributors.domain import Credentials, NewCertificate, NewDistributor
from altscore_ingestion.distributors.keys import ConnectorKeys, new_secret

ROTATION_OVERLAP = timedelta(days=7)
REUSED_ABOVE = timedelta(days=30)


class DistributorService:
    """Issues the credentials of connectors, opens backfill windows and sets distributors' largest amounts.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        keys: hashes and wraps.
        ca: signs certificates.
        read_server_ca: reads what connectors must trust, PEM.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        keys: ConnectorKeys,
        ca: ConnectorCa,
        read_server_ca: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._keys = keys
        self._ca = ca
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
        api_key, signing_secret, now = new_secret(), new_secret(), self._clock.now()
        wrapped = await self._keys.wrap(signing_secret)
        new = NewDistributor(
            distributor_id=distributor_id,
            name=name,
            api_key_hash=self._keys.api_key_hash(api_key),
            signing_secret_wrapped=wrapped,
            created_at=now,
        )
        async with transaction(self._pool) as connection:
            is_new = await store.insert_distributor(connection, new)
            await store.lock_distributor_row(connection, distributor_id)
            await store.rename_distributor(connection, distributor_id, name)
            pem = await self._certificate(connection, distributor_id, key=key, now=now)
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
            certificate_pem=pem, ca_pem=self._read_server_ca(), api_key=api_key, signing_secret=signing_secret
        )

    async def _certificate(
        self, connection: asyncpg.Connection, distributor_id: str, *, key: PublicKey, now: datetime
    ) -> str:
        digest = public_key_sha256(key)
        if pem := await store.live_certificate(connection, distributor_id, digest, now + REUSED_ABOVE):
            return pem
        issued = self._ca.issue(key, distributor_id, now=now)
        new = NewCertificate(
            fingerprint=issued.fingerprint,
            distributor_id=distributor_id,
            public_key_sha256=digest,
            certificate_pem=issued.pem,
            accepted_until=issued.not_after,
            created_at=now,
        )
        await store.insert_certificate(connection, new, older_until=now + ROTATION_OVERLAP)
        return issued.pem

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
