"""SQL of lenders' SAML providers; takes a connection, never commits."""

import asyncpg

from altscore_admin.portal.saml.domain import SamlProvider


async def provider_of_lender(connection: asyncpg.Connection, organisation_id: str) -> SamlProvider | None:
    """A lender's SAML provider, by primary key; None without one or while the lender is suspended."""
    row = await connection.fetchrow(
        "SELECT draft_id, entity_id, sso_url, certificates_pem, email_attribute FROM lender_identity_provider p"
        " JOIN organisation o USING (kind, organisation_id)"
        " WHERE organisation_id = $1 AND protocol = 'saml' AND o.suspended_at IS NULL",
        organisation_id,
    )
    return None if row is None else SamlProvider(**row)
