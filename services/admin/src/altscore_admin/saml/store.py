"""SQL of SAML responses that were used; takes a connection, never commits."""

from datetime import datetime

import asyncpg

_USE = """
INSERT INTO saml_responses (assertion_id, request_id, expires_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING assertion_id
"""


async def use_response(
    connection: asyncpg.Connection, assertion_id: str, *, request_id: str, expires_at: datetime
) -> bool:
    """Marks an assertion and the request that it answers as used; False when either was."""
    return await connection.fetchval(_USE, assertion_id, request_id, expires_at) is not None


async def delete_expired(connection: asyncpg.Connection, now: datetime) -> None:
    """Deletes what would be refused as too old anyway (index saml_responses_expiry)."""
    await connection.execute("DELETE FROM saml_responses WHERE expires_at < $1", now)
