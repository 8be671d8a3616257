"""API key and signing secret at rest: AES-256-GCM under a key that Argon2id derives from the passphrase.

Where the cryptography library has no Argon2id, scrypt stays; files of either kind are read, and the next writing
uses the better one.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from altscore_connector.errors import ConfigError
from altscore_connector.files import write_durably

try:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
except ImportError:  # cryptography before 44
    Argon2id = None  # type: ignore[assignment,misc]

_CONTEXTS = {1: b"altscore-connector-keystore-v1", 2: b"altscore-connector-keystore-v2"}
_SCRYPT = {"kdf": "scrypt", "n": 2**15, "r": 8, "p": 1}
# RFC 9106, second recommended choice: 64 MiB, three passes, four lanes.
_ARGON2ID = {"kdf": "argon2id", "iterations": 3, "lanes": 4, "memory_kib": 65_536}
_LARGEST_MEMORY_KIB, _LARGEST_N = 1_048_576, 2**20


@dataclass(frozen=True)
class Secrets:
    """What AltScore issued to this site; its repr shows nothing.

    Attributes:
        api_key: of the header X-API-Key.
        signing_secret: key of both signatures.
        storage_secret: encrypts the queue; it stays when the signing secret is rotated, so that what waits there
            still opens. Empty for a site whose signing secret was never rotated.
        api_key_expires_at: as the service told; None where it has not.
        previous: the secrets before these, kept until a request with these was accepted.
    """

    api_key: str = field(repr=False)
    signing_secret: str = field(repr=False)
    storage_secret: str = field(default="", repr=False)
    api_key_expires_at: datetime | None = None
    previous: "Secrets | None" = field(default=None, repr=False)

    @property
    def queue_secret(self) -> str:
        """The secret under which the queue is encrypted."""
        return self.storage_secret or self.signing_secret


def write_keystore(path: Path, passphrase: str, credentials: Secrets) -> None:
    """Writes the keystore, readable by its owner alone, in one step that a crash does not halve.

    Raises:
        ConfigError: an empty passphrase.
    """
    if not passphrase:
        raise ConfigError("the passphrase of the keystore is empty; choose one of at least 12 characters")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    key, derivation = _derive_best(passphrase, salt)
    ciphertext = AESGCM(key).encrypt(nonce, json.dumps(_as_json(credentials)).encode(), _CONTEXTS[2])
    parts = {"salt": salt, "nonce": nonce, "ciphertext": ciphertext}
    document = {"version": 2, **derivation}
    text = json.dumps(document | {name: base64.b64encode(part).decode() for name, part in parts.items()})
    write_durably(path, text.encode())


def read_keystore(path: Path, passphrase: str) -> Secrets:
    """Opens the keystore.

    Raises:
        ConfigError: missing, damaged, or another passphrase.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        salt, nonce, ciphertext = (base64.b64decode(stored[name]) for name in ("salt", "nonce", "ciphertext"))
        derivation = _SCRYPT if stored["version"] == 1 else stored
        key = _derive(passphrase, salt, derivation)
        plain = AESGCM(key).decrypt(nonce, ciphertext, _CONTEXTS[stored["version"]])
        return _from_json(json.loads(plain))
    except OSError:
        raise ConfigError(f"the keystore {path.name} cannot be read") from None
    except UnsupportedAlgorithm:
        raise ConfigError(f"the keystore {path.name} needs Argon2id, which this Python lacks") from None
    except (InvalidTag, KeyError, ValueError, TypeError, AttributeError):
        raise ConfigError(f"the keystore {path.name} does not open with this passphrase") from None


def _derive_best(passphrase: str, salt: bytes) -> tuple[bytes, Mapping[str, Any]]:
    try:
        return _derive(passphrase, salt, _ARGON2ID), _ARGON2ID
    except UnsupportedAlgorithm:
        return _derive(passphrase, salt, _SCRYPT), _SCRYPT


def _derive(passphrase: str, salt: bytes, derivation: Mapping[str, Any]) -> bytes:
    """A damaged file must not ask for more memory than a site has: larger parameters are a ValueError."""
    if derivation["kdf"] == "scrypt":
        if derivation["n"] > _LARGEST_N:
            raise ValueError("scrypt parameters")
        scrypt = Scrypt(salt=salt, length=32, n=derivation["n"], r=derivation["r"], p=derivation["p"])
        return scrypt.derive(passphrase.encode())
    if derivation["kdf"] != "argon2id" or derivation["memory_kib"] > _LARGEST_MEMORY_KIB:
        raise ValueError("key derivation")
    if Argon2id is None:
        raise UnsupportedAlgorithm("argon2id")
    argon2id = Argon2id(
        salt=salt,
        length=32,
        iterations=derivation["iterations"],
        lanes=derivation["lanes"],
        memory_cost=derivation["memory_kib"],
    )
    return argon2id.derive(passphrase.encode())


def _as_json(credentials: Secrets) -> dict[str, Any]:
    document: dict[str, Any] = {"api_key": credentials.api_key, "signing_secret": credentials.signing_secret}
    if credentials.storage_secret:
        document["storage_secret"] = credentials.storage_secret
    if credentials.api_key_expires_at:
        document["api_key_expires_at"] = credentials.api_key_expires_at.isoformat()
    if credentials.previous:
        document["previous"] = _as_json(credentials.previous)
    return document


def _from_json(document: dict[str, Any]) -> Secrets:
    expires_at = document.get("api_key_expires_at")
    return Secrets(
        api_key=document["api_key"],
        signing_secret=document["signing_secret"],
        storage_secret=document.get("storage_secret", ""),
        api_key_expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        previous=_from_json(document["previous"]) if "previous" in document else None,
    )


def is_beside(passphrase_file: Path, keystore_file: Path) -> bool:
    """Whether whoever copies the keystore's folder copies the passphrase with it."""
    return Path(os.path.realpath(passphrase_file)).is_relative_to(os.path.realpath(keystore_file.parent))
