"""What is encrypted to a reader decrypts with its key, in its context, unchanged, and in no other way."""

from pathlib import Path

import pytest
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

READER, FORMER, OTHER = (X25519PrivateKey.generate() for _ in range(3))
ENCRYPTOR = HpkeEncryptor(READER.public_key())


@given(plain=st.binary(max_size=300), context=st.binary(max_size=40))
def test_the_reader_decrypts_what_was_encrypted_to_it_with_its_context(plain: bytes, context: bytes) -> None:
    ciphertext = ENCRYPTOR.encrypt(plain, context=context)
    assert HpkeDecryptor([FORMER, READER]).decrypt(ciphertext, context=context) == plain
    for refused in (HpkeDecryptor([OTHER]), HpkeDecryptor([])):
        with pytest.raises(ValueError, match="not for this reader"):
            refused.decrypt(ciphertext, context=context)
    with pytest.raises(ValueError, match="another context"):
        HpkeDecryptor([READER]).decrypt(ciphertext, context=context + b"x")


@given(place=st.integers(min_value=0), bit=st.integers(0, 7), length=st.integers(0, 80))
def test_a_changed_or_shortened_ciphertext_does_not_decrypt(place: int, bit: int, length: int) -> None:
    ciphertext = bytearray(ENCRYPTOR.encrypt(b"a sentence", context=b"c"))
    ciphertext[place % len(ciphertext)] ^= 1 << bit
    decryptor = HpkeDecryptor([READER])
    for broken in (
        bytes(ciphertext),
        ENCRYPTOR.encrypt(b"a sentence", context=b"c")[: min(length, len(ciphertext) - 1)],
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # which of the reasons depends on the byte
            decryptor.decrypt(broken, context=b"c")


def test_the_same_text_gives_another_ciphertext_each_time() -> None:
    assert ENCRYPTOR.encrypt(b"x", context=b"c") != ENCRYPTOR.encrypt(b"x", context=b"c")


def test_keys_are_read_from_files_and_other_kinds_refused(tmp_path: Path) -> None:
    pem = READER.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="must hold"):
        HpkeDecryptor.load(tmp_path)
    (tmp_path / "box-1.pem").write_bytes(pem)
    public = READER.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "ciphertext.pem").write_bytes(public)
    ciphertext = HpkeEncryptor.load(tmp_path / "public" / "ciphertext.pem").encrypt(b"x", context=b"c")
    assert HpkeDecryptor.load(tmp_path).decrypt(ciphertext, context=b"c") == b"x"
