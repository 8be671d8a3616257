"""SQL of SSH keys and landed files; every function takes a connection and never commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.db import affected_rows
from altscore_libs.state_gauges import Measure

from altscore_ingestion.distributors.domain import SftpAccount
from altscore_ingestion.landings.domain import LandedFile, Report, SshKey

MEASURES = (
    Measure(
        name="altscore_ingest_landed_files_waiting",
        help="Files put by SFTP that were not read yet.",
        query="SELECT count(*) FROM landed_file WHERE state = 'waiting'",
    ),
    Measure(
        name="altscore_ingest_oldest_landed_file_age_seconds",
        help="Age of the file put by SFTP that has waited longest to be read; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(landed_at)), 0) FROM landed_file WHERE state = 'waiting'",
    ),
)
_ACCOUNT = """
    SELECT d.distributor_id, d.is_active AND NOT d.is_suspended AS is_active, d.backfill_open_until,
        d.max_amount_inr, k.fingerprint, k.revoked_at IS NOT NULL AS is_key_revoked
    FROM sftp_key k JOIN distributor d USING (distributor_id)
    WHERE k.distributor_id = $1 AND k.fingerprint = $2
"""


async def find_account(connection: asyncpg.Connection, distributor_id: str, fingerprint: str) -> SftpAccount | None:
    """The account behind a name and a key of its, by primary key; None when they do not agree."""
    row = await connection.fetchrow(_ACCOUNT, distributor_id, fingerprint)
    return None if row is None else SftpAccount(**row)


async def lock_account(connection: asyncpg.Connection, account: SftpAccount) -> SftpAccount | None:
    """The same account as it stands now; what would revoke its key waits for this transaction's end."""
    row = await connection.fetchrow(f"{_ACCOUNT} FOR SHARE OF k", account.distributor_id, account.fingerprint)
    return None if row is None else SftpAccount(**row)


async def insert_sftp_key(connection: asyncpg.Connection, distributor_id: str, key: SshKey, now: datetime) -> bool:
    """Registers a key; False when it was registered before, by whomever."""
    tag: str = await connection.execute(
        """
        INSERT INTO sftp_key (fingerprint, distributor_id, public_key, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """,
        key.fingerprint,
        distributor_id,
        key.public_key,
        now,
    )
    return tag == "INSERT 0 1"


async def revoke_sftp_keys(connection: asyncpg.Connection, distributor_id: str, now: datetime) -> int:
    """Revokes every SSH key of the distributor; how many were accepted until now."""
    tag: str = await connection.execute(
        "UPDATE sftp_key SET revoked_at = $2 WHERE distributor_id = $1 AND revoked_at IS NULL", distributor_id, now
    )
    return affected_rows(tag)


async def lock_landings(connection: asyncpg.Connection, distributor_id: str) -> int:
    """How many files of a distributor wait; others that put a file wait for this transaction's end."""
    await connection.execute("SELECT FROM distributor WHERE distributor_id = $1 FOR NO KEY UPDATE", distributor_id)
    waiting: int = await connection.fetchval(
        "SELECT count(*) FROM landed_file WHERE distributor_id = $1 AND state = 'waiting'", distributor_id
    )
    return waiting


async def insert_landed(
    connection: asyncpg.Connection,
    account: SftpAccount,
    file_name: str,
    *,
    client_upload_id: UUID,
    size: int,
    key_wrapped: bytes,
    content: bytes,
    now: datetime,
) -> int:
    """Stores a finished file; its number, which is also its order."""
    landed_id: int = await connection.fetchval(
        """
        INSERT INTO landed_file (distributor_id, fingerprint, file_name, client_upload_id, size, key_wrapped, content,
            landed_at, next_try_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING landed_id
        """,
        account.distributor_id,
        account.fingerprint,
        file_name,
        client_upload_id,
        size,
        key_wrapped,
        content,
        now,
    )
    return landed_id


async def due_distributors(connection: asyncpg.Connection, now: datetime) -> list[str]:
    """Distributors whose oldest waiting file is due; by index landed_file_waiting."""
    rows = await connection.fetch(
        """
        SELECT distributor_id FROM (
            SELECT DISTINCT ON (distributor_id) distributor_id, next_try_at, landed_id FROM landed_file
            WHERE state = 'waiting' ORDER BY distributor_id, landed_id
        ) AS oldest WHERE next_try_at <= $1 ORDER BY landed_id
        """,
        now,
    )
    return [row["distributor_id"] for row in rows]


async def claim_oldest(
    connection: asyncpg.Connection, distributor_id: str, *, now: datetime, again_at: datetime
) -> LandedFile | None:
    """The distributor's oldest waiting file, if it is due; nobody else gets it before `again_at`."""
    row = await connection.fetchrow(
        """
        UPDATE landed_file SET next_try_at = $3, tries = tries + 1
        WHERE landed_id = (
            SELECT landed_id FROM landed_file WHERE distributor_id = $1 AND state = 'waiting'
            ORDER BY landed_id LIMIT 1
        ) AND next_try_at <= $2
        RETURNING landed_id, distributor_id, fingerprint, file_name, client_upload_id, key_wrapped, content, tries - 1
            AS tries
        """,
        distributor_id,
        now,
        again_at,
    )
    return None if row is None else LandedFile(**row)


async def put_off(connection: asyncpg.Connection, landed_id: int, again_at: datetime) -> None:
    """Leaves a file waiting until an instant."""
    await connection.execute(
        "UPDATE landed_file SET next_try_at = $2 WHERE landed_id = $1 AND state = 'waiting'", landed_id, again_at
    )


async def end_landed(
    connection: asyncpg.Connection, landed_id: int, state: str, *, report: Mapping[str, Any], at: datetime
) -> bool:
    """Ends a file and forgets its content; False when it had ended before."""
    tag: str = await connection.execute(
        """
        UPDATE landed_file SET state = $2, report = $3, ended_at = $4, key_wrapped = NULL, content = NULL
        WHERE landed_id = $1 AND state = 'waiting'
        """,
        landed_id,
        state,
        json.dumps(report),
        at,
    )
    return tag == "UPDATE 1"


async def reports(connection: asyncpg.Connection, distributor_id: str, limit: int) -> list[Report]:
    """What became of the distributor's newest files, one of each name, the newest first."""
    rows = await connection.fetch(
        """
        SELECT file_name, landed_at, state, report FROM (
            SELECT DISTINCT ON (file_name) landed_id, file_name, landed_at, state, report FROM landed_file
            WHERE distributor_id = $1 ORDER BY file_name, landed_id DESC
        ) AS newest ORDER BY landed_id DESC LIMIT $2
        """,
        distributor_id,
        limit,
    )
    return [
        Report(
            file_name=row["file_name"],
            landed_at=row["landed_at"],
            state=row["state"],
            report=json.loads(row["report"]) if row["report"] else None,
        )
        for row in rows
    ]
