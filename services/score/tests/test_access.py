"""Tokens: what the endpoint gives, what every other endpoint refuses."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from altscore_libs.clock import FixedClock
from altscore_score.errors import TokenError, TokenExpired
from altscore_score.tokens import KeyRing, TokenMint, TokenVerifier
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .world import LENDER, NOW, OTHER_LENDER, PURPOSE, RETAILER, World, write_rsa_key

NOW_S = int(NOW.timestamp())
CLAIMS = {
    "iss": "altscore.in", "aud": "score-api", "sub": LENDER, "iat": NOW_S, "exp": NOW_S + 3600, "jti": "j1",
}  # fmt: skip


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forge:
    """Makes tokens that our key signed, except for what a case changes."""

    def __init__(self, folder: Path) -> None:
        self.ring = KeyRing(folder)
        self.kid, self.key = self.ring.signing()

    def token(self, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
        """Signed by our own key with the library that others use."""
        return jwt.encode(
            {**CLAIMS, **(claims or {})},
            self.key,
            algorithm="RS256",
            headers={"typ": "at+jwt", "kid": self.kid, **(header or {})},
        )

    def without(self, claim: str) -> str:
        """A token that lacks a claim."""
        claims = {name: value for name, value in CLAIMS.items() if name != claim}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"typ": "at+jwt", "kid": self.kid})

    def raw(self, header: bytes, payload: bytes) -> str:
        """Any bytes, rightly signed."""
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def header(self) -> bytes:
        """The good header."""
        return json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": self.kid}).encode()

    def hmac_with_public_key(self) -> str:
        """HS256 under the public key's PEM: the classic confusion."""
        pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": self.kid}).encode()
        signed = f"{b64(header)}.{b64(json.dumps(CLAIMS).encode())}"
        return f"{signed}.{b64(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"

    def of_a_stranger(self, header: dict[str, Any] | None = None) -> str:
        """Signed by a key that is not ours."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(CLAIMS, key, algorithm="RS256", headers={"typ": "at+jwt", "kid": self.kid, **(header or {})})


FORGERIES: dict[str, Callable[[Forge], str]] = {
    "empty": lambda f: "",
    "not three parts": lambda f: "a.b",
    "five parts": lambda f: f.token() + ".x.y",
    "padding": lambda f: f.token() + "=",
    "newline": lambda f: f.token() + "\n",
    "too long": lambda f: f.token(claims={"x": "y" * 5000}),
    "alg none": lambda f: jwt.encode(CLAIMS, None, algorithm="none", headers={"typ": "at+jwt", "kid": f.kid}),
    "alg none, any case": lambda f: f.raw(
        json.dumps({"alg": "nOnE", "typ": "at+jwt", "kid": f.kid}).encode(), json.dumps(CLAIMS).encode()
    ),
    "HS256 with the public key": lambda f: f.hmac_with_public_key(),
    "RS512": lambda f: jwt.encode(CLAIMS, f.key, algorithm="RS512", headers={"typ": "at+jwt", "kid": f.kid}),
    "PS256": lambda f: jwt.encode(CLAIMS, f.key, algorithm="PS256", headers={"typ": "at+jwt", "kid": f.kid}),
    "stranger's key": lambda f: f.of_a_stranger(),
    "stranger's key in jwk": lambda f: f.of_a_stranger({"jwk": {"kty": "RSA"}}),
    "jku": lambda f: f.token({"jku": "https://evil.example/jwks"}),
    "x5u": lambda f: f.token({"x5u": "https://evil.example/cert"}),
    "jwk": lambda f: f.token({"jwk": {"kty": "RSA"}}),
    "crit": lambda f: f.token({"crit": ["exp"]}),
    "typ JWT": lambda f: f.token({"typ": "JWT"}),
    "kid unknown": lambda f: f.token({"kid": "jwt-9-0000000000000000"}),
    "kid a path": lambda f: f.token({"kid": "../../etc/passwd"}),
    "kid not a text": lambda f: f.raw(b'{"alg":"RS256","typ":"at+jwt","kid":[1]}', json.dumps(CLAIMS).encode()),
    "iss": lambda f: f.token(claims={"iss": "altscore.in.evil"}),
    "aud": lambda f: f.token(claims={"aud": "admin-api"}),
    "aud a list": lambda f: f.token(claims={"aud": ["score-api", "admin-api"]}),
    "iat in the future": lambda f: f.token(claims={"iat": NOW_S + 31, "exp": NOW_S + 100}),
    "exp beyond an hour": lambda f: f.token(claims={"exp": NOW_S + 3601}),
    "exp before iat": lambda f: f.token(claims={"exp": NOW_S - 1}),
    "exp a text": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": str(NOW_S + 60)}).encode()),
    "exp a fraction": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": NOW_S + 0.5}).encode()),
    "exp true": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": True}).encode()),
    "exp huge": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": 10**400}).encode()),
    "exp twice": lambda f: f.raw(f.header(), (json.dumps(CLAIMS)[:-1] + f', "exp": {NOW_S + 9}}}').encode()),
    "sub not a text": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "sub": [LENDER]}).encode()),
    "payload no object": lambda f: f.raw(f.header(), b"[]"),
    "payload no JSON": lambda f: f.raw(f.header(), b"\xff\xfe"),
    "header no JSON": lambda f: f.raw(b"{", json.dumps(CLAIMS).encode()),
    **{f"no {claim}": (lambda f, claim=claim: f.without(claim)) for claim in CLAIMS},  # type: ignore[misc]
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_refused(keys_dir: Path, case: str) -> None:
    verifier = TokenVerifier(KeyRing(keys_dir), FixedClock(NOW))
    with pytest.raises(TokenError) as refused:
        verifier.verify(FORGERIES[case](Forge(keys_dir)))
    assert refused.value.code == "TOKEN_INVALID"


def test_our_own_token_is_good_and_remembered(keys_dir: Path) -> None:
    clock = FixedClock(NOW)
    verifier, forge = TokenVerifier(KeyRing(keys_dir), clock), Forge(keys_dir)
    token = forge.token()
    assert verifier.verify(token) == verifier.verify(token)
    assert verifier.verify(token).lender_id == LENDER


def test_a_remembered_token_still_expires_with_thirty_seconds_of_skew(keys_dir: Path) -> None:
    clock = FixedClock(NOW)
    verifier, token = TokenVerifier(KeyRing(keys_dir), clock), Forge(keys_dir).token()
    verifier.verify(token)
    clock.advance(seconds=3629)
    verifier.verify(token)
    clock.advance(seconds=1)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            verifier.verify(token)


def test_the_key_whose_name_sorts_last_signs_and_both_verify(tmp_path: Path) -> None:
    for name in ("jwt-9.pem", "jwt-10.pem"):
        write_rsa_key(tmp_path, name)
    ring = KeyRing(tmp_path)
    assert ring.signing()[0].startswith("jwt-10-")
    published = ring.jwks()["keys"]
    assert [key["kid"].rsplit("-", 1)[0] for key in published] == ["jwt-9", "jwt-10"]
    assert all(key.keys() == {"kty", "use", "alg", "key_ops", "kid", "n", "e"} for key in published)


def test_an_unknown_kid_reads_the_folder_once_in_ten_seconds(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1.pem")
    at = [0.0]
    ring = KeyRing(tmp_path, monotonic=lambda: at[0])
    write_rsa_key(tmp_path, "jwt-2.pem")
    new_kid = KeyRing(tmp_path).signing()[0]
    assert ring.find(new_kid) is None
    at[0] = 10.0
    assert ring.find(new_kid) is not None


@pytest.mark.parametrize("bits", [1024])
def test_a_short_key_stops_the_service(tmp_path: Path, bits: int) -> None:
    write_rsa_key(tmp_path, "jwt-1.pem", bits)
    with pytest.raises(ValueError, match="2,048"):
        KeyRing(tmp_path)


def test_no_key_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none"):
        KeyRing(tmp_path)


async def test_others_can_verify_our_token_with_the_published_keys(world: World) -> None:
    jwks = (await world.lenders.get("/.well-known/jwks.json")).json()
    token = world.tokens[LENDER]
    key = jwt.PyJWK(jwks["keys"][0])
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="score-api", issuer="altscore.in",
        options={"verify_exp": False, "verify_iat": False, "require": ["sub", "jti", "iat", "exp"]},
    )  # fmt: skip
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (LENDER, 3600)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


async def test_a_call_without_token_says_so_and_is_audited(world: World) -> None:
    reply = await world.lenders.post(
        "/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers={"X-Client-ID": LENDER}
    )
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")
    assert reply.headers["www-authenticate"] == "Bearer"
    entry = (await world.audit("failed_auth"))[-1]
    assert (entry["actor"], entry["reason"]) == (LENDER, "TOKEN_MISSING")


async def test_an_expired_token_says_so(world: World) -> None:
    world.clock.advance(seconds=3600 + 31)
    reply = await world.score()
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("client_id", [None, OTHER_LENDER, LENDER.upper(), ""])
async def test_the_client_id_must_be_the_subject(world: World, client_id: str | None) -> None:
    headers = world.headers()
    headers.pop("X-Client-ID")
    if client_id is not None:
        headers["X-Client-ID"] = client_id
    reply = await world.lenders.post("/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_INVALID")


async def test_a_revoked_token_is_refused_after_the_next_poll(world: World) -> None:
    jti = jwt.decode(world.tokens[LENDER], options={"verify_signature": False})["jti"]
    await world.pool.execute("INSERT INTO revoked_token VALUES ($1, '2099-01-01')", jti)
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_a_lenders_epoch_voids_its_tokens(world: World) -> None:
    await world.pool.execute("UPDATE lender SET tokens_valid_from = $1", NOW)
    await world.state.refresh()
    assert (await world.score()).status_code == 401


async def test_unreadable_revocations_are_503_never_accepted(world: World) -> None:
    world.monotonic.at += 2.1
    assert (await world.score()).status_code == 503


async def test_a_client_secret_that_comes_along_must_be_right(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    right = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret})
    wrong = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret[:-1]})
    assert (right.status_code, wrong.status_code) == (403, 401)


async def ask_token(world: World, client_id: str, secret: str) -> Any:
    return await world.lenders.post("/v1/auth/token", json={"client_id": client_id, "client_secret": secret})


@pytest.mark.parametrize("client_id", [LENDER, "lender_nobody"])
async def test_wrong_credentials_are_one_answer_and_audited(world: World, client_id: str) -> None:
    reply = await ask_token(world, client_id, "0" * 64)
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    entry = (await world.audit("failed_auth"))[-1]
    assert (entry["actor"], entry["reason"]) == (client_id, "UNAUTHORIZED")
    assert "0" * 64 not in str(entry)


async def test_five_failures_lock_that_source_and_void_no_token(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    for _ in range(5):
        assert (await ask_token(world, OTHER_LENDER, "wrong")).status_code == 401
    locked = await ask_token(world, OTHER_LENDER, secret)
    assert locked.status_code == 429
    assert 1 <= int(locked.headers["retry-after"]) <= 601
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    world.clock.advance(seconds=601)
    assert (await ask_token(world, OTHER_LENDER, secret)).status_code == 200


async def test_a_lock_holds_for_one_source_alone(world: World) -> None:
    async with world.pool.acquire() as connection:
        for _ in range(5):
            await world.desks.token.locks.record(connection, LENDER, "192.0.2.1")
        assert await world.desks.token.locks.locked_for_s(connection, LENDER, "192.0.2.1") > 0
        assert await world.desks.token.locks.locked_for_s(connection, LENDER, "192.0.2.2") == 0


async def test_the_eleventh_try_of_a_minute_is_429(world: World) -> None:
    statuses = [(await ask_token(world, "lender_eager", "x")).status_code for _ in range(11)]
    assert statuses[-1] == 429
    reply = await ask_token(world, "lender_eager", "x")
    assert reply.headers["x-ratelimit-limit"] == "10"


async def test_onboarding_twice_shows_the_secret_once(world: World) -> None:
    again = await world.admin.put(f"/internal/admin/lenders/{LENDER}", json={"name": "New name"})
    assert (again.status_code, again.json()) == (200, {"client_id": LENDER})
    stored = await world.pool.fetchval("SELECT secret_hash FROM lender WHERE lender_id = $1", LENDER)
    assert stored.startswith("$argon2id$")


def test_minting_is_quick_enough_for_one_core(keys_dir: Path) -> None:
    mint = TokenMint(KeyRing(keys_dir), FixedClock(NOW))
    started = time.perf_counter()
    assert mint.issue(LENDER)[0] != mint.issue(LENDER)[0]
    assert time.perf_counter() - started < 1
