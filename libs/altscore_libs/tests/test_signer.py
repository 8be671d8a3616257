"""Signatures and wrapped keys, on a real token (SoftHSM2) and in memory: same rules."""

import hashlib
from pathlib import Path

import pkcs11
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import (
    Pkcs11Wrapper,
    PublicKeys,
    derive_key,
    make_signing_key,
    open_signer,
    open_wrapper,
    signing_keys,
)
from altscore_libs.testing import SoftwareSigner, SoftwareWrapper
from altscore_libs.testing_tokens import PIN, SoftTokens, soft_tokens
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

__all__ = ["soft_tokens"]


@pytest.fixture(scope="session")
def token(soft_tokens: SoftTokens) -> SignerSettings:
    settings = soft_tokens.make("t")
    session = pkcs11.lib(str(settings.pkcs11_module)).get_token(token_label="t").open(user_pin=PIN, rw=True)
    session.create_domain_parameters(
        pkcs11.KeyType.EC,
        {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")},
        local=True,
    ).generate_keypair(store=True, label="sign")
    session.generate_key(pkcs11.KeyType.AES, 256, label="kek", store=True)
    signs = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
    session.generate_key(pkcs11.KeyType.GENERIC_SECRET, 256, label="pepper", capabilities=signs, store=True)
    session.close()
    return settings


DIGEST = hashlib.sha256(b"record").digest()


# The library ends a search in its destructor, where a dropped session is an error that nobody can catch.
_SEARCH_OF_A_DROPPED_SESSION = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@_SEARCH_OF_A_DROPPED_SESSION
async def test_after_the_module_dropped_its_sessions_the_next_call_is_answered_in_a_new_one(
    token: SignerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    signer, wrapper = await open_signer(token, "sign"), await open_wrapper(token, "kek")
    wrapped = await wrapper.wrap(b"key")
    pkcs11.lib(str(token.pkcs11_module)).reinitialize()
    assert len(await signer.sign(DIGEST)) == 64
    assert await wrapper.unwrap(wrapped) == b"key"
    assert "the key store failed" in caplog.text, "the sessions were dropped"


@_SEARCH_OF_A_DROPPED_SESSION
async def test_a_pair_is_not_made_twice_because_the_first_try_failed(token: SignerSettings) -> None:
    await make_signing_key(token, "once")
    pkcs11.lib(str(token.pkcs11_module)).reinitialize()
    await make_signing_key(token, "once.2")
    assert sorted(await signing_keys(token, "once")) == ["once", "once.2"]


@_SEARCH_OF_A_DROPPED_SESSION
async def test_a_key_store_that_lost_its_tokens_is_unavailable_and_found_again_when_they_are_back(
    token: SignerSettings, soft_tokens: SoftTokens
) -> None:
    signer, wrapper = await open_signer(token, "sign"), await open_wrapper(token, "kek")
    wrapped = await wrapper.wrap(b"key")
    with soft_tokens.away():
        for _ in range(3):
            with pytest.raises(Unavailable):
                await signer.sign(DIGEST)
            with pytest.raises(Unavailable):
                await wrapper.unwrap(wrapped)
    assert len(await signer.sign(DIGEST)) == 64
    assert await wrapper.unwrap(wrapped) == b"key"


async def test_many_digests_are_signed_in_their_order_each_as_alone(token: SignerSettings, tmp_path: Path) -> None:
    (tmp_path / "many.pem").write_bytes(await make_signing_key(token, "many"))
    keys, signer = PublicKeys.load(tmp_path), await open_signer(token, "many")
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(40)]
    signatures = await signer.sign_many(digests)
    pairs = [(digest, signature) for digest in digests for signature in signatures]
    held = [pair for pair in pairs if keys.verify(signer.key_id, *pair)]
    assert held == list(zip(digests, signatures, strict=True))
    assert await signer.sign_many([]) == []


async def test_a_token_signature_verifies_with_the_public_key_and_with_no_other(token: SignerSettings) -> None:
    signer = await open_signer(token, "sign")
    key = (
        pkcs11.lib(str(token.pkcs11_module))
        .get_token(token_label="t")
        .open()
        .get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label="sign")
    )
    assert isinstance(key, pkcs11.PublicKey)
    public = load_der_public_key(pkcs11.util.ec.encode_ec_public_key(key))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature = await signer.sign(DIGEST)
    keys = PublicKeys({signer.key_id: public})
    assert keys.verify(signer.key_id, DIGEST, signature)
    assert not keys.verify(signer.key_id, hashlib.sha256(b"other").digest(), signature)
    assert not SoftwareSigner("sign").public_keys().verify(signer.key_id, DIGEST, signature)
    assert not keys.verify(signer.key_id, DIGEST, b"short")


async def test_a_later_key_made_in_the_token_signs_under_the_base_label(token: SignerSettings, tmp_path: Path) -> None:
    (tmp_path / "rotated.pem").write_bytes(await make_signing_key(token, "rotated"))
    (tmp_path / "rotated.2.pem").write_bytes(await make_signing_key(token, "rotated.2"))
    keys = PublicKeys.load(tmp_path)
    key_ids = await signing_keys(token, "rotated")
    assert sorted(key_ids) == ["rotated", "rotated.2"]
    for label, key_id in key_ids.items():
        signer = await open_signer(token, label)
        assert signer.key_id == key_id
        assert key_id.startswith("rotated-")
        assert keys.verify(key_id, DIGEST, await signer.sign(DIGEST))


async def test_a_derived_key_depends_on_secret_and_context(token: SignerSettings) -> None:
    key = await derive_key(token, "pepper", b"one")
    assert len(key) == 32
    assert key == await derive_key(token, "pepper", b"one")
    assert key != await derive_key(token, "pepper", b"two")
    with pytest.raises(Unavailable):
        await derive_key(token, "absent", b"one")


@pytest.fixture(params=["token", "memory"])
async def wrapper(request: pytest.FixtureRequest, token: SignerSettings) -> Pkcs11Wrapper | SoftwareWrapper:
    return await open_wrapper(token, "kek") if request.param == "token" else SoftwareWrapper()


async def test_wrapped_bytes_come_back_and_changed_ones_do_not(wrapper: Pkcs11Wrapper) -> None:
    wrapped = await wrapper.wrap(b"k" * 32)
    assert await wrapper.unwrap(wrapped) == b"k" * 32
    with pytest.raises(ValueError, match="not wrapped"):
        await wrapper.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


async def test_keyed_hashes_are_stable_and_differ_by_input(wrapper: Pkcs11Wrapper) -> None:
    first, second, again = await wrapper.hmac_many("pepper", [b"a", b"b", b"a"])
    assert first == again
    assert first != second
    assert len(first) == 32


async def test_a_missing_token_is_unavailable_not_a_crash(token: SignerSettings) -> None:
    with pytest.raises(Unavailable):
        await open_signer(token.model_copy(update={"pkcs11_token": "none"}), "sign")
