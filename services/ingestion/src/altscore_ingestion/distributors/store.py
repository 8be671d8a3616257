"""SQL of distributors, their certificates, backfill windows and the service's own key. Never commits."""

from datetime import datetime
from decimal import Decimal

import asyncpg

from altscore_ingestion.distributors.domain import Connector, NewCertificate, NewDistributor


async def key_or_insert(connection: asyncpg.Connection, name: str, wrapped: bytes) -> bytes:
    """The stored wrapped key of this name; `wrapped` becomes it where there is none."""
    await connection.execute(
        "INSERT INTO service_key (name, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, wrapped
    )
    return bytes(await connection.fetchval("SELECT wrapped FROM service_key WHERE name = $1", name))


async def find_key(connection: asyncpg.Connection, name: str) -> bytes | None:
    """The stored wrapped key of this name."""
    wrapped = await connection.fetchval("SELECT wrapped FROM service_key WHERE name = $1", name)
    return None if wrapped is None else bytes(wrapped)


async def connector_of_certificate(connection: asyncpg.Connection, fingerprint: str, now: datetime) -> Connector | None:
    """The distributor behind a certificate, by primary key."""
    row = await connection.fetchrow(
        """
        SELECT d.distributor_id, d.api_key_hash, d.signing_secret_wrapped, d.is_active,
               c.revoked_at IS NULL AND c.accepted_until > $2 AS is_accepted, d.backfill_open_until,
               d.max_amount_inr
        FROM certificate c JOIN distributor d USING (distributor_id) WHERE c.fingerprint = $1
        """,
        fingerprint,
        now,
    )
    return Connector(**row) if row else None


async def insert_distributor(connection: asyncpg.Connection, new: NewDistributor) -> bool:
    """Adds a distributor; False when it is known."""
    tag: str = await connection.execute(
        """
        INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """,
        new.distributor_id,
        new.name,
        new.api_key_hash,
        new.signing_secret_wrapped,
        new.created_at,
    )
    return tag == "INSERT 0 1"


async def lock_distributor_row(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Locks the distributor's row until the transaction ends; False when there is none."""
    exists = await connection.fetchval(
        "SELECT true FROM distributor WHERE distributor_id = $1 FOR UPDATE", distributor_id
    )
    return bool(exists)


async def rename_distributor(connection: asyncpg.Connection, distributor_id: str, name: str) -> None:
    """Stores the distributor's newest name."""
    await connection.execute(
        "UPDATE distributor SET name = $2 WHERE distributor_id = $1 AND name <> $2", distributor_id, name
    )


async def live_certificate(
    connection: asyncpg.Connection, distributor_id: str, public_key_sha256: str, good_until: datetime
) -> str | None:
    """PEM of an accepted certificate for this key that lasts at least until `good_until`."""
    pem: str | None = await connection.fetchval(
        """
        SELECT certificate_pem FROM certificate
        WHERE distributor_id = $1 AND public_key_sha256 = $2 AND revoked_at IS NULL AND accepted_until > $3
        ORDER BY created_at DESC LIMIT 1
        """,
        distributor_id,
        public_key_sha256,
        good_until,
    )
    return pem


async def insert_certificate(connection: asyncpg.Connection, new: NewCertificate, *, older_until: datetime) -> None:
    """Puts a certificate on the allow-list; the distributor's older ones are accepted until `older_until` at most."""
    await connection.execute(
        "UPDATE certificate SET accepted_until = least(accepted_until, $2) WHERE distributor_id = $1",
        new.distributor_id,
        older_until,
    )
    await connection.execute(
        """
        INSERT INTO certificate
            (fingerprint, distributor_id, public_key_sha256, certificate_pem, accepted_until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        new.fingerprint,
        new.distributor_id,
        new.public_key_sha256,
        new.certificate_pem,
        new.accepted_until,
        new.created_at,
    )


async def open_backfill(connection: asyncpg.Connection, distributor_id: str, until: datetime) -> bool:
    """Opens the backfill window until the given instant; False for an unknown distributor."""
    tag: str = await connection.execute(
        "UPDATE distributor SET backfill_open_until = $2 WHERE distributor_id = $1", distributor_id, until
    )
    return tag == "UPDATE 1"


async def set_max_amount(connection: asyncpg.Connection, distributor_id: str, max_amount_inr: Decimal) -> bool:
    """Stores the largest amount that the distributor may send; False for an unknown distributor."""
    tag: str = await connection.execute(
        "UPDATE distributor SET max_amount_inr = $2 WHERE distributor_id = $1", distributor_id, max_amount_inr
    )
    return tag == "UPDATE 1"
