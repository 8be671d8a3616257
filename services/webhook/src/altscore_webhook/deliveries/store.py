"""SQL of deliveries and their items; every function takes a connection in a transaction and never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from altscore_libs.db import affected_rows

from altscore_webhook.deliveries.domain import Item, ItemKind
from altscore_webhook.deliveries.envelope import Envelope


async def known_hashes(connection: asyncpg.Connection, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that were received before."""
    rows = await connection.fetch("SELECT message_hash FROM messages WHERE message_hash = ANY($1)", list(hashes))
    return {row["message_hash"] for row in rows}


async def add_delivery(
    connection: asyncpg.Connection, delivery_id: UUID, envelope: Envelope, at: datetime, *, signature: str
) -> None:
    """Keeps a delivery with the provider's signature, by which consent verifies it."""
    await connection.execute(
        "INSERT INTO deliveries (delivery_id, received_at, wrapped_key, sealed, signature) VALUES ($1, $2, $3, $4, $5)",
        delivery_id,
        at,
        envelope.wrapped_key,
        envelope.ciphertext,
        signature,
    )


async def add_items(
    connection: asyncpg.Connection,
    delivery_id: UUID | None,
    items: Sequence[tuple[str, Item]],
    at: datetime,
    *,
    hashes: Mapping[str, str],
) -> None:
    """Adds the items that are new; a message waits for the worker, a status is done when it is counted.

    Args:
        connection: in a transaction.
        delivery_id: of the delivery that holds them, None when its body is not kept.
        items: with the hash of each.
        at: when they came.
        hashes: of edited or deleted messages and of user ids, by these.
    """
    await connection.executemany(
        "INSERT INTO messages (message_hash, delivery_id, place, kind, status, outcome, received_at, next_attempt_at,"
        " finished_at, replaces_hash, user_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)"
        " ON CONFLICT DO NOTHING",
        [
            (
                message_hash,
                delivery_id,
                list(item.place),
                item.kind,
                "pending" if item.kind is ItemKind.MESSAGE else "done",
                item.status,
                at,
                None if item.kind is ItemKind.MESSAGE else at,
                hashes[item.replaces] if item.replaces else None,
                hashes[item.hidden_user_id] if item.hidden_user_id else None,
            )
            for message_hash, item in items
        ],
    )


async def add_sent_messages(connection: asyncpg.Connection, invites_by_hash: Mapping[str, str], at: datetime) -> None:
    """Records which invites messages of ours, by their hashes, were about; the first report stands."""
    if invites_by_hash:
        await connection.executemany(
            "INSERT INTO sent_messages (message_hash, invite_id, seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [(message_hash, invite_id, at) for message_hash, invite_id in invites_by_hash.items()],
        )


async def purge(connection: asyncpg.Connection, *, payloads_before: datetime, hashes_before: datetime) -> int:
    """Deletes raw deliveries whose messages are all done, and later their hashes; returns how many deliveries."""
    status = await connection.execute(
        "DELETE FROM deliveries d WHERE received_at < $1 AND NOT EXISTS"
        " (SELECT FROM messages m WHERE m.delivery_id = d.delivery_id AND m.status <> 'done')",
        payloads_before,
    )
    await connection.execute("DELETE FROM messages WHERE status = 'done' AND finished_at < $1", hashes_before)
    await connection.execute("DELETE FROM sent_messages WHERE seen_at < $1", hashes_before)
    return affected_rows(status)
