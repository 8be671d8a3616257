"""SQL of distributors, their certificates, backfill windows and the service's own key. Never commits."""

from datetime import datetime
from decimal import Decimal

import asyncpg
from altscore_libs.db import affected_rows

from altscore_ingestion.distributors.domain import (
    ROTATION_OVERLAP,
    ApiKey,
    Certificate,
    Connector,
    NewCertificate,
    NewDistributor,
    NewKey,
)

_CONNECTOR = """
SELECT d.distributor_id, d.is_active AND NOT d.is_suspended AS is_active, d.backfill_open_until, d.max_amount_inr,
       c.fingerprint, c.accepted_until AS certificate_until, c.revoked_at IS NOT NULL AS is_certificate_revoked,
       k.key_number, k.signing_secret_wrapped, k.accepted_until AS key_until, k.used_at IS NOT NULL AS is_used,
       k.revoked_at IS NOT NULL AS is_key_revoked
FROM certificate c JOIN distributor d USING (distributor_id) JOIN connector_key k USING (distributor_id)
"""


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


async def certificate_owner(connection: asyncpg.Connection, fingerprint: str) -> str | None:
    """Whose certificate this is, by primary key; None when it was never issued."""
    owner: str | None = await connection.fetchval(
        "SELECT distributor_id FROM certificate WHERE fingerprint = $1", fingerprint
    )
    return owner


async def presented_connector(
    connection: asyncpg.Connection, fingerprint: str, api_key_hash: bytes
) -> Connector | None:
    """The distributor behind a certificate and an API key of its, by their unique keys; None when they do not agree."""
    row = await connection.fetchrow(
        f"{_CONNECTOR} WHERE c.fingerprint = $1 AND k.api_key_hash = $2", fingerprint, api_key_hash
    )
    return None if row is None else _connector(row)


async def lock_credentials(connection: asyncpg.Connection, connector: Connector) -> Connector | None:
    """The same connector as it stands now; what would revoke key or certificate waits for this transaction's end."""
    row = await connection.fetchrow(
        f"{_CONNECTOR} WHERE c.fingerprint = $1 AND k.key_number = $2 FOR SHARE OF c, k",
        connector.certificate.fingerprint,
        connector.key.number,
    )
    return None if row is None else _connector(row)


def _connector(row: asyncpg.Record) -> Connector:
    return Connector(
        distributor_id=row["distributor_id"],
        is_active=row["is_active"],
        certificate=Certificate(row["fingerprint"], row["certificate_until"], row["is_certificate_revoked"]),
        key=ApiKey(
            number=row["key_number"],
            signing_secret_wrapped=bytes(row["signing_secret_wrapped"]),
            accepted_until=row["key_until"],
            is_used=row["is_used"],
            is_revoked=row["is_key_revoked"],
        ),
        backfill_open_until=row["backfill_open_until"],
        max_amount_inr=row["max_amount_inr"],
    )


async def activate_key(connection: asyncpg.Connection, distributor_id: str, key_number: int, now: datetime) -> int:
    """Marks a key as used and lets the older ones end; releases that know one key alone know this one.

    Returns:
        How many older keys were still accepted.
    """
    await connection.execute("UPDATE connector_key SET used_at = $2 WHERE key_number = $1", key_number, now)
    tag: str = await connection.execute(
        """
        UPDATE connector_key SET accepted_until = least(connector_key.accepted_until, newer.valid_from + $3)
        FROM (SELECT valid_from FROM connector_key WHERE key_number = $2) AS newer
        WHERE distributor_id = $1 AND key_number < $2 AND revoked_at IS NULL AND accepted_until > $4
        """,
        distributor_id,
        key_number,
        ROTATION_OVERLAP,
        now,
    )
    await connection.execute(
        """
        UPDATE distributor d
        SET api_key_hash = k.api_key_hash, signing_secret_wrapped = k.signing_secret_wrapped
        FROM connector_key k WHERE k.key_number = $1 AND d.distributor_id = k.distributor_id
        """,
        key_number,
    )
    return affected_rows(tag)


async def newest_used_key(connection: asyncpg.Connection, distributor_id: str) -> int | None:
    """Number of the newest key of the distributor that was ever presented."""
    number: int | None = await connection.fetchval(
        "SELECT max(key_number) FROM connector_key WHERE distributor_id = $1 AND used_at IS NOT NULL", distributor_id
    )
    return number


async def newest_key_end(connection: asyncpg.Connection, distributor_id: str, now: datetime) -> datetime | None:
    """Until when the newest used key of the distributor is accepted; None when none is any more."""
    end: datetime | None = await connection.fetchval(
        """
        SELECT max(accepted_until) FROM connector_key
        WHERE distributor_id = $1 AND used_at IS NOT NULL AND revoked_at IS NULL AND accepted_until > $2
        """,
        distributor_id,
        now,
    )
    return end


async def replace_unused_key(
    connection: asyncpg.Connection, distributor_id: str, new: NewKey, *, valid_from: datetime, accepted_until: datetime
) -> None:
    """Adds a key; one that was never used is gone with it. The caller holds the distributor's row."""
    await connection.execute(
        "DELETE FROM connector_key WHERE distributor_id = $1 AND used_at IS NULL AND revoked_at IS NULL",
        distributor_id,
    )
    await connection.execute(
        """
        INSERT INTO connector_key (distributor_id, api_key_hash, signing_secret_wrapped, valid_from, accepted_until)
        VALUES ($1, $2, $3, $4, $5)
        """,
        distributor_id,
        new.api_key_hash,
        new.signing_secret_wrapped,
        valid_from,
        accepted_until,
    )


async def revoke_keys(connection: asyncpg.Connection, distributor_id: str, now: datetime) -> int:
    """Revokes every key of the distributor that is still accepted; how many those were."""
    tag: str = await connection.execute(
        """
        UPDATE connector_key SET revoked_at = $2
        WHERE distributor_id = $1 AND revoked_at IS NULL AND accepted_until > $2
        """,
        distributor_id,
        now,
    )
    return affected_rows(tag)


async def revoke_certificates(connection: asyncpg.Connection, distributor_id: str, now: datetime) -> int:
    """Revokes every certificate of the distributor that is still accepted; how many those were."""
    tag: str = await connection.execute(
        """
        UPDATE certificate SET revoked_at = $2
        WHERE distributor_id = $1 AND revoked_at IS NULL AND accepted_until > $2
        """,
        distributor_id,
        now,
    )
    return affected_rows(tag)


async def set_suspended(connection: asyncpg.Connection, distributor_id: str, *, is_suspended: bool) -> bool:
    """Refuses a distributor until that is undone; its keys stay as they are. False when there is none."""
    tag: str = await connection.execute(
        "UPDATE distributor SET is_suspended = $2 WHERE distributor_id = $1", distributor_id, is_suspended
    )
    return tag == "UPDATE 1"


async def set_active(connection: asyncpg.Connection, distributor_id: str, *, is_active: bool) -> None:
    """Stores whether the distributor may call at all."""
    await connection.execute(
        "UPDATE distributor SET is_active = $2 WHERE distributor_id = $1 AND is_active <> $2",
        distributor_id,
        is_active,
    )


async def is_revoked_public_key(connection: asyncpg.Connection, public_key_sha256: str) -> bool:
    """Whether a certificate over this key was revoked, whoever's it was."""
    is_revoked: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM certificate WHERE public_key_sha256 = $1 AND revoked_at IS NOT NULL)",
        public_key_sha256,
    )
    return is_revoked


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
    """Locks the distributor's row until the transaction ends; False when there is none.

    Rows that point to it can be inserted meanwhile: a batch in its last transaction, which holds its key and
    certificate (`lock_credentials`), would otherwise wait for whoever waits for these.
    """
    exists = await connection.fetchval(
        "SELECT true FROM distributor WHERE distributor_id = $1 FOR NO KEY UPDATE", distributor_id
    )
    return bool(exists)


async def rename_distributor(connection: asyncpg.Connection, distributor_id: str, name: str) -> None:
    """Stores the distributor's newest name."""
    await connection.execute(
        "UPDATE distributor SET name = $2 WHERE distributor_id = $1 AND name <> $2", distributor_id, name
    )


async def live_certificate(
    connection: asyncpg.Connection, distributor_id: str, public_key_sha256: str, good_until: datetime
) -> tuple[str, datetime] | None:
    """PEM and end of an accepted certificate for this key that lasts at least until `good_until`."""
    row = await connection.fetchrow(
        """
        SELECT certificate_pem, accepted_until FROM certificate
        WHERE distributor_id = $1 AND public_key_sha256 = $2 AND revoked_at IS NULL AND accepted_until > $3
        ORDER BY created_at DESC LIMIT 1
        """,
        distributor_id,
        public_key_sha256,
        good_until,
    )
    return None if row is None else (row["certificate_pem"], row["accepted_until"])


async def end_certificates(connection: asyncpg.Connection, distributor_id: str, older_until: datetime) -> None:
    """Lets every certificate of the distributor end at `older_until` at the latest."""
    await connection.execute(
        "UPDATE certificate SET accepted_until = least(accepted_until, $2) WHERE distributor_id = $1",
        distributor_id,
        older_until,
    )


async def insert_certificate(connection: asyncpg.Connection, new: NewCertificate) -> None:
    """Puts a certificate on the allow-list."""
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
