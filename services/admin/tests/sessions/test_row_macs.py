"""Who can write to the database alone signs in as nobody, and what they wrote is noticed (decision 98)."""

import hashlib
import secrets

import pytest
from simulators_security_key.authenticator import base64url

from ..people import MAKER, ORIGIN, People

SESSION = "__Host-altscore_operator"


async def test_a_session_that_was_only_written_into_the_database_is_nobodys(people: People) -> None:
    secret = base64url(secrets.token_bytes(32))
    await people.operations.pool.execute(
        "INSERT INTO operator_sessions (session_id, token_digest, operator_id, roles, started_at, expires_at, mac)"
        " VALUES ($1, $2, 'mallory', '{super_admin}', now(), now() + interval '1 hour', $3)",
        *(f"ses_{'0' * 32}", hashlib.sha256(secret.encode()).digest(), b"0" * 32),
    )
    person = await people.person("mallory")
    person.client.cookies.set(SESSION, secret, domain="altscore.test")
    assert (await person.client.get("/v1/admin/session")).status_code == 401
    assert ("access_tampering_noticed", "admin", "refused") in await people.operations.audited()


@pytest.mark.parametrize(
    "change", ["roles = '{super_admin}'", "operator_id = 'boss'", "expires_at = started_at + interval '3 hours 59 min'"]
)
async def test_an_operators_own_session_with_other_content_is_nobodys(people: People, change: str) -> None:
    person = await people.person("asha", "altscore-ops")
    await person.sign_in()
    async with people.operations.superuser() as connection:
        await connection.execute(f"UPDATE operator_sessions SET {change}")
    assert (await person.client.get("/v1/admin/session")).status_code == 401


async def test_a_key_or_an_invitation_that_was_only_written_into_the_database_is_none(people: People) -> None:
    person = await people.at_work("asha")
    async with people.operations.superuser() as connection:
        await connection.execute("UPDATE security_keys SET public_key = public_key || '\\x00'::bytea")
    answer = await person.touch()
    assert (answer.status_code, (await people.refusals())[-1]) == (403, "tampered_key")
    code = await people.invited("asha")
    async with people.operations.superuser() as connection:
        await connection.execute("UPDATE key_invitations SET approved_by = 'other'")
    person.key = MAKER.new_key(ORIGIN)
    assert (await person.post("/v1/admin/security-keys/challenge", {"code": code})).status_code == 403


async def test_a_token_that_was_only_written_into_the_database_is_none(people: People) -> None:
    person = await people.at_work("asha")
    async with people.operations.superuser() as connection:
        await connection.execute("UPDATE operator_tokens SET expires_at = issued_at + interval '14 min'")
    assert (await person.client.get("/v1/admin/overview")).json()["code"] == "ADMIN_TOKEN_REQUIRED"
