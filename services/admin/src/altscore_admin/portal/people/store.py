"""SQL of people and organisations; every function takes a connection and never commits."""

from datetime import datetime

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.people.domain import Organisation

_PUT_ORGANISATION = """
INSERT INTO organisation (kind, organisation_id, name, lender_scope, purpose)
VALUES ($1, $2, $3, coalesce($4::text[], '{}'), $5)
ON CONFLICT (kind, organisation_id) DO UPDATE SET name = excluded.name,
    lender_scope = coalesce($4::text[], organisation.lender_scope), purpose = coalesce($5, organisation.purpose)
"""
_ADD = """
INSERT INTO person (person_id, kind, organisation_id, email_digest, email_ciphertext, phone_ciphertext, language,
    enrolled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (kind, email_digest) DO NOTHING
"""
_OF_EMAIL = """
SELECT person_id, kind, organisation_id, email_ciphertext, phone_ciphertext, language, oidc_subject_digest,
    p.suspended_at IS NOT NULL OR o.suspended_at IS NOT NULL AS is_suspended,
    EXISTS (SELECT FROM distributor_identity_provider i
            WHERE i.kind = p.kind AND i.organisation_id = p.organisation_id) AS has_own_provider
FROM person p JOIN organisation o USING (kind, organisation_id) WHERE kind = $1 AND email_digest = $2
"""
_LISTED = """
SELECT person_id, email_ciphertext, phone_ciphertext, language, enrolled_at, suspended_at FROM person
WHERE kind = $1 AND organisation_id = $2 AND person_id > $3 ORDER BY person_id LIMIT $4
"""


async def put_organisation(connection: asyncpg.Connection, organisation: Organisation) -> None:
    """Adds an organisation, or changes its name and what its invites may say."""
    scope = None if organisation.lender_scope is None else list(organisation.lender_scope)
    await connection.execute(
        _PUT_ORGANISATION,
        organisation.kind,
        organisation.organisation_id,
        organisation.name,
        scope,
        organisation.purpose,
    )


async def organisation(connection: asyncpg.Connection, kind: str, organisation_id: str) -> asyncpg.Record | None:
    """An organisation by primary key."""
    return await connection.fetchrow(
        "SELECT name, lender_scope, purpose, suspended_at FROM organisation WHERE kind = $1 AND organisation_id = $2",
        kind,
        organisation_id,
    )


async def add(connection: asyncpg.Connection, **person: object) -> bool:
    """Adds a person; False when the e-mail address is enrolled already."""
    names = ("person_id", "kind", "organisation_id", "email_digest", "email_ciphertext", "phone_ciphertext")
    values = [person[name] for name in (*names, "language", "enrolled_at")]
    return affected_rows(await connection.execute(_ADD, *values)) == 1


async def of_email(connection: asyncpg.Connection, kind: str, digest: bytes) -> asyncpg.Record | None:
    """Whose e-mail address that is, by the unique index of kind and digest.

    `has_own_provider`: of a distributor, whose people sign in there and nowhere else.
    """
    return await connection.fetchrow(_OF_EMAIL, kind, digest)


async def contact(connection: asyncpg.Connection, person_id: str) -> asyncpg.Record | None:
    """Where a person is written to, by primary key; None while they or their organisation are suspended."""
    return await connection.fetchrow(
        "SELECT email_ciphertext, phone_ciphertext, language FROM person p JOIN organisation o"
        " USING (kind, organisation_id) WHERE person_id = $1 AND p.suspended_at IS NULL AND o.suspended_at IS NULL",
        person_id,
    )


async def change_contact(
    connection: asyncpg.Connection, person_id: str, *, phone_ciphertext: bytes | None, language: str
) -> None:
    """Changes a person's phone and language; a provider's subject is bound anew, and no code of before counts."""
    await connection.execute(
        "UPDATE person SET phone_ciphertext = $2, language = $3, oidc_subject_digest = NULL WHERE person_id = $1",
        person_id,
        phone_ciphertext,
        language,
    )
    await connection.execute("DELETE FROM challenge WHERE person_id = $1", person_id)


async def pin_subject(connection: asyncpg.Connection, person_id: str, digest: bytes) -> bool:
    """Binds a person to the provider's subject at their first sign-in; False when it is bound to another one."""
    status = await connection.execute(
        "UPDATE person SET oidc_subject_digest = $2 WHERE person_id = $1"
        " AND (oidc_subject_digest IS NULL OR oidc_subject_digest = $2)",
        person_id,
        digest,
    )
    return affected_rows(status) == 1


async def unbind_subjects(connection: asyncpg.Connection, kind: str, organisation_id: str) -> None:
    """Forgets to which subjects of a provider an organisation's people were bound."""
    await connection.execute(
        "UPDATE person SET oidc_subject_digest = NULL WHERE kind = $1 AND organisation_id = $2", kind, organisation_id
    )


async def lock(connection: asyncpg.Connection, person_id: str, organisation_id: str, *, kind: str) -> bool:
    """Locks a person of an organisation; False for nobody of theirs."""
    statement = "SELECT true FROM person WHERE person_id = $1 AND organisation_id = $2 AND kind = $3 FOR UPDATE"
    return await connection.fetchval(statement, person_id, organisation_id, kind) is not None


async def remove(connection: asyncpg.Connection, person_id: str) -> None:
    """Removes a person, whom the caller has locked, with what hangs on them."""
    await connection.execute("DELETE FROM session WHERE person_id = $1", person_id)
    await connection.execute("DELETE FROM challenge WHERE person_id = $1", person_id)
    await connection.execute("DELETE FROM person WHERE person_id = $1", person_id)


async def listed(
    connection: asyncpg.Connection, kind: str, organisation_id: str, *, after: str, limit: int
) -> list[asyncpg.Record]:
    """People of an organisation by id, by index person_of_organisation."""
    return list(await connection.fetch(_LISTED, kind, organisation_id, after, limit))


async def set_suspended(
    connection: asyncpg.Connection, person_id: str, organisation_id: str, *, kind: str, at: datetime | None
) -> bool:
    """Suspends a person of an organisation, or with None lets them in again; False for nobody of theirs."""
    status = await connection.execute(
        "UPDATE person"
        " SET suspended_at = CASE WHEN $4::timestamptz IS NULL THEN NULL ELSE coalesce(suspended_at, $4) END"
        " WHERE person_id = $1 AND organisation_id = $2 AND kind = $3",
        person_id,
        organisation_id,
        kind,
        at,
    )
    return affected_rows(status) == 1


async def set_organisation_suspended(
    connection: asyncpg.Connection, kind: str, organisation_id: str, at: datetime | None
) -> bool:
    """Suspends all people of an organisation, or with None lets them in again; False for an unknown one."""
    status = await connection.execute(
        "UPDATE organisation"
        " SET suspended_at = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE coalesce(suspended_at, $3) END"
        " WHERE kind = $1 AND organisation_id = $2",
        kind,
        organisation_id,
        at,
    )
    return affected_rows(status) == 1
