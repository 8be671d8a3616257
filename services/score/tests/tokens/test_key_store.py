"""While the key store is away nobody signs in, in the contract's words, and everything else goes on."""

from pathlib import Path

import pytest
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, RsaSigner, make_rsa_key
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from altscore_score.grievances.service import BOX_FILE

from ..world import BOX_KEY_PEM, OTHER_LENDER, World

__all__ = ["soft_tokens"]
# The library ends a search in its destructor, where a module that is gone is an error that nobody can catch.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
async def public_keys_dir(key_store: SignerSettings, signer: SoftwareSigner) -> Path:
    """With the public half of a key that the key store holds."""
    folder = key_store.public_keys_dir
    (folder / "jwt-1.pem").write_bytes(await make_rsa_key(key_store, "jwt-1", 2048))
    (folder / "score-seal.pem").write_bytes(signer.public_pem())
    (folder / BOX_FILE).write_bytes(BOX_KEY_PEM)
    return folder


@pytest.fixture
def key_store(soft_tokens: SoftTokens, tmp_path: Path) -> SignerSettings:
    """A token of this test's own."""
    return soft_tokens.make(tmp_path.name[:32]).model_copy(update={"public_keys_dir": tmp_path})


@pytest.fixture
def token_signer(key_store: SignerSettings) -> RsaSigner:
    """What the product signs with."""
    return Pkcs11RsaSigner(key_store)


async def test_without_its_key_store_a_sign_in_is_a_503_that_leaves_nothing_and_afterwards_it_is_answered(
    world: World, soft_tokens: SoftTokens
) -> None:
    secret = await world.onboard(OTHER_LENDER)
    before = await world.row_counts()
    with soft_tokens.away():
        refusals = [await world.sign_in(OTHER_LENDER, secret) for _ in range(2)]
        assert await world.row_counts() == before
        assert (await world.sign_in(OTHER_LENDER, "wrong")).status_code == 401
        assert (await world.score()).status_code == 200
        assert (await world.lenders.get("/.well-known/jwks.json")).json()["keys"]
    for reply in refusals:
        assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert reply.headers["retry-after"] == "30"
    reply = await world.sign_in(OTHER_LENDER, secret)
    assert reply.status_code == 200
    world.tokens[OTHER_LENDER] = reply.json()["access_token"]
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403, "its token is good, and nobody consented"


async def test_a_refresh_that_finds_no_key_store_spends_no_refresh_token(world: World, soft_tokens: SoftTokens) -> None:
    secret = await world.onboard(OTHER_LENDER)
    pair = (await world.sign_in(OTHER_LENDER, secret)).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    with soft_tokens.away():
        assert (await world.sign_in(OTHER_LENDER, secret, **refresh)).status_code == 503
    assert (await world.sign_in(OTHER_LENDER, secret, **refresh)).status_code == 200
