"""SQL of batches that are taken in again; every function takes a connection and never commits."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import asyncpg

from altscore_ingestion.batches.domain import SubjectIdentity
from altscore_ingestion.recovery.domain import Manifest, unknown_body


async def distributor_ids(connection: asyncpg.Connection) -> list[str]:
    """Every known distributor."""
    rows = await connection.fetch("SELECT distributor_id FROM distributor ORDER BY distributor_id")
    return [row["distributor_id"] for row in rows]


async def complete_batches(connection: asyncpg.Connection, batch_ids: Sequence[str]) -> set[str]:
    """Which of these batches count already, by primary key."""
    rows = await connection.fetch(
        "SELECT batch_id FROM batch WHERE batch_id = ANY($1::text[]) AND state = 'complete'", list(batch_ids)
    )
    return {row["batch_id"] for row in rows}


async def insert_recovered(connection: asyncpg.Connection, manifest: Manifest, *, uri: str, sha256: str) -> None:
    """Makes a batch count that Bronze shows; what its sender called it is not known any more where it was forgotten."""
    await connection.execute(
        """
        INSERT INTO batch (batch_id, distributor_id, client_batch_id, body_sha256, erp_type, state, received_at,
            completed_at, submitted, accepted, quarantined, duplicate, manifest_uri, manifest_sha256, recovered_at)
        VALUES ($1, $2, $3, $4, $5, 'complete', $6, $6, $7, $8, $9, $10, $11, $12, now())
        ON CONFLICT (batch_id) DO UPDATE SET
            state = 'complete', completed_at = excluded.completed_at, accepted = excluded.accepted,
            quarantined = excluded.quarantined, duplicate = excluded.duplicate, manifest_uri = excluded.manifest_uri,
            manifest_sha256 = excluded.manifest_sha256, recovered_at = excluded.recovered_at
        """,
        manifest.batch_id,
        manifest.distributor_id,
        uuid5(NAMESPACE_URL, manifest.batch_id),
        unknown_body(manifest.batch_id),
        manifest.erp_type,
        manifest.ingested_at,
        *manifest.counts,
        uri,
        sha256,
    )


async def insert_unknown_subjects(
    connection: asyncpg.Connection, distributor_id: str, subjects: Sequence[SubjectIdentity]
) -> None:
    """Stores identities of which no line of the customer master is known."""
    await connection.executemany(
        """
        INSERT INTO subject (distributor_id, subject_token, sealed_identity, gst_status) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """,
        [(distributor_id, *subject) for subject in subjects],
    )
