"""Whatever is wrong with a release, it is refused in a sentence, its code never runs, and the present version stays."""

import base64
import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from altscore_connector import minisign
from altscore_connector.bundle import MAX_BUNDLE_BYTES
from altscore_connector.errors import UpdateError
from altscore_connector.release_source import FolderSource
from altscore_connector.updating import Updater
from altscore_release import keys
from altscore_release.keys import SecretKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .stub_release import NOW, StubRelease, installed, state, update, updater

Change = Callable[[StubRelease], None]


def signed_by_another(release: StubRelease) -> None:
    release.key = keys.generate()
    release.sign()


def signed_by_another_under_the_same_id(release: StubRelease) -> None:
    release.key = SecretKey(key_id=release.key.key_id, key=keys.generate().key)
    release.sign()


def bundle_signed_by_another(release: StubRelease) -> None:
    release.key = SecretKey(key_id=release.key.key_id, key=keys.generate().key)
    release.sign(release.bundle.name)


def manifest_altered(release: StubRelease) -> None:
    release.manifest.write_bytes(release.manifest.read_bytes().replace(b"0.2.0", b"0.3.0"))


def bundle_altered(release: StubRelease) -> None:
    content = bytearray(release.bundle.read_bytes())
    content[len(content) // 2] ^= 1
    release.bundle.write_bytes(content)


def bundle_longer(release: StubRelease) -> None:
    release.bundle.write_bytes(release.bundle.read_bytes() + b"x")


def bundle_of_an_unsigned_build(release: StubRelease) -> None:
    release.inner_version, release.entries = None, {"altscore_connector/more.py": ""}
    release.write_bundle()
    release.change_manifest(
        bundle={
            "name": release.bundle.name,
            "sha256": hashlib.sha256(release.bundle.read_bytes()).hexdigest(),
            "size": release.bundle.stat().st_size,
        }
    )


def comment_altered(release: StubRelease) -> None:
    path = release.folder / "manifest.json.minisig"
    path.write_text(path.read_text().replace("trusted comment: test", "trusted comment: best"))


def without(name: str) -> Change:
    return lambda release: (release.folder / name.format(bundle=release.bundle.name)).unlink()


def no_signature(release: StubRelease) -> None:
    (release.folder / "manifest.json.minisig").write_text("valid\n")


def of_a_kind_without_prehash(release: StubRelease) -> None:
    signature = release.key.key.sign(release.manifest.read_bytes())
    text = release.key.sign(release.manifest, "test").splitlines()
    text[1] = base64.b64encode(minisign.LEGACY + release.key.key_id + signature).decode()
    text[3] = base64.b64encode(release.key.key.sign(signature + b"test")).decode()
    (release.folder / "manifest.json.minisig").write_text("\n".join(text) + "\n")


def manifest(**values: object) -> Change:
    return lambda release: release.change_manifest(**values)


def bundle_entry(**values: object) -> Change:
    def change(release: StubRelease) -> None:
        release.change_manifest(bundle=json.loads(release.manifest.read_text())["bundle"] | values)

    return change


def manifest_too_long(release: StubRelease) -> None:
    release.change_manifest(note="x" * 70_000)


BEFORE_ANYTHING_RUNS: dict[str, tuple[Change, str]] = {
    "another key": (signed_by_another, "signed by a key that this version does not know"),
    "another key under our id": (signed_by_another_under_the_same_id, "manifest.json is not what was signed"),
    "a bundle by another key": (bundle_signed_by_another, "pyz is not what was signed"),
    "an altered manifest": (manifest_altered, "manifest.json is not what was signed"),
    "an altered bundle": (bundle_altered, "is not the file of the manifest"),
    "a longer bundle": (bundle_longer, "is larger than it may be"),
    "a bundle nobody signed": (bundle_of_an_unsigned_build, "pyz is not what was signed"),
    "an altered comment": (comment_altered, "manifest.json is not what was signed"),
    "no manifest": (without("manifest.json"), "manifest.json cannot be read in"),
    "no signature file": (without("manifest.json.minisig"), "manifest.json.minisig cannot be read in"),
    "no bundle": (without("{bundle}"), "pyz cannot be read in"),
    "no signature of the bundle": (without("{bundle}.minisig"), "pyz.minisig cannot be read in"),
    "something else as signature": (no_signature, "is not in minisign's form"),
    "a signature of the older kind": (of_a_kind_without_prehash, "of a kind that is not accepted"),
    "a long manifest": (manifest_too_long, "manifest.json is larger than it may be"),
    "the same version": (manifest(version="0.1.0"), "version 0.1.0 is installed already"),
    "the same version in longer form": (manifest(version="0.1.0.0"), "is installed already"),
    "an older version": (manifest(version="0.0.9"), "version 0.0.9 is older than 0.1.0"),
    "an expired release": (manifest(expires_at=NOW.isoformat()), "could be installed until 29-11-2026"),
    "a clock that is behind": (
        manifest(released_at=(NOW + timedelta(days=2)).isoformat()),
        "this machine's clock is behind",
    ),
    "another system": (manifest(targets=["cp311-win_amd64"]), "is not for this Python and system"),
    "another product": (manifest(product="altscore-portal"), "of another product"),
    "a path instead of a name": (bundle_entry(name="../altscore-connector-0.2.0.pyz"), "cannot be read by this"),
    "a size that is none": (bundle_entry(size=True), "cannot be read by this version"),
    "a size beyond the bound": (bundle_entry(size=MAX_BUNDLE_BYTES + 1), "larger than 40 MiB"),
    "no version": (manifest(version="0.2.0rc1"), "cannot be read by this version"),
    "an instant without zone": (manifest(expires_at="2027-01-01T00:00:00"), "cannot be read by this version"),
}


@pytest.mark.parametrize("case", BEFORE_ANYTHING_RUNS)
def test_a_release_is_refused_before_anything_of_it_runs(case: str, tmp_path: Path, key: SecretKey) -> None:
    change, sentence = BEFORE_ANYTHING_RUNS[case]
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    change(release)
    before = state(installation)
    with pytest.raises(UpdateError, match=sentence):
        updater(installation, key).update(FolderSource(release.folder))
    assert state(installation) == before
    assert not release.mark.exists()


def test_the_same_release_unchanged_is_installed(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    update(installation, release)
    assert (installation.active.current, installation.active.previous) == ("0.2.0", "0.1.0")
    assert release.mark.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"inner_version": "0.3.0"}, "holds another version"),
        ({"status": 1}, "does not start on this machine"),
        ({"entries": {"../outside.py": ""}}, "is damaged"),
        ({"entries": {"C:/outside.py": ""}}, "is damaged"),
    ],
    ids=["another version inside", "does not start", "leaves its folder", "names a drive"],
)
def test_a_signed_release_that_is_broken_changes_nothing(
    values: dict[str, object], sentence: str, tmp_path: Path, key: SecretKey
) -> None:
    installation = installed(tmp_path, key)
    release = replace(StubRelease(tmp_path / "release", key), **values).write()  # type: ignore[arg-type]
    before = state(installation)
    with pytest.raises(UpdateError, match=sentence):
        update(installation, release)
    assert state(installation) == before
    assert not list(tmp_path.rglob("outside.py"))


def test_a_build_without_keys_accepts_nothing(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    with pytest.raises(UpdateError, match="knows no release key"):
        Updater(installation=installation, keys=(), now=NOW).update(FolderSource(release.folder))


def test_either_of_two_pinned_keys_may_sign(tmp_path: Path, key: SecretKey) -> None:
    installation, successor = installed(tmp_path, key), keys.generate()
    release = StubRelease(tmp_path / "release", successor).write()
    both = Updater(installation=installation, keys=(key.public, successor.public), now=NOW)
    assert both.update(FolderSource(release.folder)).current == "0.2.0"


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_bit_of_file_or_signature_passes(data: st.DataObject, key: SecretKey, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content := b"what was released" * 40)
    parsed = minisign.Signature.of(key.sign(path, "a comment"))
    name = data.draw(st.sampled_from(("content", "algorithm", "key_id", "signature", "comment_signature")))
    raw = bytearray(content if name == "content" else getattr(parsed, name))
    position = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[position // 8] ^= 1 << position % 8
    if name == "content":
        content = bytes(raw)
    else:
        changes: dict[str, Any] = {name: bytes(raw)}
        parsed = replace(parsed, **changes)
    with pytest.raises(UpdateError):
        minisign.verify("file", io.BytesIO(content), written(parsed), [key.public])


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(comment=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=60))
def test_no_other_comment_passes(comment: str, key: SecretKey, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"released")
    parsed = minisign.Signature.of(key.sign(path, "a comment"))
    if comment != parsed.trusted_comment:
        with pytest.raises(UpdateError):
            minisign.verify(
                "f", io.BytesIO(b"released"), written(replace(parsed, trusted_comment=comment)), [key.public]
            )


def written(signature: minisign.Signature) -> bytes:
    first = base64.b64encode(signature.algorithm + signature.key_id + signature.signature).decode()
    second = base64.b64encode(signature.comment_signature).decode()
    return f"untrusted comment: x\n{first}\ntrusted comment: {signature.trusted_comment}\n{second}\n".encode()


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_garbage_in_place_of_a_signature_is_a_sentence(garbage: bytes) -> None:
    with pytest.raises(UpdateError):
        minisign.verify("file", io.BytesIO(b""), garbage, [])


def test_an_update_beside_another_one_says_so(tmp_path: Path, key: SecretKey) -> None:
    installation = installed(tmp_path, key)
    release = StubRelease(tmp_path / "release", key).write()
    with installation.exclusive(), pytest.raises(UpdateError, match="another update is running"):
        update(installation, release)
    assert os.listdir(installation.home / "versions") == ["0.1.0"]
