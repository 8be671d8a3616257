"""What we sign: others can verify it, no two tokens are alike, and a signature of another key leaves nobody's hands."""

import asyncio
from pathlib import Path

import jwt
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, make_rsa_key
from altscore_libs.testing import SoftwareRsaSigner
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import TokenVerifier

from ..forge import Forge, jti_of
from ..keys import key_ring, token_issuer
from ..rsa_keys import write_rsa_key
from ..world import LENDER, NOW, PATIENT, World

__all__ = ["soft_tokens"]


async def test_others_can_verify_our_token_with_the_published_keys(world: World) -> None:
    jwks = (await world.lenders.get("/.well-known/jwks.json")).json()
    token = world.tokens[LENDER]
    key = jwt.PyJWK(jwks["keys"][0])
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="score-api", issuer="altscore.in",
        options={"verify_exp": False, "verify_iat": False, "require": ["sub", "jti", "iat", "exp"]},
    )  # fmt: skip
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (LENDER, 3600)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": jwks["keys"][0]["kid"], "typ": "at+jwt"}


async def test_a_token_is_byte_for_byte_what_pyjwt_makes_of_the_same_claims(keys_dir: Path) -> None:
    token = (await token_issuer(keys_dir, FixedClock(NOW)).issue(LENDER)).token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert Forge(keys_dir).token(claims=claims) == token


async def test_two_tokens_of_one_moment_have_different_ids(keys_dir: Path) -> None:
    issuer = token_issuer(keys_dir, FixedClock(NOW))
    tokens = [(await issuer.issue(LENDER)).token for _ in range(2)]
    assert jti_of(tokens[0]) != jti_of(tokens[1])


@pytest.fixture
async def key_store(soft_tokens: SoftTokens, tmp_path: Path) -> SignerSettings:
    """A token with a key `jwt-1`, which is published."""
    settings = soft_tokens.make(tmp_path.name[:32]).model_copy(update={"public_keys_dir": tmp_path})
    (tmp_path / "jwt-1.pem").write_bytes(await make_rsa_key(settings, "jwt-1", 2048))
    return settings


async def test_a_token_that_the_key_store_signed_is_good(key_store: SignerSettings) -> None:
    ring, clock = key_ring(key_store.public_keys_dir, clock=FixedClock(NOW)), FixedClock(NOW)
    issuer = TokenIssuer(ring, Pkcs11RsaSigner(key_store), clock, sign_s=PATIENT.sign_s)
    await issuer.require_key()
    assert TokenVerifier(ring, clock).verify((await issuer.issue(LENDER)).token).lender_id == LENDER


async def test_a_key_store_without_the_published_key_gives_no_token(key_store: SignerSettings, tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-2")  # signs from now on, and the key store has none of that label
    ring, clock = key_ring(tmp_path), FixedClock(NOW)
    issuer = TokenIssuer(ring, Pkcs11RsaSigner(key_store), clock, sign_s=PATIENT.sign_s)
    for attempt in (issuer.require_key(), issuer.issue(LENDER)):
        with pytest.raises(Unavailable):
            await attempt


async def test_a_signature_by_another_key_than_the_published_one_is_handed_to_nobody(
    key_store: SignerSettings, tmp_path: Path
) -> None:
    write_rsa_key(tmp_path, "jwt-1")  # published in the place of the key store's own
    issuer = TokenIssuer(key_ring(tmp_path), Pkcs11RsaSigner(key_store), FixedClock(NOW), sign_s=PATIENT.sign_s)
    for attempt in (issuer.require_key(), issuer.issue(LENDER)):
        with pytest.raises(Unavailable):
            await attempt


class _Silent(SoftwareRsaSigner):
    """A key store that takes a request and never answers."""

    async def sign(self, label: str, message_digest: bytes) -> bytes:
        await asyncio.Event().wait()
        return await super().sign(label, message_digest)


async def test_a_key_store_that_never_answers_is_waited_for_no_longer_than_allowed(keys_dir: Path) -> None:
    issuer = TokenIssuer(key_ring(keys_dir), _Silent([]), FixedClock(NOW), sign_s=0.01)
    with pytest.raises(Unavailable):
        await issuer.issue(LENDER)
