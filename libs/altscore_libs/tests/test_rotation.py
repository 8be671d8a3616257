"""A signing key follows another without a gap: the published newest one signs, and what was signed before verifies."""

import hashlib
import json
from collections.abc import Awaitable
from pathlib import Path

import pytest
from altscore_libs.rotation_commands import rotation_commands
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import (
    KeyUnusable,
    PublicKeys,
    newest_published,
    open_newest_signer,
    rotate_signing_key,
)
from altscore_libs.signer.rotation import number_of
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_tokens import SoftTokens, soft_tokens

__all__ = ["soft_tokens"]
BASE = "consent-signing"
DIGEST = hashlib.sha256(b"record").digest()


def test_labels_are_numbered_and_unknown_ones_are_not() -> None:
    labels = ["consent-signing", "consent-signing.2", "consent-signing.10", "consent-signing.x", "consent-signing-old"]
    assert [number_of(label, BASE) for label in labels] == [1, 2, 10, 0, 0]


def test_the_newest_published_key_signs_and_an_unpublished_newer_one_does_not() -> None:
    signers = {f"{BASE}.{n}" if n > 1 else BASE: SoftwareSigner(BASE) for n in (1, 2, 10, 11)}
    ids = {label: signer.key_id for label, signer in signers.items()}
    published = PublicKeys({})
    for label in (BASE, f"{BASE}.2", f"{BASE}.10"):
        published = PublicKeys(published._keys | signers[label].public_keys()._keys)
    assert newest_published(ids, BASE, published) == f"{BASE}.10"
    with pytest.raises(KeyUnusable):
        newest_published(ids, BASE, PublicKeys({}))


async def test_each_key_is_made_published_and_used_after_the_one_before_which_verifies_as_long_as_it_is_listed(
    soft_tokens: SoftTokens, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = soft_tokens.make("rotation").model_copy(update={"public_keys_dir": tmp_path})
    command = rotation_commands(SignerSettings, {"rotate-key": lambda _settings: "promotion"})["rotate-key"]
    signatures = []
    for label in ("promotion", "promotion.2", "promotion.3"):
        running = command.run(settings)
        assert isinstance(running, Awaitable)
        await running
        printed = json.loads(capsys.readouterr().out)
        signer = await open_newest_signer(settings, "promotion")
        assert (printed["label"], printed["key_id"]) == (label, signer.key_id)
        assert (tmp_path / f"{label}.pem").stat().st_mode & 0o777 == 0o644
        signatures.append((signer.key_id, await signer.sign(DIGEST)))
    keys = PublicKeys.load(tmp_path)
    assert len({key_id for key_id, _ in signatures}) == 3
    assert all(keys.verify(key_id, DIGEST, signature) for key_id, signature in signatures)
    (tmp_path / "promotion.3.pem").rename(tmp_path / "promotion.3.stolen")  # one that leaked is taken off the list
    assert (await open_newest_signer(settings, "promotion")).key_id == signatures[1][0]
    assert not PublicKeys.load(tmp_path).verify(signatures[2][0], DIGEST, signatures[2][1])
    for name in ("promotion", "promotion.2"):
        (tmp_path / f"{name}.pem").unlink()
    assert (await open_newest_signer(settings, "promotion")).key_id == signatures[0][0]  # nothing is listed
    (tmp_path / "promotion.4.pem").write_bytes(SoftwareSigner("promotion").public_pem())
    with pytest.raises(KeyUnusable):
        await rotate_signing_key(settings, "promotion")
