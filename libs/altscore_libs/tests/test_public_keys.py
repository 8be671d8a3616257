"""Public keys that a running process takes and drops with its folder."""

import hashlib
from pathlib import Path

import pytest
from altscore_libs.signer import PublicKeys, is_signed
from altscore_libs.signer.public_keys import RELOAD_S, UNKNOWN_RELOAD_S
from altscore_libs.testing import SoftwareSigner

LABEL = "score-seal"
DIGEST = b"\x05" * 32


class Seconds:
    """Seconds that are moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("text", "label", "other_signature"),
    [("another text", "sign", None), ("text", "other", None), ("text", "sign", "00" * 64), ("text", "sign", "no hex")],
)
async def test_a_text_is_signed_where_a_key_of_the_purpose_signed_exactly_it(
    text: str, label: str, other_signature: str | None
) -> None:
    signer = SoftwareSigner("sign")
    keys = signer.public_keys()
    signature = (await signer.sign(hashlib.sha256(b"text").digest())).hex()
    assert is_signed("text", signature, label="sign", key_id=signer.key_id, keys=keys)
    assert not is_signed(text, other_signature or signature, label=label, key_id=signer.key_id, keys=keys)


async def test_a_running_process_accepts_a_key_published_meanwhile_and_no_unpublished_one(tmp_path: Path) -> None:
    old, new, unpublished = (SoftwareSigner(LABEL) for _ in range(3))
    (tmp_path / f"{LABEL}.pem").write_bytes(old.public_pem())
    seconds = Seconds()
    keys = PublicKeys.load(tmp_path, monotonic=seconds)
    signatures = {signer.key_id: await signer.sign(DIGEST) for signer in (old, new, unpublished)}
    assert not keys.verify(unpublished.key_id, DIGEST, signatures[unpublished.key_id])
    (tmp_path / f"{LABEL}.2.pem").write_bytes(new.public_pem())
    assert not keys.verify(new.key_id, DIGEST, signatures[new.key_id]), "the folder is not read for every unknown key"
    seconds.now_s += UNKNOWN_RELOAD_S
    assert keys.verify(new.key_id, DIGEST, signatures[new.key_id])
    assert keys.verify(old.key_id, DIGEST, signatures[old.key_id])
    seconds.now_s += UNKNOWN_RELOAD_S
    assert not keys.verify(unpublished.key_id, DIGEST, signatures[unpublished.key_id])


async def test_a_key_that_was_taken_out_verifies_nothing_after_half_a_minute(tmp_path: Path) -> None:
    stolen, kept = SoftwareSigner(LABEL), SoftwareSigner(LABEL)
    (tmp_path / f"{LABEL}.pem").write_bytes(stolen.public_pem())
    (tmp_path / f"{LABEL}.2.pem").write_bytes(kept.public_pem())
    seconds = Seconds()
    keys = PublicKeys.load(tmp_path, monotonic=seconds)
    signature = await stolen.sign(DIGEST)
    assert keys.verify(stolen.key_id, DIGEST, signature)
    (tmp_path / f"{LABEL}.pem").unlink()
    seconds.now_s += RELOAD_S
    assert not keys.verify(stolen.key_id, DIGEST, signature)
    assert keys.verify(kept.key_id, DIGEST, await kept.sign(DIGEST))


async def test_a_damaged_folder_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    signer = SoftwareSigner(LABEL)
    (tmp_path / f"{LABEL}.pem").write_bytes(signer.public_pem())
    seconds = Seconds()
    keys = PublicKeys.load(tmp_path, monotonic=seconds)
    (tmp_path / f"{LABEL}.2.pem").write_bytes(b"half of a file")
    seconds.now_s += RELOAD_S
    assert keys.verify(signer.key_id, DIGEST, await signer.sign(DIGEST))
