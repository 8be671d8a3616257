"""Where the passphrase of the keystore comes from: a file elsewhere, a variable, the system's keyring, a person."""

import getpass
import importlib
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from altscore_connector.errors import ConfigError
from altscore_connector.keystore import is_beside

VARIABLE = "ALTSCORE_CONNECTOR_PASSPHRASE"
_SERVICE = "altscore-connector"


def _keyring() -> ModuleType | None:
    """The library of the system's keyring, which is an optional extra."""
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None


def passphrase_of(keystore_file: Path, passphrase_file: Path | None, environment: Mapping[str, str]) -> str:
    """The passphrase of a keystore.

    Raises:
        ConfigError: its file lies beside the keystore or cannot be read, or there is nobody to ask.
    """
    if passphrase_file is not None:
        return _from_file(keystore_file, passphrase_file)
    if VARIABLE in environment:
        return environment[VARIABLE]
    if (kept := from_keyring(keystore_file)) is not None:
        return kept
    if not sys.stdin.isatty():
        raise ConfigError(
            f"the keystore's passphrase is nowhere: set keystore.passphrase_file, or the variable {VARIABLE}, or "
            "keep it in the system's keyring"
        )
    return getpass.getpass("keystore passphrase: ")


def _from_file(keystore_file: Path, passphrase_file: Path) -> str:
    if is_beside(passphrase_file, keystore_file):
        raise ConfigError(
            f"the passphrase file {passphrase_file.name} lies in the keystore's folder, so that a copy of the folder "
            "gives the secrets away; move it to a folder of its own and correct keystore.passphrase_file"
        )
    try:
        text = passphrase_file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the passphrase file {passphrase_file.name} cannot be read") from None
    if not text:
        raise ConfigError(f"the passphrase file {passphrase_file.name} is empty")
    return text


def from_keyring(keystore_file: Path) -> str | None:
    """The passphrase that the system's keyring keeps for a keystore; None without a keyring or an entry."""
    if (keyring := _keyring()) is None:
        return None
    try:
        kept = keyring.get_password(_SERVICE, str(keystore_file.resolve()))
    except keyring.errors.KeyringError:
        return None
    return None if kept is None else str(kept)


def new_in_keyring(keystore_file: Path) -> str | None:
    """Makes a random passphrase and keeps it in the system's keyring; None where there is none."""
    if (keyring := _keyring()) is None:
        return None
    account, passphrase = str(keystore_file.resolve()), secrets.token_urlsafe(32)
    try:
        keyring.set_password(_SERVICE, account, passphrase)
        is_kept = keyring.get_password(_SERVICE, account) == passphrase
    except keyring.errors.KeyringError:
        return None
    return passphrase if is_kept else None
