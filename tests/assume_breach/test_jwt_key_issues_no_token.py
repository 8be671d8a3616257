"""Who holds the key that signs access tokens, and has seen tokens of lenders, still makes none that is accepted."""

from pathlib import Path

import pytest
from altscore_libs.clock import FixedClock
from altscore_score.errors import TokenInvalid
from altscore_score.tokens.verifier import TokenVerifier

from services.score.tests.conftest import keys_dir
from services.score.tests.forge import CLAIMS, NOW_S, Forge
from services.score.tests.keys import key_ring
from services.score.tests.world import LENDER, NOW, OTHER_LENDER

__all__ = ["keys_dir"]
SEEN = str(CLAIMS["jti"])  # of a token that was issued to LENDER at NOW


@pytest.mark.parametrize(
    "claims",
    [
        {"jti": "f" * 32},
        {"jti": SEEN[:16] + "0" * 16},
        {"jti": SEEN, "sub": OTHER_LENDER},
        {"jti": SEEN, "iat": NOW_S - 60, "exp": NOW_S + 3_000},
        {"jti": SEEN, "sub": f"{LENDER}|{NOW_S}"},
    ],
)
def test_a_token_that_was_never_issued_is_refused(keys_dir: Path, claims: dict[str, object]) -> None:
    verifier = TokenVerifier(key_ring(keys_dir), FixedClock(NOW))
    assert verifier.verify(Forge(keys_dir).token()).jti, "what was issued is good"
    with pytest.raises(TokenInvalid):
        verifier.verify(Forge(keys_dir).token(claims=claims))
