"""SQL of sign-ins at identity providers; every function takes a connection and never commits."""

from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.sessions.domain import Kind

_ADD = """
INSERT INTO oidc_login (state_digest, browser_digest, kind, organisation_id, issuer, ciphertext, next_path, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_PROVIDER = """
SELECT protocol, issuer, client_id, client_secret_ciphertext FROM {kind}_identity_provider p
JOIN organisation o USING (kind, organisation_id) WHERE organisation_id = $1 AND o.suspended_at IS NULL
"""


async def add_login(connection: asyncpg.Connection, **login: Any) -> None:
    """Stores a sign-in that has begun."""
    names = ("state_digest", "browser_digest", "kind", "organisation_id", "issuer", "ciphertext", "next_path")
    await connection.execute(_ADD, *(login[name] for name in (*names, "expires_at")))


async def take_login(connection: asyncpg.Connection, state_digest: bytes) -> asyncpg.Record | None:
    """Takes a sign-in away, so that its state counts once."""
    return await connection.fetchrow("DELETE FROM oidc_login WHERE state_digest = $1 RETURNING *", state_digest)


async def remove_expired(connection: asyncpg.Connection, now: datetime) -> int:
    """Removes sign-ins that nobody completed; how many (index oidc_login_expiry)."""
    return affected_rows(await connection.execute("DELETE FROM oidc_login WHERE expires_at <= $1", now))


async def provider_of(connection: asyncpg.Connection, kind: Kind, organisation_id: str) -> asyncpg.Record | None:
    """An organisation's own identity provider, by primary key; None without one or while it is suspended."""
    return await connection.fetchrow(_PROVIDER.format(kind=kind), organisation_id)
