"""A token of ours is good for its hour; a forged one is refused and leaves nothing but an audit entry."""

import asyncio
from pathlib import Path

import pytest
from altscore_libs.clock import FixedClock
from altscore_score.app import create_served_lenders_app
from altscore_score.errors import TokenError, TokenExpired
from altscore_score.tokens.verifier import TokenVerifier
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ..forge import FORGERIES, Forge
from ..keys import key_ring, token_issuer
from ..rsa_keys import write_rsa_key
from ..world import LENDER, NOW, PURPOSE, RETAILER, World

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BODY = {"retailer_id": RETAILER, "purpose": PURPOSE}


def refusal(verifier: TokenVerifier, token: str) -> str:
    """The code of the error that refuses a token."""
    with pytest.raises(TokenError) as refused:
        verifier.verify(token)
    return refused.value.code


def test_our_own_token_is_good_and_verified_in_full_once(keys_dir: Path) -> None:
    verifier, token = TokenVerifier(key_ring(keys_dir), FixedClock(NOW)), Forge(keys_dir).token()
    claims = verifier.verify(token)
    assert claims.lender_id == LENDER
    assert verifier.verify(token) is claims


def test_a_remembered_token_still_expires_with_thirty_seconds_of_skew(keys_dir: Path) -> None:
    clock = FixedClock(NOW)
    verifier, token = TokenVerifier(key_ring(keys_dir), clock), Forge(keys_dir).token()
    verifier.verify(token)
    clock.advance(seconds=3629)
    verifier.verify(token)
    clock.advance(seconds=1)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            verifier.verify(token)


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_refused(keys_dir: Path, case: str) -> None:
    verifier = TokenVerifier(key_ring(keys_dir), FixedClock(NOW))
    assert refusal(verifier, FORGERIES[case](Forge(keys_dir))) == "TOKEN_INVALID"


@pytest.fixture(scope="module")
def good(keys_dir: Path) -> tuple[TokenVerifier, str]:
    """A verifier that remembers a good token, and that token."""
    clock = FixedClock(NOW)
    verifier, issuer = TokenVerifier(key_ring(keys_dir), clock), token_issuer(keys_dir, clock)
    token = asyncio.run(issuer.issue(LENDER)).token
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


def test_a_token_is_verified_with_the_key_that_it_names_alone(tmp_path: Path) -> None:
    for name in ("jwt-1", "jwt-2"):
        write_rsa_key(tmp_path, name)
    forge, verifier = Forge(tmp_path), TokenVerifier(key_ring(tmp_path), FixedClock(NOW))
    kids = [key["kid"] for key in forge.ring.jwks()["keys"]]
    assert verifier.verify(forge.token({"kid": kids[1]})).key_id == kids[1]
    assert refusal(verifier, forge.token({"kid": kids[0]})) == "TOKEN_INVALID"


async def test_every_forged_token_is_a_401_that_leaves_one_failed_authentication(world: World, keys_dir: Path) -> None:
    forge, unexpected = Forge(keys_dir), {}
    before = await world.row_counts()
    tried, app = 0, create_served_lenders_app(world.services)
    for case, make in FORGERIES.items():
        authorization = f"Bearer {make(forge)}".encode("latin-1", "ignore")
        headers = [(b"authorization", authorization), (b"x-client-id", LENDER.encode())]
        transport = ASGITransport(app=app, client=(f"192.0.2.{tried % 200}", 1))  # of one address, twenty are written
        async with AsyncClient(transport=transport, base_url="https://altscore.test") as client:
            reply = await client.post("/v1/score", json=BODY, headers=headers)
        tried += 1
        problem = reply.json()
        shown = (reply.status_code, reply.headers["content-type"], problem["code"], problem.get("detail"))
        if shown != (401, "application/problem+json", "TOKEN_INVALID", None):
            unexpected[case] = shown
    assert not unexpected
    after = await world.row_counts()
    assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == {
        "outbox": tried
    }
    entries = await world.audit("failed_auth")
    assert len(entries) == tried
    assert {(entry["actor"], entry["reason"]) for entry in entries} == {(LENDER, "TOKEN_INVALID")}
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
