"""Whose phone may consent (decision 89): only the one that the invite was put to, and every message goes there."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from altscore_consent.errors import InviteMismatch
from altscore_libs import db
from altscore_libs.testing import PostgresServer

from .conftest import CONTACT, NOW, OTHER_CONTACT, RETAILER, World

MIGRATIONS = Path(__file__).parents[1] / "migrations"
OLD_INVITE = """
INSERT INTO invites (invite_id, retailer_id, distributor_id, distributor_name, lender_scope, purpose, language,
                     notice_id, notice_version, notice_text, notice_sha256, status, created_at, expires_at)
VALUES (%s, 'ret_0000000000000001', 'd', 'D', '{l}', %s, 'hi', 'n', '2', 't', 'x', %s, now(), now() + interval '1 day')
"""
FORGET = "UPDATE invites SET contact_ref = NULL"


async def test_another_phone_neither_grants_nor_renews_and_the_invites_own_phone_still_does(world: World) -> None:
    invite = await world.invite()
    with pytest.raises(InviteMismatch):
        await world.haan(invite, NOW, contact_ref=OTHER_CONTACT)
    assert not await world.is_consented()
    record = await world.haan(invite, NOW, "own")
    world.clock.advance(seconds=5)
    with pytest.raises(InviteMismatch):
        await world.haan(invite, world.clock.now(), "other", contact_ref=OTHER_CONTACT)
    assert [data["consent_id"] for name, data in await world.events() if name == "consent.granted"] == [
        record.consent_id
    ]


async def test_an_invite_from_before_phones_were_named_cannot_be_answered_and_gives_way(world: World) -> None:
    old = await world.invite()
    world.as_superuser(FORGET)
    with pytest.raises(InviteMismatch):
        await world.haan(old, NOW, contact_ref=CONTACT)
    new = await world.invite()
    assert new.invite_id != old.invite_id
    await world.haan(new, NOW)
    assert await world.is_consented()


async def test_a_withdrawal_needs_no_phone_and_its_confirmation_goes_to_the_one_that_consented(world: World) -> None:
    await world.granted()
    await world.invite(purpose="trade_credit", contact_ref=OTHER_CONTACT)
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    assert not await world.is_consented()
    assert {name: data["contact_ref"] for name, data in await world.events()} == {
        "consent.invited": OTHER_CONTACT,
        "consent.granted": CONTACT,
        "consent.revoked": CONTACT,
        "consent.declined": OTHER_CONTACT,
    }


@pytest.mark.parametrize(
    "damage", ["record = '{'", "record = '[]'", "record = '{\"invite_id\": 7}'", "kind = 'withdrawal'"], ids=str
)
async def test_a_damaged_consent_ends_all_the_same_and_names_no_phone(world: World, damage: str) -> None:
    await world.granted()
    world.as_superuser(f"UPDATE consent_records SET {damage}")
    world.clock.advance(seconds=1)
    assert (await world.nahi(world.clock.now())).revoked
    name, data = (await world.events())[-1]
    assert (name, data["contact_ref"]) == ("consent.revoked", None)


async def test_an_expiry_is_told_to_the_phone_that_consented(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await world.expiry.expire_due() == 1
    name, data = (await world.events())[-1]
    assert (name, data["contact_ref"]) == ("consent.expired", CONTACT)


@pytest.mark.parametrize(
    ("names_invite", "writer", "asked"),
    [
        (True, None, (True, CONTACT)),
        (True, CONTACT, (True, CONTACT)),
        (True, OTHER_CONTACT, (False, OTHER_CONTACT)),
        (False, OTHER_CONTACT, (False, OTHER_CONTACT)),
        (False, None, (False, None)),
    ],
)
async def test_a_clarification_goes_to_the_phone_that_wrote_and_shows_no_invite_of_another(
    world: World, names_invite: bool, writer: str | None, asked: tuple[bool, str | None]
) -> None:
    invite = await world.invite()
    await world.authority.unclear(
        RETAILER, invite.invite_id if names_invite else None, "a" * 64, actor="webhook", contact_ref=writer
    )
    name, data = (await world.events())[-1]
    assert name == "consent.clarification_requested"
    assert (data["invite_id"] == invite.invite_id, data["contact_ref"]) == asked


async def test_the_signed_record_names_the_invite_and_no_phone(world: World) -> None:
    content = json.loads((await world.granted()).record)
    assert content["invite_id"].startswith("inv_")
    assert CONTACT not in str(content)


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
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("0003_*", "__pycache__"))
    db.upgrade(pg_server.dsn(name, "consent_owner"), before)
    with psycopg.connect(pg_server.dsn(name, "consent_owner"), autocommit=True) as connection:
        for number, status in enumerate(("open", "granted", "declined")):
            connection.execute(OLD_INVITE, (f"inv_{number:032x}", f"purpose_{number}", status))
        db.upgrade(pg_server.dsn(name, "consent_owner"), MIGRATIONS)
        rows = connection.execute("SELECT status, decided_at IS NULL, contact_ref FROM invites ORDER BY seq").fetchall()
    assert rows == [("expired", False, None), ("granted", True, None), ("declined", True, None)]
