"""Brings the database to the newest schema, with what a migration in SQL cannot write: keys and MACs."""

from altscore_libs import db

from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.store import StoredLender, lender_row
from altscore_score.settings import MigrateSettings

_WITHOUT_MAC = """
SELECT lender_id, version, secret_hash, is_active, tokens_valid_from, former_secrets::text, mac
FROM lender JOIN lender_without_mac USING (lender_id) ORDER BY lender_id FOR UPDATE OF lender
"""


def put_context_key(owner_dsn: str, key: bytes) -> None:
    """Gives the database the key that contexts are signed with; only its owner can read or write it."""
    import psycopg  # noqa: PLC0415  # 9 MiB that no serving process needs

    with psycopg.connect(owner_dsn) as connection:
        connection.execute(
            "INSERT INTO context_key (key) VALUES (%s) ON CONFLICT (is_only) DO UPDATE SET key = excluded.key", (key,)
        )


def mac_older_lenders(owner_dsn: str, macs: LenderMacs) -> int:
    """MACs the lenders that migration 0014 came upon, once; a row that is planted later is never among them.

    Returns:
        How many.

    Raises:
        ValueError: a row is in no form of ours; none is MACed.
    """
    import psycopg  # noqa: PLC0415  # as above

    with psycopg.connect(owner_dsn) as connection:
        rows = [StoredLender(*row) for row in connection.execute(_WITHOUT_MAC).fetchall()]
        for stored in rows:
            row = lender_row(stored)
            if row is None:
                raise ValueError(f"the row of {stored.lender_id} cannot be read")
            connection.execute("UPDATE lender SET mac = %s WHERE lender_id = %s", (macs.mac(row), row.lender_id))
        connection.execute("DELETE FROM lender_without_mac")
    return len(rows)


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest schema, as its owner."""
    owner_dsn = settings.owner_database_url.get_secret_value()
    db.upgrade(settings.owner_database_url, settings.migrations_dir)
    put_context_key(owner_dsn, settings.context_key_bytes())
    mac_older_lenders(owner_dsn, LenderMacs(settings.mac_key_bytes()))
