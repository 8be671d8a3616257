"""What the vault's keys protect: identities decrypt for their own ledger alone, tokens are no plain digests."""

import base64
import hashlib

import pytest
from altscore_ingestion.vault.crypto import DataKey, decrypt_identity

from ..world import VaultSide
from .client import GSTIN, PHONE, put


async def test_an_encrypted_identity_opens_only_with_its_key_for_its_ledger(vault: VaultSide) -> None:
    [answer] = await put(vault, "dist_a", {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "S"})
    token, encrypted = bytes.fromhex(answer["subject_token"]), base64.b64decode(answer["sealed_identity"])
    wrapped = await vault.pool.fetchval("SELECT wrapped_data_key FROM retailer")
    key = await vault.keys.open_data_key(wrapped)
    plain = decrypt_identity(key, token, encrypted)
    assert (plain.gst and plain.gst.get_secret_value(), plain.phone and plain.phone.get_secret_value()) == (
        GSTIN,
        "91" + PHONE,
    )
    with pytest.raises(ValueError, match="not of this key and context"):
        decrypt_identity(key, hashlib.sha256(token).digest(), encrypted)
    with pytest.raises(ValueError, match="not of this key and context"):
        decrypt_identity(DataKey(b"\0" * 32, b""), token, encrypted)


async def test_a_phone_token_is_no_plain_digest(vault: VaultSide) -> None:
    await put(vault, "dist_a", {"retailer_ref": "r-1", "phone": PHONE})
    stored = await vault.pool.fetchval("SELECT phone_token FROM subject")
    assert stored != hashlib.sha256(b"919000000000").digest()
    assert len(stored) == 32
