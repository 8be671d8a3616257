"""SQL of sessions; every function takes a connection and never commits."""

from datetime import datetime

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.sessions.domain import Person, Session, SignIn

# Suspension is looked up with every request, so that it holds from the moment it is committed.
_FIND = """
SELECT s.sign_in, s.started_at, s.seen_at, s.expires_at, p.person_id, p.kind, p.organisation_id, p.language, o.name
FROM session s JOIN person p USING (person_id) JOIN organisation o USING (kind, organisation_id)
WHERE s.token_digest = $1 AND s.ended_at IS NULL AND p.suspended_at IS NULL AND o.suspended_at IS NULL
"""
_ADD = """
INSERT INTO session (token_digest, person_id, sign_in, started_at, seen_at, expires_at)
SELECT $1, p.person_id, $3, $4, $4, $5
FROM person p JOIN organisation o USING (kind, organisation_id)
WHERE p.person_id = $2 AND p.suspended_at IS NULL AND o.suspended_at IS NULL
FOR SHARE
"""


async def find(connection: asyncpg.Connection, digest: bytes) -> Session | None:
    """The session of a token that was not ended, of a person who is not suspended (primary keys)."""
    row = await connection.fetchrow(_FIND, digest)
    if row is None:
        return None
    return Session(
        person=Person(row["person_id"], row["kind"], row["organisation_id"]),
        organisation_name=row["name"],
        language=row["language"],
        sign_in=row["sign_in"],
        started_at=row["started_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )


async def add(
    connection: asyncpg.Connection, digest: bytes, *, person_id: str, sign_in: SignIn, at: datetime, until: datetime
) -> bool:
    """Stores a session; False when the person or the organisation is suspended."""
    return affected_rows(await connection.execute(_ADD, digest, person_id, sign_in, at, until)) == 1


async def see(connection: asyncpg.Connection, digest: bytes, at: datetime) -> None:
    """Records the use of a session; an older use never takes the place of a later one."""
    await connection.execute("UPDATE session SET seen_at = $2 WHERE token_digest = $1 AND seen_at < $2", digest, at)


async def end(connection: asyncpg.Connection, digest: bytes, at: datetime) -> bool:
    """Ends a session; False when it was over."""
    status = await connection.execute(
        "UPDATE session SET ended_at = $2 WHERE token_digest = $1 AND ended_at IS NULL", digest, at
    )
    return affected_rows(status) == 1


async def end_all(connection: asyncpg.Connection, person_id: str, at: datetime) -> int:
    """Ends every session of a person; how many (index session_of_person)."""
    return affected_rows(
        await connection.execute(
            "UPDATE session SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL", person_id, at
        )
    )


async def end_all_of_organisation(
    connection: asyncpg.Connection, kind: str, organisation_id: str, *, at: datetime
) -> int:
    """Ends every session of an organisation's people; how many."""
    return affected_rows(
        await connection.execute(
            "UPDATE session SET ended_at = $3 FROM person p WHERE session.person_id = p.person_id AND p.kind = $1"
            " AND p.organisation_id = $2 AND ended_at IS NULL",
            kind,
            organisation_id,
            at,
        )
    )


async def remove_expired(connection: asyncpg.Connection, before: datetime) -> int:
    """Removes sessions whose time was over by then; how many (index session_expiry)."""
    return affected_rows(await connection.execute("DELETE FROM session WHERE expires_at < $1", before))
