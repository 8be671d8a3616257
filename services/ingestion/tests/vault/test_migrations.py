"""What migrations of the vault do with the rows they find."""

import shutil
from pathlib import Path

import psycopg
from altscore_libs import db
from altscore_libs.testing_postgres import PostgresServer


def test_the_migration_confirms_the_phone_that_stood_first(
    pg_server: PostgresServer, vault_template: str, tmp_path: Path
) -> None:
    migrations, retailer_id = Path(__file__).parents[2] / "migrations_vault", "ret_" + "1" * 16
    shutil.copy(migrations / "0001_vault.py", tmp_path)
    pg_server.execute(f"CREATE DATABASE migrated_{vault_template} OWNER vault_owner")
    dsn = pg_server.dsn(f"migrated_{vault_template}", "vault_owner")
    db.upgrade(dsn, tmp_path)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO retailer (retailer_id, wrapped_data_key, created_at) VALUES (%s, '', now())", (retailer_id,)
        )
        for token, phone, day in ((b"1", b"later", 2), (b"2", b"first", 1), (b"3", b"first", 3), (b"4", None, 1)):
            connection.execute(
                "INSERT INTO subject (subject_token, distributor_id, retailer_id, sealed_identity, gst_status, "
                "phone_token, updated_at) VALUES (%s, 'dist_a', %s, '', 'absent', %s, make_date(2026, 1, %s))",
                (token * 32, retailer_id, phone, day),
            )
        db.upgrade(dsn, migrations)
        rows = connection.execute("SELECT is_phone_confirmed FROM subject ORDER BY subject_token").fetchall()
    assert rows == [(False,), (True,), (True,), (False,)]
