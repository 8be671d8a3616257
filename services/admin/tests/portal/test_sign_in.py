"""Sign-in with two codes: what it takes, and what is refused."""

import asyncio
from typing import Any

import httpx
import pytest
from altscore_admin.portal.codes.domain import new_codes
from altscore_admin.portal.codes.service import CodeHasher
from argon2 import Type, extract_parameters

from .conftest import COOKIE, EMAILS, KEYS, NORTH, SOUTH, Portal


def other(code: str) -> str:
    """Another code of six digits."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_codes_are_hashed_at_no_less_than_the_least_cost_that_owasp_names() -> None:
    cost = extract_parameters(await CodeHasher().hash(new_codes()))
    assert cost.type is Type.ID
    assert (cost.time_cost >= 2, cost.memory_cost >= 19_456) == (True, True)


async def test_both_codes_sign_in_and_the_cookie_is_bound_to_this_host(portal: Portal) -> None:
    async with portal.browser() as client:
        challenge_id = await portal.start(client, EMAILS[NORTH].upper())
        answer = await portal.verify(client, await portal.codes(challenge_id))
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=14400"} == attributes
        session = (await client.get("/v1/portal/session")).json()
    assert (session["organisation_id"], session["csrf_token"]) == (NORTH, answer.json()["csrf_token"])
    assert (session["expires_at"], session["idle_expires_at"]) == ("2026-05-20T12:00:00Z", "2026-05-20T08:20:00Z")
    assert (await portal.audited())[-1]["action"] == "portal_signed_in"


@pytest.mark.parametrize("wrong", ["email_code", "phone_code"])
async def test_one_code_alone_is_refused_without_telling_which(portal: Portal, wrong: str) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        answer = await portal.verify(client, codes | {wrong: other(codes[wrong])})
        unknown = await portal.verify(client, codes | {"challenge_id": "otp_" + "0" * 32})
    assert (answer.status_code, answer.json()["code"]) == (401, "CODES_REFUSED")
    assert without_ids(answer.json()) == without_ids(unknown.json())
    assert "set-cookie" not in answer.headers
    assert (await portal.last_audited())["action"] == "failed_auth"


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "request_id"}


async def test_codes_are_used_once(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        assert (await portal.verify(client, codes)).status_code == 200
        assert (await portal.verify(client, codes)).status_code == 401


async def test_codes_end_after_five_minutes(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        portal.clock.advance(seconds=300)
        assert (await portal.verify(client, codes)).status_code == 401


async def test_after_five_wrong_tries_the_right_codes_are_refused_too(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        for _ in range(5):
            await portal.verify(client, codes | {"phone_code": other(codes["phone_code"])})
        assert (await portal.verify(client, codes)).status_code == 401


async def test_sixteen_at_once_share_the_last_try(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        await portal.pool.execute("UPDATE challenge SET tries = 4")
        wrong = codes | {"email_code": other(codes["email_code"])}
        attempts = [portal.verify(client, codes if place == 7 else wrong) for place in range(16)]
        answers = await asyncio.gather(*attempts)
    assert sum(answer.status_code == 200 for answer in answers) <= 1
    assert await portal.pool.fetchval("SELECT tries FROM challenge") == 5


async def test_sixteen_at_once_with_the_right_codes_get_one_session(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        answers = await asyncio.gather(*(portal.verify(client, codes) for _ in range(16)))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert await portal.pool.fetchval("SELECT count(*) FROM session") == 1


async def test_codes_of_one_person_do_not_sign_in_another(portal: Portal) -> None:
    async with portal.browser() as client:
        north = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        south = await portal.codes(await portal.start(client, EMAILS[SOUTH]))
        mixed = north | {"challenge_id": south["challenge_id"]}
        assert (await portal.verify(client, mixed)).status_code == 401


async def test_an_unknown_address_gets_the_same_answer_and_leaves_the_same_rows(portal: Portal) -> None:
    async with portal.browser() as client:
        addresses = ("no@body.example", EMAILS[NORTH])
        answers = [await client.post("/v1/portal/otp", json={"email": email}) for email in addresses]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert [sorted(answer.json()) for answer in answers] == [["challenge_id", "expires_at"]] * 2
        unknown = await portal.codes(answers[0].json()["challenge_id"])
        assert (await portal.verify(client, unknown)).status_code == 401  # nobody is behind it, even with the codes
    rows = await portal.pool.fetch("SELECT count(*) AS n FROM outgoing_code GROUP BY challenge_id")
    assert [row["n"] for row in rows] == [2, 2]


async def test_a_sixth_start_for_one_address_waits_and_another_persons_does_not(portal: Portal) -> None:
    async with portal.browser() as client:
        for _ in range(5):
            await portal.start(client, EMAILS[NORTH])
        answer = await client.post("/v1/portal/otp", json={"email": EMAILS[NORTH]})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
        await portal.start(client, EMAILS[SOUTH])
        portal.clock.advance(seconds=900)
        await portal.start(client, EMAILS[NORTH])
    assert "too many starts" in {event["reason"] for event in await portal.audited()}


async def test_an_unknown_address_is_limited_exactly_alike(portal: Portal) -> None:
    async with portal.browser() as client:
        for _ in range(5):
            await portal.start(client, "no@body.example")
        assert (await client.post("/v1/portal/otp", json={"email": "no@body.example"})).status_code == 429


async def spend(portal: Portal, kind: str, number: int) -> None:
    """Attempts of this address, as they are counted."""
    await portal.pool.execute(
        "INSERT INTO attempt SELECT $1, $2, $3 FROM generate_series(1, $4)",
        kind,
        KEYS.digest("source", "127.0.0.1"),
        portal.clock.now(),
        number,
    )


async def test_three_hundred_failures_lock_an_address_but_no_session(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as signed_in, portal.browser() as client:
        wrong = {"challenge_id": "otp_" + "0" * 32, "email_code": "000000", "phone_code": "000000"}
        await spend(portal, "failure_source", 299)
        assert (await portal.verify(client, wrong)).status_code == 401
        assert (await portal.verify(client, wrong)).status_code == 429
        assert (await signed_in.get("/v1/portal/session")).status_code == 200


async def test_three_hundred_starts_lock_an_address_for_everybody(portal: Portal) -> None:
    async with portal.browser() as client:
        await spend(portal, "start_source", 299)
        await portal.start(client, EMAILS[NORTH])
        assert (await client.post("/v1/portal/otp", json={"email": EMAILS[SOUTH]})).status_code == 429


@pytest.mark.parametrize(
    "email",
    ["", "no", "a@b", "a@b.example\r\nBcc: c@d.example", "ä@b.example", '"a b"@c.example', "a" * 300 + "@b.example"],
)
async def test_what_is_no_address_is_refused_and_not_repeated(portal: Portal, email: str) -> None:
    async with portal.browser() as client:
        answer = await client.post("/v1/portal/otp", json={"email": email})
    assert answer.status_code == 400
    assert len(email) < 4 or email not in answer.text


async def test_a_session_of_before_ends_at_sign_in_and_its_token_is_never_taken_over(portal: Portal) -> None:
    async with portal.signed_in(NORTH) as client:
        former = client.cookies[COOKIE]
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        client.cookies.clear()
        client.cookies.set(COOKIE, former)
        await portal.verify(client, codes)
    async with portal.browser() as attacker:
        attacker.cookies.set(COOKIE, former)
        assert (await attacker.get("/v1/portal/session")).status_code == 401


async def test_a_token_that_an_attacker_chose_never_becomes_a_session(portal: Portal) -> None:
    async with portal.browser() as client:
        client.cookies.set(COOKIE, "chosen")
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        await portal.verify(client, codes)
    async with portal.browser() as attacker:
        attacker.cookies.set(COOKIE, "chosen")
        assert (await attacker.get("/v1/portal/session")).status_code == 401


async def test_a_page_of_another_site_neither_starts_nor_completes_a_sign_in(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        client.headers["Sec-Fetch-Site"] = "cross-site"
        answers: list[httpx.Response] = [
            await client.post("/v1/portal/otp", json={"email": EMAILS[NORTH]}),
            await portal.verify(client, codes),
        ]
    assert [answer.json()["code"] for answer in answers] == ["CSRF_REFUSED"] * 2


async def test_neither_address_nor_phone_nor_code_stands_in_the_database_or_the_audit(portal: Portal) -> None:
    async with portal.browser() as client:
        codes = await portal.codes(await portal.start(client, EMAILS[NORTH]))
        await portal.verify(client, codes)
    rows = await portal.pool.fetch(
        "SELECT t::text AS line FROM person t UNION ALL SELECT t::text FROM challenge t"
        " UNION ALL SELECT t::text FROM outgoing_code t UNION ALL SELECT t::text FROM attempt t"
        " UNION ALL SELECT encode(payload, 'escape') FROM outbox"
    )
    text = "\n".join(row["line"] for row in rows)
    assert rows
    for secret in ("north.example", "9000000001", codes["email_code"], codes["phone_code"]):
        assert secret not in text
