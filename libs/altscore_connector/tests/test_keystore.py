"""Where secrets and their passphrase lie."""

import base64
import json
import os
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest
from altscore_connector import keystore
from altscore_connector.errors import ConfigError
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from altscore_connector.passphrases import VARIABLE, new_in_keyring, passphrase_of
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SECRETS = Secrets("key-text", "secret-text")


def old_file(path: Path, passphrase: str) -> None:
    """A keystore as the first version wrote it."""
    salt, nonce = os.urandom(16), os.urandom(12)
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    plain = json.dumps({"api_key": "key-text", "signing_secret": "secret-text"}).encode()
    ciphertext = AESGCM(key).encrypt(nonce, plain, b"altscore-connector-keystore-v1")
    parts = {"salt": salt, "nonce": nonce, "ciphertext": ciphertext}
    path.write_text(json.dumps({"version": 1} | {n: base64.b64encode(part).decode() for n, part in parts.items()}))


def test_a_new_file_is_under_argon2id_and_an_old_one_is_read_until_the_next_writing(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    old_file(path, "right")
    assert read_keystore(path, "right") == SECRETS
    write_keystore(path, "right", SECRETS)
    assert json.loads(path.read_text())["kdf"] == "argon2id"
    assert read_keystore(path, "right") == SECRETS
    with pytest.raises(ConfigError):
        read_keystore(path, "wrong")


def test_where_argon2id_is_missing_scrypt_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keystore.json"
    write_keystore(path, "right", SECRETS)

    def unsupported(**_arguments: object) -> None:
        raise UnsupportedAlgorithm("argon2id")

    monkeypatch.setattr(keystore, "Argon2id", unsupported)
    with pytest.raises(ConfigError, match="Argon2id"):
        read_keystore(path, "right")
    write_keystore(path, "right", SECRETS)
    assert json.loads(path.read_text())["kdf"] == "scrypt"
    assert read_keystore(path, "right") == SECRETS


@pytest.mark.parametrize(
    "change",
    [{"kdf": "none"}, {"memory_kib": 2**40}, {"iterations": "many"}, {"version": 9}, {"salt": 7}, {"lanes": 0}],
)
def test_a_damaged_file_is_told_and_asks_for_no_huge_memory(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "keystore.json"
    write_keystore(path, "right", SECRETS)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ConfigError):
        read_keystore(path, "right")


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        write_keystore(tmp_path / "keystore.json", "", SECRETS)
    (tmp_path / "site").mkdir()
    (tmp_path / "p").write_text("\n")
    with pytest.raises(ConfigError, match="empty"):
        passphrase_of(tmp_path / "site" / "keystore.json", tmp_path / "p", {})


def test_writing_leaves_no_second_file_and_no_wider_rights(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    for _ in range(2):
        write_keystore(path, "right", SECRETS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["keystore.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["passphrase", "sub/passphrase", "link"])
def test_a_passphrase_beside_the_keystore_is_refused(tmp_path: Path, place: str) -> None:
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    path = site / place
    if place == "link":
        (site / "real").write_text("right")
        path = tmp_path / "link"
        path.symlink_to(site / "real")
    else:
        path.write_text("right")
    with pytest.raises(ConfigError, match="folder of its own"):
        passphrase_of(site / "keystore.json", path, {})
    (tmp_path / "elsewhere").write_text("right\n")
    assert passphrase_of(site / "keystore.json", tmp_path / "elsewhere", {}) == "right"


class SystemKeyring(ModuleType):
    """A keyring as the library `keyring` shows it, in memory."""

    class errors:  # noqa: N801 - the library's name
        class KeyringError(Exception):
            """The library's base error."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, account: str) -> str | None:
        self._check()
        return self.entries.get((service, account))

    def set_password(self, service: str, account: str, password: str) -> None:
        self._check()
        self.entries[service, account] = password

    def _check(self) -> None:
        if self.is_locked:
            raise self.errors.KeyringError("locked")


def test_the_systems_keyring_keeps_a_random_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring, path = SystemKeyring(), tmp_path / "keystore.json"
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    kept = new_in_keyring(path)
    assert kept is not None
    assert len(kept) >= 32
    assert passphrase_of(path, None, {}) == kept
    assert passphrase_of(path, None, {VARIABLE: "set by hand"}) == "set by hand"


def test_without_a_usable_keyring_somebody_must_tell_the_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring, path = SystemKeyring(), tmp_path / "keystore.json"
    keyring.is_locked = True
    for module in (keyring, None):
        monkeypatch.setitem(sys.modules, "keyring", module)
        assert new_in_keyring(path) is None
        with pytest.raises(ConfigError, match="passphrase_file"):
            passphrase_of(path, None, {})
