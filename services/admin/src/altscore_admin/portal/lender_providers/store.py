"""SQL of lenders' identity providers and their drafts; every function takes a connection and never commits."""

from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.db import affected_rows

_PUT_PROVIDER = """
INSERT INTO lender_identity_provider (organisation_id, issuer, client_id, client_secret_ciphertext, updated_at,
    draft_id)
SELECT organisation_id, issuer, client_id, client_secret_ciphertext, $2, draft_id
FROM lender_identity_provider_draft WHERE draft_id = $1
ON CONFLICT (organisation_id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
    client_secret_ciphertext = excluded.client_secret_ciphertext, updated_at = excluded.updated_at,
    draft_id = excluded.draft_id
"""
_ADD_DRAFT = """
INSERT INTO lender_identity_provider_draft (draft_id, organisation_id, organisation_name, issuer, client_id,
    client_secret_ciphertext, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def configured_provider(connection: asyncpg.Connection, organisation_id: str) -> asyncpg.Record | None:
    """A lender's identity provider as operators see it, by primary key."""
    return await connection.fetchrow(
        "SELECT issuer, client_id, updated_at, draft_id FROM lender_identity_provider WHERE organisation_id = $1",
        organisation_id,
    )


async def add_draft(connection: asyncpg.Connection, **draft: Any) -> None:
    """Stores a provider that signs nobody in yet."""
    names = ("draft_id", "organisation_id", "organisation_name", "issuer", "client_id", "client_secret_ciphertext")
    await connection.execute(_ADD_DRAFT, *(draft[name] for name in (*names, "created_at")))


async def draft_of(connection: asyncpg.Connection, organisation_id: str, draft_id: str) -> asyncpg.Record | None:
    """A lender's draft, locked so that it is activated once at a time."""
    return await connection.fetchrow(
        "SELECT organisation_name, issuer, client_id, created_at FROM lender_identity_provider_draft"
        " WHERE draft_id = $1 AND organisation_id = $2 FOR UPDATE",
        draft_id,
        organisation_id,
    )


async def activate(connection: asyncpg.Connection, draft_id: str, at: datetime) -> None:
    """The draft becomes the lender's provider, and is a draft no more."""
    await connection.execute(_PUT_PROVIDER, draft_id, at)
    await connection.execute("DELETE FROM lender_identity_provider_draft WHERE draft_id = $1", draft_id)


async def remove_drafts(connection: asyncpg.Connection, before: datetime) -> int:
    """Removes drafts of before then; how many (index lender_identity_provider_draft_age)."""
    return affected_rows(
        await connection.execute("DELETE FROM lender_identity_provider_draft WHERE created_at < $1", before)
    )
