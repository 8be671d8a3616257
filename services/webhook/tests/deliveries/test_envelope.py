"""What is kept can be decrypted with its own key and in its own context only."""

import pytest
from altscore_libs.testing import SoftwareWrapper
from altscore_webhook.deliveries.envelope import Envelope, decrypt, encrypt
from altscore_webhook.errors import Unreadable

TEXT = b'{"entry": []}'


async def test_a_text_comes_back_and_is_not_readable_in_between() -> None:
    wrapper = SoftwareWrapper()
    envelope = await encrypt(wrapper, TEXT, context=b"1")
    assert TEXT not in envelope.ciphertext + envelope.wrapped_key
    assert await decrypt(wrapper, envelope, context=b"1") == TEXT


async def test_a_text_moved_elsewhere_changed_or_under_another_key_is_unreadable() -> None:
    wrapper = SoftwareWrapper()
    envelope, other = await encrypt(wrapper, TEXT, context=b"1"), await encrypt(wrapper, TEXT, context=b"1")
    changed = Envelope(envelope.wrapped_key, envelope.ciphertext[:-1] + bytes([envelope.ciphertext[-1] ^ 1]))
    crossed = Envelope(other.wrapped_key, envelope.ciphertext)
    for context, stored in [(b"2", envelope), (b"1", changed), (b"1", crossed)]:
        with pytest.raises(Unreadable):
            await decrypt(wrapper, stored, context=context)
