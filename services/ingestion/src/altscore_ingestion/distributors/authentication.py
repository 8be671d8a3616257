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
from altscore_ingestion.distributors.domain import Connector, Sender, SftpAccount
from altscore_ingestion.distributors.keys import ConnectorKeys, SignedParts, is_signature, v2_fault
from altscore_ingestion.errors import NotAuthenticated
from altscore_ingestion.landings.store import lock_account
from altscore_ingestion.switches.service import require_switched_on

_failures = Counter("altscore_connector_auth_failures_total", "Refused connectors, by cause.", ["cause"])


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of the connection."""

    peer: Peer
    address: str


@dataclass(frozen=True)
class SignedRequest:
    """What a connector signs: v1 covers the body as sent, v2 also the request around it."""

    body: bytes
    body_sha256: str
    signature: str
    signature_v2: str | None
    method: str
    path: str
    batch_id: str
    erp_type: str
    is_gzip: bool = False

    @property
    def parts(self) -> SignedParts:
        """What v2 covers."""
        return SignedParts(
            method=self.method,
            path=self.path,
            batch_id=self.batch_id,
            erp_type=self.erp_type,
            body_sha256=self.body_sha256,
        )


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
        """The connector behind certificate and API key; the first use of a key lets the older ones end.

        Raises:
            NotAuthenticated: the certificate is not on the allow-list, or the key is none of the distributor's.
            Unavailable: ingestion is switched off.
        """
        async with self.failures_audited(caller):
            peer = caller.peer
            if not peer.fingerprint or peer.distributor_id is None:
                raise NotAuthenticated("certificate_missing")
            async with transaction(self._pool) as connection:
                connector = await self._presented(connection, caller, api_key)
                if not connector.key.is_used:
                    await store.lock_distributor_row(connection, connector.distributor_id)
                    connector = await self._presented(connection, caller, api_key)  # as it stands under the lock
                    if not connector.key.is_used:
                        await self._activate(connection, connector)
        return connector

    async def _presented(self, connection: asyncpg.Connection, caller: Caller, api_key: str) -> Connector:
        fingerprint = caller.peer.fingerprint or ""
        connector = await store.presented_connector(connection, fingerprint, self._keys.api_key_hash(api_key))
        if connector is None:
            owner = await store.certificate_owner(connection, fingerprint)
            if owner is None or owner != caller.peer.distributor_id:
                raise NotAuthenticated("certificate_unknown", caller.peer.distributor_id)
            raise NotAuthenticated("api_key_mismatch" if api_key else "api_key_missing", owner)
        if connector.distributor_id != caller.peer.distributor_id:
            raise NotAuthenticated("certificate_unknown", caller.peer.distributor_id)
        if refusal := connector.refusal(self._clock.now()):
            raise NotAuthenticated(refusal, connector.distributor_id)
        await require_switched_on(connection, self._keys)
        return connector

    async def _activate(self, connection: asyncpg.Connection, connector: Connector) -> None:
        older = await store.activate_key(connection, connector.distributor_id, connector.key.number, self._clock.now())
        if older:
            await self._outbox.audit(
                connection,
                "connector_key_activated",
                actor=connector.distributor_id,
                subject=connector.distributor_id,
                outcome="success",
                details={"key_number": str(connector.key.number), "older_keys": str(older)},
            )

    async def verify_signature(self, caller: Caller, connector: Connector, signed: SignedRequest) -> None:
        """Checks v1, and v2 where it was sent.

        Raises:
            NotAuthenticated: a signature is wrong.
        """
        async with self.failures_audited(caller):
            secret = await self._keys.signing_secret(connector.key.signing_secret_wrapped)
            if not is_signature(secret, signed.body, signed.signature):
                cause = "signature_mismatch" if signed.signature else "signature_missing"
                raise NotAuthenticated(cause, connector.distributor_id)
            if signed.signature_v2 is not None:
                self._verify_v2(secret, connector, signed)

    async def verify_request(self, caller: Caller, connector: Connector, signed: SignedRequest) -> None:
        """Checks v2 alone, which must be there: the signature of what is no batch.

        Raises:
            NotAuthenticated: it is missing or wrong.
        """
        async with self.failures_audited(caller):
            secret = await self._keys.signing_secret(connector.key.signing_secret_wrapped)
            self._verify_v2(secret, connector, signed)

    def _verify_v2(self, secret: bytes, connector: Connector, signed: SignedRequest) -> None:
        if signed.signature_v2 is None:
            raise NotAuthenticated("signature_v2_missing", connector.distributor_id)
        if fault := v2_fault(secret, signed.signature_v2, signed.parts, now=self._clock.now()):
            raise NotAuthenticated(fault, connector.distributor_id)

    async def verify_still_accepted(self, connection: asyncpg.Connection, sender: Sender) -> None:
        """Checks key and certificate, or SSH key, again, inside the transaction that makes a request count.

        Until that transaction ends no revocation of them gets through; one that did before is seen. The caller puts
        `failures_audited` around the transaction, which an audit inside would not survive.

        Raises:
            NotAuthenticated: revoked or ended since the request came in.
            Unavailable: ingestion was switched off.
        """
        current: Sender | None = None
        match sender:
            case Connector():
                current = await store.lock_credentials(connection, sender)
            case SftpAccount():
                current = await lock_account(connection, sender)
        refusal = "api_key_not_accepted" if current is None else current.refusal(self._clock.now())
        if refusal:
            raise NotAuthenticated(f"{refusal}_any_more", sender.distributor_id)
        await require_switched_on(connection, self._keys)

    async def verify_distributor(self, caller: Caller, sender: Sender, distributor_id: str) -> None:
        """Checks that a signed body names its sender.

        Raises:
            NotAuthenticated: it names another distributor.
        """
        async with self.failures_audited(caller):
            if distributor_id != sender.distributor_id:
                raise NotAuthenticated("distributor_mismatch", sender.distributor_id)

    @asynccontextmanager
    async def failures_audited(self, caller: Caller) -> AsyncIterator[None]:
        """Audits and counts what is raised as NotAuthenticated inside."""
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
