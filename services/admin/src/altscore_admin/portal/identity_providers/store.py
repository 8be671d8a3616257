"""SQL of identity providers and their drafts; every function takes a connection and never commits.

A kind of organisations has two tables of its own, of the same columns.
"""

from datetime import datetime

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.identity_providers.domain import Stated
from altscore_admin.portal.people.domain import Organisation
from altscore_admin.portal.sessions.domain import Kind

_PUT_PROVIDER = """
INSERT INTO {kind}_identity_provider (organisation_id, protocol, issuer, client_id, client_secret_ciphertext, entity_id,
    sso_url, certificates_pem, email_attribute, updated_at, draft_id)
SELECT organisation_id, protocol, issuer, client_id, client_secret_ciphertext, entity_id,
    sso_url, certificates_pem, email_attribute, $2, draft_id
FROM {kind}_identity_provider_draft WHERE draft_id = $1
ON CONFLICT (organisation_id) DO UPDATE SET protocol = excluded.protocol, issuer = excluded.issuer,
    client_id = excluded.client_id, client_secret_ciphertext = excluded.client_secret_ciphertext,
    entity_id = excluded.entity_id, sso_url = excluded.sso_url, certificates_pem = excluded.certificates_pem,
    email_attribute = excluded.email_attribute, updated_at = excluded.updated_at, draft_id = excluded.draft_id
"""
_ADD_DRAFT = """
INSERT INTO {kind}_identity_provider_draft (draft_id, organisation_id, organisation_name, created_at, protocol, issuer,
    client_id, client_secret_ciphertext, entity_id, sso_url, certificates_pem, email_attribute)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_CONFIGURED = """
SELECT protocol, issuer, client_id, entity_id, sso_url, certificates_pem, email_attribute, updated_at, draft_id
FROM {kind}_identity_provider WHERE organisation_id = $1
"""
_DRAFT = """
SELECT protocol, issuer, client_id, entity_id, sso_url, certificates_pem, email_attribute, organisation_name, created_at
FROM {kind}_identity_provider_draft WHERE draft_id = $1 AND organisation_id = $2 FOR UPDATE
"""
_REMOVE_DRAFT = "DELETE FROM {kind}_identity_provider_draft WHERE draft_id = $1"
_REMOVE_DRAFTS = "DELETE FROM {kind}_identity_provider_draft WHERE created_at < $1"


async def configured_provider(
    connection: asyncpg.Connection, kind: Kind, organisation_id: str
) -> asyncpg.Record | None:
    """An organisation's identity provider as operators see it, by primary key."""
    return await connection.fetchrow(_CONFIGURED.format(kind=kind), organisation_id)


async def add_draft(
    connection: asyncpg.Connection, draft_id: str, organisation: Organisation, *, stated: Stated, at: datetime
) -> None:
    """Stores a provider that signs nobody in yet."""
    statement = _ADD_DRAFT.format(kind=organisation.kind)
    await connection.execute(statement, draft_id, organisation.organisation_id, organisation.name, at, *stated)


async def draft_of(
    connection: asyncpg.Connection, kind: Kind, organisation_id: str, *, draft_id: str
) -> asyncpg.Record | None:
    """An organisation's draft, locked so that it is activated once at a time."""
    return await connection.fetchrow(_DRAFT.format(kind=kind), draft_id, organisation_id)


async def activate(connection: asyncpg.Connection, kind: Kind, draft_id: str, *, at: datetime) -> None:
    """The draft becomes the organisation's provider, and is a draft no more."""
    await connection.execute(_PUT_PROVIDER.format(kind=kind), draft_id, at)
    await connection.execute(_REMOVE_DRAFT.format(kind=kind), draft_id)


async def remove_drafts(connection: asyncpg.Connection, kind: Kind, before: datetime) -> int:
    """Removes drafts of before then; how many, by the index of their time."""
    return affected_rows(await connection.execute(_REMOVE_DRAFTS.format(kind=kind), before))
