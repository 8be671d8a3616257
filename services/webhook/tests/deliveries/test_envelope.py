"""A stored delivery can be decrypted with its own key and for its own delivery only."""

import pytest
from altscore_libs.ids import uuid7
from altscore_libs.signer import SoftwareWrapper
from altscore_webhook.deliveries.envelope import EncryptedBody, decrypt_body, encrypt_body
from altscore_webhook.errors import Unreadable

RAW = b'{"entry": []}'


async def test_a_body_comes_back_and_is_not_readable_in_between() -> None:
    wrapper, delivery_id = SoftwareWrapper(), uuid7()
    body = await encrypt_body(wrapper, delivery_id, RAW)
    assert RAW not in body.ciphertext + body.wrapped_key
    assert await decrypt_body(wrapper, delivery_id, body) == RAW


async def test_a_body_moved_to_another_delivery_changed_or_under_another_key_is_unreadable() -> None:
    wrapper, delivery_id = SoftwareWrapper(), uuid7()
    body = await encrypt_body(wrapper, delivery_id, RAW)
    other = await encrypt_body(wrapper, delivery_id, RAW)
    changed = EncryptedBody(body.wrapped_key, body.ciphertext[:-1] + bytes([body.ciphertext[-1] ^ 1]))
    attempts = [
        (uuid7(), body),
        (delivery_id, changed),
        (delivery_id, EncryptedBody(other.wrapped_key, body.ciphertext)),
    ]
    for name, stored in attempts:
        with pytest.raises(Unreadable):
            await decrypt_body(wrapper, name, stored)
