"""Keyed hashes of the rows that sign-in believes: who may write to the database alone is nobody here (decision 98)."""

import hmac

import asyncpg
from altscore_libs.canonical_json import canonical_json

from altscore_admin.security_keys.domain import Invitation

_LABEL = b"altscore-admin-sign-in-rows"


class SignInMacs:
    """MACs of sessions, admin tokens, security keys and invitations.

    Args:
        secret: that the process holds and no database knows.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, _LABEL, "sha256").digest()

    def of_session(self, row: "asyncpg.Record | dict[str, object]") -> bytes:
        """Of a session: whose it is, with which roles, until when, behind which cookie."""
        return self._mac("session", row, ("session_id", "token_digest", "operator_id", "roles", "expires_at"))

    def of_token(self, row: "asyncpg.Record | dict[str, object]") -> bytes:
        """Of an admin token: of which session, by which key, until when."""
        return self._mac("token", row, ("token_digest", "session_id", "key_id", "token_expires_at"))

    def of_key(self, row: "asyncpg.Record | dict[str, object]") -> bytes:
        """Of a security key: whose it is, and what it signs with."""
        return self._mac("key", row, ("key_id", "credential_id", "operator_id", "public_key", "invitation_id"))

    def of_invitation(self, invitation: Invitation) -> bytes:
        """Of an invitation, with the second person where there is one."""
        content = {**invitation.content(), "approved_by": invitation.approved_by}
        return hmac.new(self._key, canonical_json(["invitation", content]), "sha256").digest()

    def _mac(self, kind: str, row: "asyncpg.Record | dict[str, object]", names: tuple[str, ...]) -> bytes:
        return hmac.new(self._key, canonical_json([kind, *(_plain(row[name]) for name in names)]), "sha256").digest()


def is_same(stored: bytes, computed: bytes) -> bool:
    """Whether a stored MAC holds, in constant time."""
    return hmac.compare_digest(stored, computed)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return sorted(str(item) for item in value)
    return str(value)
