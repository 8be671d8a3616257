"""Who sends a batch: certificate, API key and signature must agree; the audit alone learns which one did not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from altscore_libs.tls import Peer
from prometheus_client import Counter

from altscore_ingestion.distributors import store
from altscore_ingestion.distributors.domain import Connector
from altscore_ingestion.distributors.keys import ConnectorKeys, is_signature, v2_fault
from altscore_ingestion.errors import NotAuthenticated

_failures = Counter("altscore_connector_auth_failures_total", "Refused connectors, by cause.", ["cause"])


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of the connection."""

    peer: Peer
    address: str


@dataclass(frozen=True)
class SignedRequest:
    """What a connector signs: v1 covers the body, v2 also the request around it."""

    body: bytes
    body_sha256: str
    signature: str
    signature_v2: str | None
    path: str
    batch_id: str
    erp_type: str


class ConnectorAuthenticator:
    """Authenticates connectors; every failure is audited and counted before it is raised.

    Args:
        pool: of the ingestion database.
        keys: unwraps secrets.
        outbox: for the audit of failures.
        clock: for expiry and the window of v2.
    """

    def __init__(self, pool: asyncpg.Pool, *, keys: ConnectorKeys, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._keys = keys
        self._outbox = outbox
        self._clock = clock

    async def authenticate(self, caller: Caller, api_key: str) -> Connector:
        """The connector behind certificate and API key.

        Raises:
            NotAuthenticated: the certificate is not on the allow-list, or the key is not the distributor's.
        """
        async with self._failures_audited(caller):
            peer = caller.peer
            if not peer.fingerprint or peer.distributor_id is None:
                raise NotAuthenticated("certificate_missing")
            async with transaction(self._pool) as connection:
                connector = await store.connector_of_certificate(connection, peer.fingerprint, self._clock.now())
            if connector is None or connector.distributor_id != peer.distributor_id:
                raise NotAuthenticated("certificate_unknown", peer.distributor_id)
            if not connector.is_accepted:
                raise NotAuthenticated("certificate_not_accepted", connector.distributor_id)
            if not connector.is_active:
                raise NotAuthenticated("distributor_inactive", connector.distributor_id)
            if not self._keys.is_api_key(api_key, connector.api_key_hash):
                raise NotAuthenticated("api_key_mismatch" if api_key else "api_key_missing", connector.distributor_id)
        return connector

    async def verify_signature(self, caller: Caller, connector: Connector, signed: SignedRequest) -> None:
        """Checks v1, and v2 where it was sent.

        Raises:
            NotAuthenticated: a signature is wrong.
        """
        async with self._failures_audited(caller):
            secret = await self._keys.signing_secret(connector.signing_secret_wrapped)
            if not is_signature(secret, signed.body, signed.signature):
                cause = "signature_mismatch" if signed.signature else "signature_missing"
                raise NotAuthenticated(cause, connector.distributor_id)
            if signed.signature_v2 is None:
                return
            fault = v2_fault(
                secret,
                signed.signature_v2,
                path=signed.path,
                batch_id=signed.batch_id,
                erp_type=signed.erp_type,
                body_sha256=signed.body_sha256,
                now=self._clock.now(),
            )
            if fault:
                raise NotAuthenticated(fault, connector.distributor_id)

    async def verify_distributor(self, caller: Caller, connector: Connector, distributor_id: str) -> None:
        """Checks that a signed body names its sender.

        Raises:
            NotAuthenticated: it names another distributor.
        """
        async with self._failures_audited(caller):
            if distributor_id != connector.distributor_id:
                raise NotAuthenticated("distributor_mismatch", connector.distributor_id)

    @asynccontextmanager
    async def _failures_audited(self, caller: Caller) -> AsyncIterator[None]:
        try:
            yield
        except NotAuthenticated as error:
            _failures.labels(error.cause).inc()
            async with transaction(self._pool) as connection:
                await self._outbox.audit(
                    connection,
                    "failed_auth",
                    actor=error.distributor_id or "unknown",
                    outcome="refused",
                    reason=error.cause,
                    details={"ip": caller.address, "certificate_sha256": caller.peer.fingerprint or "none"},
                )
            raise
