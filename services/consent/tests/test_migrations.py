"""What the database itself refuses, and what a migration does to rows that are there."""

import shutil
from pathlib import Path

import asyncpg
import psycopg
import pytest
from altscore_libs import db
from altscore_libs.testing_postgres import PostgresServer

from .conftest import MIGRATIONS, World

CHANGES = ["UPDATE consent_records SET record = ''", "DELETE FROM consent_records", "TRUNCATE consent_records"]
OLD_INVITE = """
INSERT INTO invites (invite_id, retailer_id, distributor_id, distributor_name, lender_scope, purpose, language,
                     notice_id, notice_version, notice_text, notice_sha256, status, created_at, expires_at)
VALUES (%s, 'ret_0000000000000001', 'd', 'D', '{l}', %s, 'hi', 'n', '2', 't', 'x', %s, now(), now() + interval '1 day')
"""


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_service_cannot_change_a_record(world: World, statement: str) -> None:
    await world.granted()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute(statement)


async def test_a_version_cannot_go_back_in_the_database(world: World) -> None:
    await world.granted()
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute("UPDATE consent_state SET version = version")


async def test_a_contact_ref_has_its_form_in_the_database_too(world: World) -> None:
    await world.invite()
    with pytest.raises(psycopg.errors.CheckViolation):
        world.as_superuser("UPDATE invites SET contact_ref = '919812345678'")


def test_the_migration_expires_open_invites_that_name_no_phone_and_leaves_the_others(
    pg_server: PostgresServer, template: str, tmp_path: Path
) -> None:
    assert template, "the roles are there"
    name = "consent_before_phones"
    pg_server.execute(f"CREATE DATABASE {name} OWNER consent_owner")
    before = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("000[3-9]_*", "00[1-9]?_*", "__pycache__"))
    db.upgrade(pg_server.dsn(name, "consent_owner"), before)
    with psycopg.connect(pg_server.dsn(name, "consent_owner"), autocommit=True) as connection:
        for number, status in enumerate(("open", "granted", "declined")):
            connection.execute(OLD_INVITE, (f"inv_{number:032x}", f"purpose_{number}", status))
        db.upgrade(pg_server.dsn(name, "consent_owner"), MIGRATIONS)
        rows = connection.execute("SELECT status, decided_at IS NULL, contact_ref FROM invites ORDER BY seq").fetchall()
    assert rows == [("expired", False, None), ("granted", True, None), ("declined", True, None)]
