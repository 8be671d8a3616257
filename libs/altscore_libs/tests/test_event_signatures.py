"""The producer of a message is whoever signed it: nothing else of the message, the batch or the header passes."""

import asyncio

import pytest
from altscore_libs.event_signatures import EventVerifier, SentMessage, sign_batch
from altscore_libs.signer import NotAuthentic, PublicKeys
from altscore_libs.testing import SoftwareSigner
from hypothesis import given
from hypothesis import strategies as st

CONSENT = SoftwareSigner("consent-events")


def batch(size: int) -> list[SentMessage]:
    return [SentMessage("altscore.consent", f"ret_{number}", b"\x00value" + bytes([number])) for number in range(size)]


def headers(size: int, signer: SoftwareSigner = CONSENT) -> list[bytes]:
    return asyncio.run(sign_batch(signer, batch(size)))


@given(st.integers(1, 40))
def test_every_message_of_a_batch_names_its_producer(size: int) -> None:
    verifier = EventVerifier(CONSENT.public_keys())
    signed = zip(batch(size), headers(size), strict=True)
    assert {verifier.producer_of(message, header) for message, header in signed} == {"consent"}


@given(st.integers(1, 12), st.data())
def test_a_message_with_a_changed_byte_is_nobodys(size: int, data: st.DataObject) -> None:
    verifier, signed = EventVerifier(CONSENT.public_keys()), headers(size)
    index = data.draw(st.integers(0, size - 1))
    message, header = batch(size)[index], bytearray(signed[index])
    changed = data.draw(
        st.sampled_from(
            [
                message._replace(topic="altscore.ml"),
                message._replace(key="ret_x"),
                message._replace(value=b"\x00other"),
                message._replace(topic="altscore.consentr", key=message.key[1:]),
            ]
        )
    )
    with pytest.raises(NotAuthentic):
        verifier.producer_of(changed, bytes(header))
    place = data.draw(st.integers(0, len(header) - 1))
    header[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotAuthentic):
        verifier.producer_of(message, bytes(header))


def test_a_message_without_a_signature_is_nobodys() -> None:
    verifier = EventVerifier(CONSENT.public_keys())
    for header in (None, b"", b"\x01", b"\x01\xff", b"\x02" + headers(1)[0][1:], headers(1)[0] + b"x"):
        with pytest.raises(NotAuthentic):
            verifier.producer_of(batch(1)[0], header)


def test_a_key_of_another_purpose_signs_no_events() -> None:
    records = SoftwareSigner("consent-signing")
    with pytest.raises(NotAuthentic):
        EventVerifier(records.public_keys()).producer_of(batch(1)[0], headers(1, records)[0])


def test_a_key_that_is_not_trusted_signs_no_events() -> None:
    with pytest.raises(NotAuthentic):
        EventVerifier(PublicKeys({})).producer_of(batch(1)[0], headers(1)[0])
    unknown = SoftwareSigner("consent-events")
    with pytest.raises(NotAuthentic):
        EventVerifier(CONSENT.public_keys()).producer_of(batch(1)[0], headers(1, unknown)[0])
