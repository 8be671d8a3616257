"""API key and signing secret at rest: AES-256-GCM under a key from the passphrase (scrypt)."""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from altscore_connector.errors import ConfigError

_CONTEXT = b"altscore-connector-keystore-v1"
_N, _R, _P = 2**15, 8, 1


@dataclass(frozen=True)
class Secrets:
    """What a distributor was shown once at onboarding; its repr shows nothing."""

    api_key: str = field(repr=False)
    signing_secret: str = field(repr=False)


def write_keystore(path: Path, passphrase: str, credentials: Secrets) -> None:
    """Writes the keystore, readable by its owner alone, in one step."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    plain = json.dumps({"api_key": credentials.api_key, "signing_secret": credentials.signing_secret}).encode()
    ciphertext = AESGCM(_derive(passphrase, salt)).encrypt(nonce, plain, _CONTEXT)
    parts = {"salt": salt, "nonce": nonce, "ciphertext": ciphertext}
    text = json.dumps({"version": 1} | {name: base64.b64encode(part).decode() for name, part in parts.items()})
    temporary = path.with_name(path.name + ".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def read_keystore(path: Path, passphrase: str) -> Secrets:
    """Opens the keystore.

    Raises:
        ConfigError: missing, damaged, or another passphrase.
    """
    try:
        stored = json.loads(path.read_text())
        salt, nonce, ciphertext = (base64.b64decode(stored[name]) for name in ("salt", "nonce", "ciphertext"))
        plain = json.loads(AESGCM(_derive(passphrase, salt)).decrypt(nonce, ciphertext, _CONTEXT))
        return Secrets(plain["api_key"], plain["signing_secret"])
    except OSError:
        raise ConfigError(f"the keystore {path.name} cannot be read") from None
    except (InvalidTag, KeyError, ValueError, TypeError):
        raise ConfigError(f"the keystore {path.name} does not open with this passphrase") from None


def _derive(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode())
