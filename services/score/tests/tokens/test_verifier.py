"""Forged and mixed-up tokens: refused alike, whatever they try, and nothing is left of them but an audit entry."""

from pathlib import Path

import pytest
from altscore_libs.clock import FixedClock
from altscore_score.app import create_served_lenders_app
from altscore_score.errors import TokenError
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import KeyRing, TokenVerifier
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ..forge import FORGERIES, Forge
from ..world import LENDER, NOW, PURPOSE, RETAILER, World, write_rsa_key

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BODY = {"retailer_id": RETAILER, "purpose": PURPOSE}


def refusal(verifier: TokenVerifier, token: str) -> str:
    """The code that a token is refused with."""
    with pytest.raises(TokenError) as refused:
        verifier.verify(token)
    return refused.value.code


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_refused(keys_dir: Path, case: str) -> None:
    verifier = TokenVerifier(KeyRing(keys_dir), FixedClock(NOW))
    assert refusal(verifier, FORGERIES[case](Forge(keys_dir))) == "TOKEN_INVALID"


@pytest.fixture(scope="module")
def good(keys_dir: Path) -> tuple[TokenVerifier, str]:
    """A verifier that remembers a good token, and the token."""
    ring, clock = KeyRing(keys_dir), FixedClock(NOW)
    verifier, token = TokenVerifier(ring, clock), TokenIssuer(ring, clock).issue(LENDER).token
    verifier.verify(token)
    return verifier, token


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
@example(place=-1, byte=ord("="))
def test_any_mutation_of_one_byte_is_refused(good: tuple[TokenVerifier, str], place: int, byte: int) -> None:
    verifier, token = good
    place %= len(token)
    mutated = token[:place] + chr(byte) + token[place + 1 :]
    if mutated != token:
        assert refusal(verifier, mutated) == "TOKEN_INVALID"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), more=st.text(max_size=3))
def test_any_byte_too_few_or_too_many_is_refused(good: tuple[TokenVerifier, str], place: int, more: str) -> None:
    verifier, token = good
    place %= len(token)
    for mutated in (token[:place] + token[place + 1 :], token[:place] + more + token[place:]):
        if mutated != token:
            assert refusal(verifier, mutated) == "TOKEN_INVALID"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_spare_bits_of_the_last_character_make_no_second_token(good: tuple[TokenVerifier, str], part: int) -> None:
    verifier, token = good
    parts = token.split(".")
    for letter in ALPHABET:
        mutated = [*parts]
        mutated[part] = parts[part][:-1] + letter
        if mutated != parts:
            assert refusal(verifier, ".".join(mutated)) == "TOKEN_INVALID"


def test_a_key_is_not_taken_for_another_one(tmp_path: Path) -> None:
    for name in ("jwt-1.pem", "jwt-2.pem"):
        write_rsa_key(tmp_path, name)
    forge, verifier = Forge(tmp_path), TokenVerifier(KeyRing(tmp_path), FixedClock(NOW))
    kids = [key["kid"] for key in forge.ring.jwks()["keys"]]
    assert verifier.verify(forge.token({"kid": kids[1]})).key_id == kids[1]
    assert refusal(verifier, forge.token({"kid": kids[0]})) == "TOKEN_INVALID"


async def rows_of(world: World) -> dict[str, int]:
    """Rows of every table."""
    tables = await world.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    own = [row["tablename"] for row in tables if row["tablename"] not in ("alembic_version", "context_key")]
    assert "outbox" in own
    return {item: await world.pool.fetchval(f"SELECT count(*) FROM {item}") for item in own}


async def test_every_forged_token_is_a_401_that_leaves_one_failed_authentication(world: World, keys_dir: Path) -> None:
    forge, wrong = Forge(keys_dir), {}
    before = await rows_of(world)
    tried, app = 0, create_served_lenders_app(world.services)
    for case, make in FORGERIES.items():
        authorization = f"Bearer {make(forge)}".encode("latin-1", "ignore")
        headers = [(b"authorization", authorization), (b"x-client-id", LENDER.encode())]
        transport = ASGITransport(app=app, client=(f"192.0.2.{tried % 200}", 1))  # of one address, twenty are written
        async with AsyncClient(transport=transport, base_url="https://altscore.test") as client:
            reply = await client.post("/v1/score", json=BODY, headers=headers)
        tried += 1
        seen = (
            reply.status_code,
            reply.headers["content-type"],
            reply.json()["code"],
            reply.json().get("detail"),
        )
        if seen != (401, "application/problem+json", "TOKEN_INVALID", None):
            wrong[case] = seen
    assert not wrong
    after = await rows_of(world)
    assert {item: after[item] - before[item] for item in after if after[item] != before[item]} == {"outbox": tried}
    entries = await world.audit("failed_auth")
    assert len(entries) == tried
    assert {(item["actor"], item["reason"]) for item in entries} == {(LENDER, "TOKEN_INVALID")}
    assert world.neighbours.asked == 0


@pytest.mark.parametrize("prefix", ["Basic ", "bearer\t", "Bearer  ", "", "Bearer Bearer ", "Bearer,", "DPoP "])
async def test_a_good_token_behind_another_scheme_is_refused(world: World, prefix: str) -> None:
    headers = {"Authorization": prefix + world.tokens[LENDER], "X-Client-ID": LENDER}
    reply = await world.lenders.post("/v1/score", json=BODY, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("sub", ["projector", "admin", "lender_nobody", "lender_shriram|x"])
async def test_a_subject_that_is_no_lender_of_ours_is_refused(world: World, keys_dir: Path, sub: str) -> None:
    headers = {"Authorization": f"Bearer {Forge(keys_dir).token(claims={'sub': sub})}", "X-Client-ID": sub}
    reply = await world.lenders.post("/v1/score", json=BODY, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_INVALID")
