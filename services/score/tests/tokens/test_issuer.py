"""What we sign: others can verify it, no two tokens are alike, and signing reads no file."""

from pathlib import Path

import jwt
from altscore_libs.clock import FixedClock
from altscore_score.tokens.issuer import TokenIssuer

from ..forge import jti_of
from ..keys import key_ring
from ..world import LENDER, NOW, Monotonic, World, write_rsa_key


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


def test_two_tokens_of_one_moment_have_different_ids(keys_dir: Path) -> None:
    issuer = TokenIssuer(key_ring(keys_dir), FixedClock(NOW))
    tokens = [issuer.issue(LENDER).token for _ in range(2)]
    assert jti_of(tokens[0]) != jti_of(tokens[1])


def test_a_token_is_issued_without_reading_the_key_again(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1.pem")
    issuer = TokenIssuer(key_ring(tmp_path, monotonic=Monotonic()), FixedClock(NOW))
    (tmp_path / "jwt-1.pem").unlink()
    assert issuer.issue(LENDER).token
