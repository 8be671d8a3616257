"""A signed document counts only as what it was signed as, by a key of its own purpose."""

import hashlib
import json

import pytest
from altscore_libs.signer import NotAuthentic, read_signed
from altscore_libs.testing import SoftwareSigner

SCHEMA, LABEL = "altscore.sample.1", "sample-signing"
SIGNER = SoftwareSigner(LABEL)


async def signed(signer: SoftwareSigner = SIGNER, **change: object) -> tuple[str, str]:
    """A document and its signature."""
    text = json.dumps({"schema": SCHEMA, "key_id": signer.key_id, "ids": ["a", "b"]} | change)
    return text, (await signer.sign(hashlib.sha256(text.encode()).digest())).hex()


def read(text: str, signature: str) -> dict[str, object]:
    return read_signed(text, signature, SIGNER.public_keys(), schema=SCHEMA, key_label=LABEL)


async def test_an_authentic_document_is_read() -> None:
    assert read(*await signed())["ids"] == ["a", "b"]


async def test_a_changed_text_or_signature_is_refused() -> None:
    text, signature = await signed()
    for changed in ((text.replace('"a"', '"c"'), signature), (text, signature[::-1]), (text, "no hex"), (text, "")):
        with pytest.raises(NotAuthentic):
            read(*changed)


async def test_another_kind_of_document_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        read(*await signed(schema="altscore.other.1"))


async def test_a_trusted_key_of_another_purpose_is_refused() -> None:
    other = SoftwareSigner("other-signing")
    text, signature = await signed(other)
    with pytest.raises(NotAuthentic):
        read_signed(text, signature, other.public_keys(), schema=SCHEMA, key_label=LABEL)


async def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        read(*await signed(SoftwareSigner(LABEL)))


@pytest.mark.parametrize("text", ["", "[]", "1", "{}", '{"schema": "altscore.sample.1"}', '"\\ud800"', "[" * 100_000])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(NotAuthentic):
        read(text, "00" * 64)
