"""RS256 with keys of a real token (SoftHSM2): the signature is that of the standard, and no key comes out."""

import asyncio
import hashlib

import pkcs11
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, destroy_rsa_key, make_rsa_key, rsa_key_labels
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

__all__ = ["soft_tokens"]
MESSAGE = b"header.claims"
DIGEST = hashlib.sha256(MESSAGE).digest()
PRIVATE_PARTS = (pkcs11.Attribute.PRIVATE_EXPONENT, pkcs11.Attribute.PRIME_1, pkcs11.Attribute.PRIME_2)


@pytest.fixture(scope="session")
def token(soft_tokens: SoftTokens) -> SignerSettings:
    return soft_tokens.make("rsa")


@pytest.mark.parametrize("bits", [2048, 3072])
async def test_a_signature_is_the_one_that_rs256_wants(token: SignerSettings, bits: int) -> None:
    public = load_pem_public_key(await make_rsa_key(token, f"sized-{bits}", bits))
    assert isinstance(public, rsa.RSAPublicKey)
    signature = await Pkcs11RsaSigner(token).sign(f"sized-{bits}", DIGEST)
    public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())  # raises where it is another's
    assert (public.key_size, len(signature)) == (bits, bits // 8)


async def test_whoever_has_the_pin_uses_a_key_and_does_not_get_it(token: SignerSettings) -> None:
    await make_rsa_key(token, "kept", 2048)
    session = pkcs11.lib(str(token.pkcs11_module)).get_token(token_label="rsa").open()
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="kept")
    for attribute in PRIVATE_PARTS:
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[attribute]
    assert (key[pkcs11.Attribute.NEVER_EXTRACTABLE], key[pkcs11.Attribute.DECRYPT]) == (True, False)


async def test_a_destroyed_key_signs_no_more_and_its_neighbours_do(token: SignerSettings) -> None:
    signer = Pkcs11RsaSigner(token)
    for label in ("going", "staying"):
        await make_rsa_key(token, label, 2048)
    await destroy_rsa_key(token, "going")
    await destroy_rsa_key(token, "going")
    labels = await rsa_key_labels(token)
    assert ("going" in labels, "staying" in labels) == (False, True)
    with pytest.raises(Unavailable):
        await signer.sign("going", DIGEST)
    assert await signer.sign("staying", DIGEST)


async def test_the_event_loop_goes_on_while_a_key_signs(token: SignerSettings) -> None:
    await make_rsa_key(token, "beside", 3072)
    signing = asyncio.create_task(Pkcs11RsaSigner(token).sign("beside", DIGEST))
    turns = 0
    while not signing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 2, "a signature made on the loop is done within two turns"
    assert await signing


async def test_what_is_no_digest_is_not_signed(token: SignerSettings) -> None:
    with pytest.raises(ValueError, match="digests"):
        await Pkcs11RsaSigner(token).sign("kept", MESSAGE)
