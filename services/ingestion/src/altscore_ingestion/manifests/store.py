"""SQL of manifests that are owed; every function takes a connection and never commits."""

from typing import NamedTuple

import asyncpg

from altscore_ingestion.batches.domain import Counts
from altscore_ingestion.manifests.domain import PendingManifest


class CompleteBatch(NamedTuple):
    """A batch that counts, and the manifest that the database recorded for it."""

    batch_id: str
    manifest_uri: str
    manifest_sha256: str


async def complete_batches(connection: asyncpg.Connection, after: str, limit: int) -> list[CompleteBatch]:
    """Complete batches whose manifest is in Bronze, by id from `after` on; by the primary key."""
    rows = await connection.fetch(
        """
        SELECT batch_id, manifest_uri, manifest_sha256 FROM batch
        WHERE batch_id > $1 AND state = 'complete'
            AND NOT EXISTS (SELECT FROM pending_manifest owed WHERE owed.batch_id = batch.batch_id)
        ORDER BY batch_id LIMIT $2
        """,
        after,
        limit,
    )
    return [CompleteBatch(**row) for row in rows]


async def insert_pending(connection: asyncpg.Connection, pending: PendingManifest) -> None:
    """Stores the manifest of a batch that counts from this transaction on."""
    await connection.execute(
        "INSERT INTO pending_manifest (batch_id, distributor_id, body, invoiced_inr) VALUES ($1, $2, $3, $4)",
        pending.batch_id,
        pending.distributor_id,
        pending.body,
        pending.invoiced_inr,
    )


async def pending_manifests(connection: asyncpg.Connection, distributor_id: str) -> list[PendingManifest]:
    """Manifests of the distributor that are not in Bronze, or not known to be, oldest batch first."""
    rows = await connection.fetch(
        """
        SELECT p.batch_id, p.distributor_id, p.body, p.invoiced_inr, b.erp_type, b.manifest_uri AS uri,
            b.event_id, b.submitted, b.accepted, b.quarantined, b.duplicate, b.completeness
        FROM pending_manifest p JOIN batch b USING (batch_id)
        WHERE p.distributor_id = $1 ORDER BY b.completed_at, p.batch_id
        """,
        distributor_id,
    )
    return [
        PendingManifest(
            batch_id=row["batch_id"],
            distributor_id=row["distributor_id"],
            erp_type=row["erp_type"],
            uri=row["uri"],
            body=bytes(row["body"]),
            event_id=row["event_id"],
            counts=Counts(*(row[name] for name in Counts._fields)),
            completeness=row["completeness"],
            invoiced_inr=row["invoiced_inr"],
        )
        for row in rows
    ]


async def delete_pending(connection: asyncpg.Connection, batch_id: str) -> bool:
    """Notes that a manifest is in Bronze; False when that was noted before."""
    tag: str = await connection.execute("DELETE FROM pending_manifest WHERE batch_id = $1", batch_id)
    return tag == "DELETE 1"


async def distributors_with_pending(connection: asyncpg.Connection) -> list[str]:
    """Whose manifests are waiting, by index pending_manifest_of_distributor."""
    rows = await connection.fetch("SELECT DISTINCT distributor_id FROM pending_manifest ORDER BY distributor_id")
    return [row["distributor_id"] for row in rows]
