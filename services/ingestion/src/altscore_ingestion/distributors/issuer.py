"""Issues what a connector proves itself with: certificates over its own key, and API keys with their secrets."""

from datetime import datetime

import asyncpg

from altscore_ingestion.distributors import store
from altscore_ingestion.distributors.certificates import ConnectorCa, PublicKey, public_key_sha256, refused
from altscore_ingestion.distributors.domain import (
    KEY_LIFETIME,
    REUSED_ABOVE,
    ROTATION_OVERLAP,
    NewCertificate,
    NewKey,
    RotatedKey,
)
from altscore_ingestion.distributors.keys import ConnectorKeys, new_secret


class CredentialIssuer:
    """Issues certificates and API keys inside its caller's transaction, which holds the distributor's row.

    Args:
        keys: hashes and wraps.
        ca: signs certificates.
    """

    def __init__(self, keys: ConnectorKeys, ca: ConnectorCa) -> None:
        self._keys = keys
        self._ca = ca

    async def new_key(self) -> NewKey:
        """A fresh key that is not stored yet; asks the key store, so no transaction should be open."""
        api_key, signing_secret = new_secret(), new_secret()
        return NewKey(
            api_key=api_key,
            signing_secret=signing_secret,
            api_key_hash=self._keys.api_key_hash(api_key),
            signing_secret_wrapped=await self._keys.wrap(signing_secret),
        )

    async def add_key(
        self, connection: asyncpg.Connection, distributor_id: str, new: NewKey, *, now: datetime
    ) -> RotatedKey:
        """Stores a key beside the one in use, whose end it does not touch before its own first use.

        So an answer that is lost locks nobody out: the key in use can ask again, until its own end.
        """
        previous_end = await store.newest_key_end(connection, distributor_id, now)
        expires_at = now + KEY_LIFETIME + ROTATION_OVERLAP
        await store.replace_unused_key(connection, distributor_id, new, valid_from=now, accepted_until=expires_at)
        return RotatedKey(
            api_key=new.api_key,
            signing_secret=new.signing_secret,
            valid_from=now,
            expires_at=expires_at,
            previous_valid_until=None if previous_end is None else min(previous_end, now + ROTATION_OVERLAP),
        )

    async def certificate(
        self,
        connection: asyncpg.Connection,
        distributor_id: str,
        key: PublicKey,
        *,
        now: datetime,
        older_until: datetime | None,
    ) -> tuple[str, datetime]:
        """PEM and end of a certificate over the key; the same one again while it lasts another 30 days.

        Args:
            connection: inside the caller's transaction.
            distributor_id: its only name.
            key: of the connector.
            now: when it begins.
            older_until: when a new certificate lets the older ones end; None: they keep their own end.

        Raises:
            InvalidRequest: a certificate over this key was revoked.
            Unavailable: the key store does not answer.
        """
        digest = public_key_sha256(key)
        if await store.is_revoked_public_key(connection, digest):
            raise refused("holds a key whose certificate was revoked")
        if live := await store.live_certificate(connection, distributor_id, digest, now + REUSED_ABOVE):
            return live
        issued = await self._ca.issue(key, distributor_id, now=now)
        if older_until is not None:
            await store.end_certificates(connection, distributor_id, older_until)
        new = NewCertificate(
            fingerprint=issued.fingerprint,
            distributor_id=distributor_id,
            public_key_sha256=digest,
            certificate_pem=issued.pem,
            accepted_until=issued.not_after,
            created_at=now,
        )
        await store.insert_certificate(connection, new)
        return issued.pem, issued.not_after
