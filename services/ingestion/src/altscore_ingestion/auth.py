"""Who sends a batch: certificate, key and signature must agree; failures are audited, and told apart only there."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from altscore_libs.tls import Peer
from prometheus_client import Counter

from altscore_ingestion import store
from altscore_ingestion.errors import NotAuthenticated
from altscore_ingestion.keys import ConnectorKeys, is_signature, v2_fault

_failures = Counter("altscore_connector_auth_failures_total", "Refused connectors, by cause.", ["cause"])


@dataclass(frozen=True)
class Signed:
    """What a connector signs: v1 covers the body, v2 also the request around it."""

    body: bytes
    body_sha256: str
    signature: str
    signature_v2: str | None
    path: str
    batch_id: str
    erp_type: str


class ConnectorAuth:
    """Checks connectors.

    Args:
        pool: of the ingestion database.
        keys: opens secrets.
        outbox: for the audit of failures.
        clock: for expiry and the window of v2.
    """

    def __init__(self, pool: asyncpg.Pool, keys: ConnectorKeys, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._keys = keys
        self._outbox = outbox
        self._clock = clock

    async def connector(self, peer: Peer, api_key: str) -> store.Connector:
        """The distributor behind certificate and API key.

        Raises:
            NotAuthenticated: the certificate is not on the allow-list, or the key is not his.
        """
        if not peer.fingerprint or peer.distributor_id is None:
            raise NotAuthenticated("certificate_missing")
        async with transaction(self._pool) as connection:
            found = await store.connector_of_certificate(connection, peer.fingerprint, self._clock.now())
        if found is None or found.distributor_id != peer.distributor_id:
            raise NotAuthenticated("certificate_unknown", peer.distributor_id)
        if not found.is_accepted:
            raise NotAuthenticated("certificate_not_accepted", found.distributor_id)
        if not found.is_active:
            raise NotAuthenticated("distributor_inactive", found.distributor_id)
        if not self._keys.is_api_key(api_key, found.api_key_hash):
            raise NotAuthenticated("api_key_mismatch" if api_key else "api_key_missing", found.distributor_id)
        return found

    async def check_signature(self, connector: store.Connector, signed: Signed) -> None:
        """Checks v1, and v2 where it was sent.

        Raises:
            NotAuthenticated: a signature does not hold.
        """
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

    async def audit_failure(self, error: NotAuthenticated, peer: Peer, address: str) -> None:
        """Writes the failure down before it is answered."""
        _failures.labels(error.cause).inc()
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "failed_auth",
                actor=error.distributor_id or "unknown",
                outcome="refused",
                reason=error.cause,
                details={"ip": address, "certificate_sha256": peer.fingerprint or "none"},
            )
