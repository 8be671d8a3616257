"""What migration 0006 does with distributors that it finds, and with those that an older release onboards after it."""

import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
from altscore_libs import db
from altscore_libs.testing_postgres import PostgresServer

OLDER_RELEASE = """
INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at)
VALUES (%s, 'n', decode(repeat(%s, 32), 'hex'), %s, now() - make_interval(days => %s))
"""


def test_keys_that_stand_are_accepted_for_37_more_days_and_an_older_release_may_go_on_onboarding(
    pg_server: PostgresServer, template: str, tmp_path: Path
) -> None:
    migrations = Path(__file__).parents[2] / "migrations"
    for file in migrations.glob("000[1-5]_*.py"):
        shutil.copy(file, tmp_path)
    assert len(list(tmp_path.iterdir())) == 5
    pg_server.execute(f"CREATE DATABASE migrated_{template} OWNER ingestion_owner")
    dsn = pg_server.dsn(f"migrated_{template}", "ingestion_owner")
    db.upgrade(dsn, tmp_path)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(OLDER_RELEASE, ("dist_standing", "11", b"first", 100))
    db.upgrade(dsn, migrations)
    service_dsn = pg_server.dsn(f"migrated_{template}", "ingestion")
    with psycopg.connect(service_dsn, autocommit=True) as connection:
        connection.execute(OLDER_RELEASE, ("dist_later", "22", b"second", 1))
        rows = connection.execute(
            "SELECT k.distributor_id, k.api_key_hash = d.api_key_hash, k.signing_secret_wrapped, k.used_at IS NOT NULL,"
            " accepted_until - valid_from, accepted_until > now() FROM connector_key k JOIN distributor d"
            " USING (distributor_id) ORDER BY key_number"
        ).fetchall()
    lifetime = timedelta(days=37)
    assert rows == [
        ("dist_standing", True, b"first", True, lifetime, True),
        ("dist_later", True, b"second", False, lifetime, True),
    ]
