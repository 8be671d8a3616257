"""SQL of erasures; every function takes a connection in a transaction and never commits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
from altscore_libs.db import affected_rows

LOCK_SPACE = 7  # of advisory locks
SEEN_PRECISION = timedelta(days=1)
# Every number and user id of the people behind the phones $1, however often they changed, in whichever order it was
# told; a phone that another retailer than $2 has ends the way.
_IDENTITIES = """
WITH RECURSIVE reached(hash) AS (
    SELECT unnest($1::text[])
    UNION
    SELECT n.hash FROM reached r CROSS JOIN LATERAL (
        SELECT u.user_hash AS hash FROM users u WHERE u.phone_hash = r.hash
        UNION ALL SELECT u.phone_hash FROM users u WHERE u.user_hash = r.hash
        UNION ALL SELECT f.identity_hash FROM former_identities f WHERE f.former_phone_hash = r.hash
        UNION ALL SELECT f.identity_hash FROM former_identities f WHERE f.former_user_hash = r.hash
        UNION ALL SELECT unnest(ARRAY[f.former_phone_hash, f.former_user_hash]) FROM former_identities f
            WHERE f.identity_hash = r.hash
    ) n WHERE n.hash IS NOT NULL AND NOT EXISTS
        (SELECT FROM retailer_phones o WHERE o.phone_hash = n.hash AND o.retailer_id <> ALL($2))
)
SELECT hash FROM reached
"""


class Deleted(NamedTuple):
    """How many users' phones and bodies of deliveries were deleted."""

    users: int
    bodies: int


async def lock(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> None:
    """Waits for what is being linked to these retailers, and keeps others waiting until this transaction ends."""
    for retailer_id in sorted(retailer_ids):
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", retailer_id, LOCK_SPACE)


async def link(
    connection: asyncpg.Connection,
    retailer_ids: Sequence[str],
    *,
    phone_hash: str | None,
    message_hash: str,
    at: datetime,
) -> None:
    """Records whose phone and message these are; of an erased retailer nothing is recorded."""
    live = sorted(await live_retailers(connection, retailer_ids))
    if phone_hash is not None:
        await link_phones(connection, [(retailer_id, phone_hash) for retailer_id in live], at)
    await link_messages(connection, [(retailer_id, message_hash) for retailer_id in live])


async def live_retailers(connection: asyncpg.Connection, retailer_ids: Collection[str]) -> set[str]:
    """Those that are not erased, and none of them is until this transaction ends."""
    ids = sorted(set(retailer_ids))
    for retailer_id in ids:
        await connection.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, $2))", retailer_id, LOCK_SPACE
        )
    rows = await connection.fetch(  # sees what the locks waited for
        "SELECT id FROM unnest($1::text[]) AS id WHERE NOT EXISTS"
        " (SELECT FROM erased_retailers e WHERE e.retailer_id = id)",
        ids,
    )
    return {row["id"] for row in rows}


async def link_phones(connection: asyncpg.Connection, phones: Collection[tuple[str, str]], at: datetime) -> None:
    """Records which phones, by their hashes, are retailers' of `live_retailers`."""
    await connection.executemany(
        "INSERT INTO retailer_phones AS p (retailer_id, phone_hash, seen_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (retailer_id, phone_hash) DO UPDATE SET seen_at = excluded.seen_at"
        " WHERE p.seen_at < excluded.seen_at - $4::interval",
        [(retailer_id, phone_hash, at, SEEN_PRECISION) for retailer_id, phone_hash in sorted(set(phones))],
    )


async def link_messages(connection: asyncpg.Connection, messages: Collection[tuple[str, str]]) -> None:
    """Records which messages, by their hashes, retailers' bodies hold; of an erased retailer it links none."""
    await connection.executemany(
        "INSERT INTO retailer_messages (retailer_id, message_hash) SELECT $1, $2"
        " WHERE NOT EXISTS (SELECT FROM erased_retailers WHERE retailer_id = $1) ON CONFLICT DO NOTHING",
        sorted(set(messages)),
    )


async def add(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], *, request_id: str, erased_at: datetime, at: datetime
) -> None:
    """Records for good that retailers are erased; a record that stands stays."""
    await connection.execute(
        "INSERT INTO erased_retailers (retailer_id, request_id, erased_at, applied_at)"
        " SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        list(retailer_ids),
        request_id,
        erased_at,
        at,
    )


async def delete(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> Deleted:
    """Deletes the phones of retailers, unless another retailer has them too, and the bodies of their messages.

    With a phone go those that its user had before and since, by every change of number or user id that was told.
    A body that holds a message still to be decided stays until then, and goes by its age. Of messages their keyed
    hashes stay, linked to nobody.
    """
    ids = list(retailer_ids)
    rows = await connection.fetch(_IDENTITIES, await _phones_of(connection, ids), ids)
    identities = [row["hash"] for row in rows]
    users = await connection.execute("DELETE FROM users WHERE phone_hash = ANY($1)", identities)
    await connection.execute(
        "DELETE FROM former_identities WHERE identity_hash = ANY($1) OR former_user_hash = ANY($1)"
        " OR former_phone_hash = ANY($1)",
        identities,
    )
    status = await connection.execute(
        "DELETE FROM deliveries d WHERE d.delivery_id IN (SELECT m.delivery_id FROM messages m"
        " JOIN retailer_messages r USING (message_hash) WHERE r.retailer_id = ANY($1))"
        " AND NOT EXISTS (SELECT FROM messages m WHERE m.delivery_id = d.delivery_id AND m.status = 'pending')",
        ids,
    )
    await connection.execute("DELETE FROM retailer_messages WHERE retailer_id = ANY($1)", ids)
    await connection.execute("DELETE FROM retailer_phones WHERE retailer_id = ANY($1)", ids)
    return Deleted(users=affected_rows(users), bodies=affected_rows(status))


async def _phones_of(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[str]:
    rows = await connection.fetch(
        "SELECT DISTINCT p.phone_hash FROM retailer_phones p WHERE p.retailer_id = ANY($1) AND NOT EXISTS"
        " (SELECT FROM retailer_phones o WHERE o.phone_hash = p.phone_hash AND o.retailer_id <> ALL($1))",
        list(retailer_ids),
    )
    return [row["phone_hash"] for row in rows]


async def purge_phones(connection: asyncpg.Connection, before: datetime) -> None:
    """Deletes links to phones last seen before, by index retailer_phones_by_time."""
    await connection.execute("DELETE FROM retailer_phones WHERE seen_at < $1", before)
