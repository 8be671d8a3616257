"""SQL of lenders' identity providers and their drafts; every function takes a connection and never commits."""

from datetime import datetime

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.lender_providers.domain import Stated
from altscore_admin.portal.people.domain import Organisation

_PUT_PROVIDER = """
INSERT INTO lender_identity_provider (organisation_id, protocol, issuer, client_id, client_secret_ciphertext, entity_id,
    sso_url, certificates_pem, email_attribute, updated_at, draft_id)
SELECT organisation_id, protocol, issuer, client_id, client_secret_ciphertext, entity_id,
    sso_url, certificates_pem, email_attribute, $2, draft_id
FROM lender_identity_provider_draft WHERE draft_id = $1
ON CONFLICT (organisation_id) DO UPDATE SET protocol = excluded.protocol, issuer = excluded.issuer,
    client_id = excluded.client_id, client_secret_ciphertext = excluded.client_secret_ciphertext,
    entity_id = excluded.entity_id, sso_url = excluded.sso_url, certificates_pem = excluded.certificates_pem,
    email_attribute = excluded.email_attribute, updated_at = excluded.updated_at, draft_id = excluded.draft_id
"""
_ADD_DRAFT = """
INSERT INTO lender_identity_provider_draft (draft_id, organisation_id, organisation_name, created_at, protocol, issuer,
    client_id, client_secret_ciphertext, entity_id, sso_url, certificates_pem, email_attribute)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_CONFIGURED = """
SELECT protocol, issuer, client_id, entity_id, sso_url, certificates_pem, email_attribute, updated_at, draft_id
FROM lender_identity_provider WHERE organisation_id = $1
"""
_DRAFT = """
SELECT protocol, issuer, client_id, entity_id, sso_url, certificates_pem, email_attribute, organisation_name, created_at
FROM lender_identity_provider_draft WHERE draft_id = $1 AND organisation_id = $2 FOR UPDATE
"""


async def configured_provider(connection: asyncpg.Connection, organisation_id: str) -> asyncpg.Record | None:
    """A lender's identity provider as operators see it, by primary key."""
    return await connection.fetchrow(_CONFIGURED, organisation_id)


async def add_draft(
    connection: asyncpg.Connection, draft_id: str, organisation: Organisation, *, stated: Stated, at: datetime
) -> None:
    """Stores a provider that signs nobody in yet."""
    await connection.execute(_ADD_DRAFT, draft_id, organisation.organisation_id, organisation.name, at, *stated)


async def draft_of(connection: asyncpg.Connection, organisation_id: str, draft_id: str) -> asyncpg.Record | None:
    """A lender's draft, locked so that it is activated once at a time."""
    return await connection.fetchrow(_DRAFT, draft_id, organisation_id)


async def activate(connection: asyncpg.Connection, draft_id: str, at: datetime) -> None:
    """The draft becomes the lender's provider, and is a draft no more."""
    await connection.execute(_PUT_PROVIDER, draft_id, at)
    await connection.execute("DELETE FROM lender_identity_provider_draft WHERE draft_id = $1", draft_id)


async def remove_drafts(connection: asyncpg.Connection, before: datetime) -> int:
    """Removes drafts of before then; how many (index lender_identity_provider_draft_age)."""
    return affected_rows(
        await connection.execute("DELETE FROM lender_identity_provider_draft WHERE created_at < $1", before)
    )
