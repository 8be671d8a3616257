"""Operators' security keys: registered by invitation, used under a row lock, suspended and revoked."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.errors import KeyRefused, NotInvited
from altscore_admin.operators.domain import Operator
from altscore_admin.security_keys import ceremonies, domain, store
from altscore_admin.security_keys.ceremonies import NotAccepted, Registration, credential_id_of
from altscore_admin.security_keys.domain import Assertion, Challenge, KeyPolicy, Purpose, Refusal, UsedKey
from altscore_admin.sessions.domain import SignedIn
from altscore_admin.sessions.row_macs import SignInMacs, is_same

NO_KEY = "you have no usable security key; ask for an invitation"


@dataclass(frozen=True)
class SecurityKeyService:
    """Everything about keys; `policy` is None where none are configured (a development profile), and none is taken."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    policy: KeyPolicy | None
    macs: SignInMacs

    async def challenge(
        self, signed_in: SignedIn, purpose: Purpose, *, challenge: bytes | None = None, challenge_id: str | None = None
    ) -> Challenge:
        """A challenge for one of the operator's keys.

        Raises:
            KeyRefused: the operator has no usable key.
        """
        policy, operator_id = self._policy(), signed_in.operator.operator_id
        challenge = challenge or secrets.token_bytes(domain.CHALLENGE_BYTES)
        async with transaction(self.pool) as connection:
            registered = await store.active_credentials(connection, operator_id)
            if not registered:
                raise KeyRefused(NO_KEY)
            challenge_id = await self._add_challenge(
                connection, signed_in, purpose, challenge=challenge, challenge_id=challenge_id
            )
        return Challenge(challenge_id, ceremonies.assertion_options(policy, challenge, registered=registered))

    async def registration_challenge(self, signed_in: SignedIn, code: str) -> Challenge:
        """A challenge for a new key of an invited operator.

        Raises:
            NotInvited: no open invitation of this operator has the code; audited.
        """
        policy, operator_id, now = self._policy(), signed_in.operator.operator_id, self.clock.now()
        async with transaction(self.pool) as connection:
            invitation = await store.open_invitation(connection, operator_id, domain.code_digest(code), now)
            if invitation is not None and not is_same(invitation.mac, self.macs.of_invitation(invitation)):
                invitation = None
            if invitation is None:
                await self._audit_refusal(connection, signed_in, Purpose.REGISTRATION, "not_invited")
            else:
                challenge = secrets.token_bytes(domain.CHALLENGE_BYTES)
                challenge_id = await self._add_challenge(
                    connection,
                    signed_in,
                    Purpose.REGISTRATION,
                    challenge=challenge,
                    invitation_id=invitation.invitation_id,
                )
                registered = await store.active_credentials(connection, operator_id)
        if invitation is None:
            raise NotInvited("no open invitation of yours has this code")
        options = ceremonies.registration_options(policy, operator_id, challenge, registered=registered)
        return Challenge(challenge_id, options)

    async def register(self, signed_in: SignedIn, assertion: Assertion) -> str:
        """Registers an invited operator's key; its id.

        Raises:
            KeyRefused: the answer does not hold, or the model is not accepted; audited. The invitation stays open.
        """
        async with transaction(self.pool) as connection:
            registered = await self._register(connection, signed_in, assertion)
            if isinstance(registered, Refusal):
                await self._audit_refusal(connection, signed_in, Purpose.REGISTRATION, registered.reason)
        if isinstance(registered, Refusal):
            raise KeyRefused(registered.explanation)
        return registered

    async def use(
        self,
        connection: asyncpg.Connection,
        signed_in: SignedIn,
        assertion: Assertion,
        purpose: Purpose,
        *,
        expected: bytes | None = None,
    ) -> UsedKey | Refusal:
        """Uses an answer, in the caller's transaction, which must commit a refusal too: it is audited here.

        Args:
            connection: in a transaction.
            signed_in: whose session asked for the challenge.
            assertion: the answer.
            purpose: what the challenge was for.
            expected: what the challenge must be; None takes whatever was asked.
        """
        used = await self._use(connection, signed_in, assertion, purpose=purpose, expected=expected)
        if isinstance(used, Refusal):
            await self._audit_refusal(connection, signed_in, purpose, used.reason)
        return used

    async def revoke(self, operator: Operator, operator_id: str, key_id: str) -> None:
        """Ends a key for ever, with every admin token that it gave.

        Raises:
            NotFound: no such key of that operator, or it is revoked already.
        """
        async with transaction(self.pool) as connection:
            if not await store.set_status(connection, key_id, "revoked", self.clock.now(), operator_id=operator_id):
                raise NotFound("no such key to revoke")
            await self.outbox.audit(
                connection,
                "security_key_revoked",
                actor=operator.operator_id,
                subject=operator_id,
                outcome="done",
                details={"key_id": key_id},
            )

    async def page(self, *, after: tuple[str, str], limit: int) -> list[asyncpg.Record]:
        """A page of everybody's keys."""
        async with transaction(self.pool) as connection:
            return await store.page_of_keys(connection, after=after, limit=limit)

    async def _register(
        self, connection: asyncpg.Connection, signed_in: SignedIn, assertion: Assertion
    ) -> str | Refusal:
        policy, now = self._policy(), self.clock.now()
        asked = await store.take_challenge(
            connection,
            assertion.challenge_id,
            session_id=str(signed_in.session_id),
            purpose=Purpose.REGISTRATION,
            now=now,
        )
        if asked is None:
            return Refusal("challenge")
        try:
            new = ceremonies.verify_registration(policy, assertion.credential, asked["challenge"])
        except NotAccepted as error:
            return Refusal(str(error), "the key's answer does not hold, or its model is not accepted")
        operator_id = signed_in.operator.operator_id
        if len(await store.active_credentials(connection, operator_id)) >= domain.MAX_ACTIVE_KEYS:
            return Refusal("too_many_keys", "revoke a key first")
        if not await self._uses_invitation(connection, asked["invitation_id"], operator_id, now=now):
            return Refusal("invitation", "the invitation is over")
        key_id = new_id("key")
        columns = new._asdict() | {"operator_id": operator_id, "invitation_id": asked["invitation_id"]}
        mac = self.macs.of_key({**columns, "key_id": key_id})
        if not await store.add_key(connection, key_id, **columns, registered_at=now, mac=mac):
            return Refusal("registered", "this key is registered already")
        await self._audit_registration(connection, operator_id, key_id, new, invitation_id=asked["invitation_id"])
        return key_id

    async def _uses_invitation(
        self, connection: asyncpg.Connection, invitation_id: str, operator_id: str, *, now: datetime
    ) -> bool:
        """Whether the invitation is this operator's, of two persons, and was open until now."""
        invitation = await store.lock_invitation(connection, invitation_id)
        if invitation is None or invitation.operator_id != operator_id:
            return False
        is_ours = is_same(invitation.mac, self.macs.of_invitation(invitation))
        return is_ours and await store.use_invitation(connection, invitation_id, now)

    async def _use(
        self,
        connection: asyncpg.Connection,
        signed_in: SignedIn,
        assertion: Assertion,
        *,
        purpose: Purpose,
        expected: bytes | None,
    ) -> UsedKey | Refusal:
        now, operator_id = self.clock.now(), signed_in.operator.operator_id
        asked = await store.take_challenge(
            connection, assertion.challenge_id, session_id=str(signed_in.session_id), purpose=purpose, now=now
        )
        if asked is None:
            return Refusal("challenge")
        if expected is not None and expected != asked["challenge"]:
            return Refusal("another_action", "the security key confirmed another action")
        credential_id = credential_id_of(assertion.credential)
        key = None if credential_id is None else await store.lock_key(connection, credential_id)
        if key is None or key["operator_id"] != operator_id or key["status"] != "active":
            return Refusal("unknown_key")
        try:
            if not is_same(key["mac"], self.macs.of_key(key)):
                raise NotAccepted("tampered_key")
            verified = ceremonies.verify_assertion(
                self._policy(),
                assertion.credential,
                asked["challenge"],
                public_key=key["public_key"],
                handle=domain.user_handle(operator_id),
            )
        except NotAccepted as error:
            return Refusal(str(error))
        if verified.sign_count <= key["sign_count"]:
            await self._suspend(connection, operator_id, key["key_id"], now)
            return Refusal("sign_count", "the key may have been copied; it is suspended, ask for an invitation")
        await store.set_used(connection, key["key_id"], sign_count=verified.sign_count, now=now)
        return UsedKey(
            key_id=key["key_id"],
            credential_id=bytes(credential_id or b""),
            public_key=key["public_key"],
            authenticator_data=verified.authenticator_data,
            client_data=verified.client_data,
            signature=verified.signature,
        )

    async def _suspend(self, connection: asyncpg.Connection, operator_id: str, key_id: str, now: datetime) -> None:
        await store.set_status(connection, key_id, "suspended", now)
        await self.outbox.audit(
            connection,
            "security_key_suspended",
            actor="admin",
            subject=operator_id,
            outcome="done",
            reason="sign_count",
            details={"key_id": key_id},
        )

    async def _add_challenge(
        self,
        connection: asyncpg.Connection,
        signed_in: SignedIn,
        purpose: Purpose,
        *,
        challenge: bytes,
        challenge_id: str | None = None,
        invitation_id: str | None = None,
    ) -> str:
        now, session_id = self.clock.now(), str(signed_in.session_id)
        await store.delete_old_challenges(connection, session_id, now, keep=domain.MAX_OPEN_CHALLENGES - 1)
        challenge_id = challenge_id or new_id("chl")
        await store.add_challenge(
            connection,
            challenge_id,
            session_id=session_id,
            purpose=purpose,
            challenge=challenge,
            invitation_id=invitation_id,
            expires_at=now + domain.CHALLENGE_LIFETIME,
        )
        return challenge_id

    def _policy(self) -> KeyPolicy:
        if self.policy is None:
            raise KeyRefused("no security keys are configured here")
        return self.policy

    async def _audit_registration(
        self, connection: asyncpg.Connection, operator_id: str, key_id: str, new: Registration, *, invitation_id: str
    ) -> None:
        details: dict[str, Any] = {
            "key_id": key_id,
            "credential_id": new.credential_id.hex(),
            "public_key": new.public_key.hex(),
            "aaguid": new.aaguid,
            "attestation_format": new.attestation_format,
            "invitation_id": invitation_id,
        }
        await self.outbox.audit(
            connection,
            "security_key_registered",
            actor=operator_id,
            subject=operator_id,
            outcome="done",
            details=details,
        )

    async def _audit_refusal(
        self, connection: asyncpg.Connection, signed_in: SignedIn, purpose: Purpose, reason: str
    ) -> None:
        await self.outbox.audit(
            connection,
            "failed_auth",
            actor=signed_in.operator.operator_id,
            subject=f"security_key_{purpose.value}",
            outcome="refused",
            reason=reason,
        )
