"""The offline release key, in minisign's own format: the real program reads these files, and the other way round."""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from altscore_connector.minisign import KEY_ALGORITHM, PREHASHED, TRUSTED, UNTRUSTED, PublicKey, digest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MIN_PASSWORD_CHARACTERS = 12
_KDF, _CHECKSUM = b"Sc", b"B2"
# libsodium's SENSITIVE, which minisign uses: 1 GiB of memory for every try of a password.
OPERATIONS, MEMORY_BYTES = 33_554_432, 1_073_741_824
_HEAD_BYTES, _KEY_BYTES = 54, 104


class KeyFileError(Exception):
    """The key file cannot be used."""


@dataclass(frozen=True, repr=False)
class SecretKey:
    """An Ed25519 key with minisign's id."""

    key_id: bytes
    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key, as the connector pins it."""
        return base64.b64encode(KEY_ALGORITHM + self.key_id + self.key.public_key().public_bytes_raw()).decode()

    @property
    def name(self) -> str:
        """The id, as minisign shows it."""
        return self.key_id[::-1].hex().upper()

    def sign(self, path: Path, comment: str) -> str:
        """Content of the file's `.minisig`.

        Args:
            path: the file.
            comment: signed with it.
        """
        with path.open("rb") as file:
            signature = self.key.sign(digest(file))
        lines = (
            f"{UNTRUSTED}signature of {path.name} by key {self.name}",
            base64.b64encode(PREHASHED + self.key_id + signature).decode(),
            f"{TRUSTED}{comment}",
            base64.b64encode(self.key.sign(signature + comment.encode())).decode(),
        )
        return "\n".join(lines) + "\n"


def generate() -> SecretKey:
    """A new key with a random id."""
    return SecretKey(key_id=secrets.token_bytes(8), key=Ed25519PrivateKey.generate())


def key_id_of(public: str) -> bytes:
    """The id of a public key."""
    return PublicKey.of(public).key_id


def write(path: Path, key: SecretKey, password: str, *, memory_bytes: int = MEMORY_BYTES) -> None:
    """Writes the key under a password, readable by its owner alone; never over another one.

    Raises:
        KeyFileError: a short password, or the file is there.
    """
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise KeyFileError(f"the password has fewer than {MIN_PASSWORD_CHARACTERS} characters")
    operations = memory_bytes // 32
    seed, public = key.key.private_bytes_raw(), key.key.public_key().public_bytes_raw()
    pair = key.key_id + seed + public
    plain = pair + _checksum(pair)
    salt = secrets.token_bytes(32)
    stream = _stream(password, salt, operations=operations, memory_bytes=memory_bytes)
    head = KEY_ALGORITHM + _KDF + _CHECKSUM + salt
    head += operations.to_bytes(8, "little") + memory_bytes.to_bytes(8, "little")
    text = base64.b64encode(head + _xor(plain, stream)).decode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} is there already; a key is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{UNTRUSTED}minisign encrypted secret key\n{text}\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, password: str) -> SecretKey:
    """Opens a key file.

    Raises:
        KeyFileError: no such file, readable by others, or another password.
    """
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by others; only its owner may (chmod 600)")
        content = base64.b64decode(path.read_text(encoding="utf-8").splitlines()[1], validate=True)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, IndexError):
        raise KeyFileError(f"{path} is no key file of minisign") from None
    if len(content) != _HEAD_BYTES + _KEY_BYTES or content[:6] != KEY_ALGORITHM + _KDF + _CHECKSUM:
        raise KeyFileError(f"{path} is no encrypted key file of minisign")
    salt, operations = content[6:38], int.from_bytes(content[38:46], "little")
    memory_bytes = int.from_bytes(content[46:54], "little")
    if memory_bytes > MEMORY_BYTES or operations > OPERATIONS:
        raise KeyFileError(f"{path} asks for more than 1 GiB of memory")
    stream = _stream(password, salt, operations=operations, memory_bytes=memory_bytes)
    plain = _xor(content[_HEAD_BYTES:], stream)
    if not secrets.compare_digest(_checksum(plain[:72]), plain[72:]):
        raise KeyFileError(f"{path} does not open with this password")
    return SecretKey(key_id=plain[:8], key=Ed25519PrivateKey.from_private_bytes(plain[8:40]))


def _checksum(pair: bytes) -> bytes:
    return hashlib.blake2b(KEY_ALGORITHM + pair, digest_size=32).digest()


def _stream(password: str, salt: bytes, *, operations: int, memory_bytes: int) -> bytes:
    """libsodium's scrypt with its choice of parameters from operations and memory."""
    operations = max(operations, 32_768)
    if operations < memory_bytes // 32:
        blocks, parallel = operations // 32, 1
    else:
        blocks = memory_bytes // 1024
        parallel = 0
    power = next(power for power in range(1, 64) if 1 << power > blocks // 2)
    parallel = parallel or min(operations // 4 >> power, 0x3FFFFFFF) // 8
    return Scrypt(salt=salt, length=_KEY_BYTES, n=1 << power, r=8, p=parallel).derive(password.encode())


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(first ^ second for first, second in zip(left, right, strict=True))
