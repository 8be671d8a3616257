"""Who has score-api's environment may have tokens signed while its key store answers, and takes no key away from it."""

import secrets
from collections.abc import Callable
from typing import Any

import pkcs11
import pytest
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import make_rsa_key
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

__all__ = ["soft_tokens"]
PRIVATE_PARTS = (
    *(Attribute.PRIVATE_EXPONENT, Attribute.PRIME_1, Attribute.PRIME_2),
    *(Attribute.EXPONENT_1, Attribute.EXPONENT_2, Attribute.COEFFICIENT),
)


@pytest.fixture(scope="module")
def key_store(soft_tokens: SoftTokens) -> SignerSettings:
    """A token as the product makes it."""
    return soft_tokens.make("stolen")


@pytest.fixture
async def stolen(key_store: SignerSettings) -> Any:
    """A session with the PIN, which may change what a session may, and the key that signs tokens."""
    label = f"jwt-{secrets.token_hex(4)}"
    await make_rsa_key(key_store, label, 2048)
    token = pkcs11.lib(str(key_store.pkcs11_module)).get_token(token_label="stolen")
    session = token.open(rw=True)  # the login of the process that made the key holds
    return session, session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)


async def test_no_part_of_the_private_key_is_read(stolen: Any) -> None:
    _, key = stolen
    assert key[Attribute.MODULUS], "what is public is read"
    for part in PRIVATE_PARTS:
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[part]


def made_readable(session: Any, key: Any) -> None:
    """Says of the key that it is no secret."""
    key[Attribute.SENSITIVE] = False


def made_extractable(session: Any, key: Any) -> None:
    """Says of the key that it may leave."""
    key[Attribute.EXTRACTABLE] = True


def wrapped(session: Any, key: Any) -> None:
    """Takes the key out under another one that the thief made."""
    wrapping = session.generate_key(KeyType.AES, 256, capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP)
    wrapping.wrap_key(key, mechanism=pkcs11.Mechanism.AES_KEY_WRAP_PAD)


def copied(session: Any, key: Any) -> None:
    """Makes a copy that may leave."""
    key.copy({Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})[Attribute.PRIVATE_EXPONENT]


@pytest.mark.parametrize("take_out", [made_readable, made_extractable, wrapped, copied])
async def test_no_order_to_the_key_store_lets_the_key_out(stolen: Any, take_out: Callable[[Any, Any], None]) -> None:
    session, key = stolen
    with pytest.raises(pkcs11.PKCS11Error):
        take_out(session, key)
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key[Attribute.PRIVATE_EXPONENT]
    assert key[Attribute.EXTRACTABLE] is False
