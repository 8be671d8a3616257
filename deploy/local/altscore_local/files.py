"""Small file helpers: private files, atomic replacement, digests, stamps, secrets that are made once."""

import hashlib
import os
import secrets as random_source
import tempfile
from collections.abc import Iterable
from pathlib import Path

from altscore_local.layout import Layout

PRIVATE = 0o600
PUBLIC = 0o644


def write_file(path: Path, content: str | bytes, *, mode: int = PRIVATE) -> bool:
    """Replaces a file at once, never readable by others on the way; False when it held this already."""
    raw = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == raw and path.stat().st_mode & 0o777 == mode:
        return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)
        file.write(raw)
    Path(name).replace(path)
    return True


def secret(layout: Layout, name: str, *, length: int = 24) -> str:
    """A random secret, made at the first call and kept in var/secrets."""
    path = layout.secrets / name
    if not path.exists():
        layout.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_file(path, random_source.token_urlsafe(length))
    return path.read_text()


def hex_secret(layout: Layout, name: str) -> str:
    """A random 32-byte key in hex, made once."""
    path = layout.secrets / name
    if not path.exists():
        write_file(path, random_source.token_hex(32))
    return path.read_text()


def digest_of(parts: Iterable[Path | str | bytes]) -> str:
    """SHA-256 over the contents of files, the files of folders (by name), and texts."""
    total = hashlib.sha256()
    for part in parts:
        for raw in _contents(part):
            total.update(hashlib.sha256(raw).digest())
    return total.hexdigest()


def _contents(part: Path | str | bytes) -> Iterable[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, str):
        yield part.encode()
    elif part.is_dir():
        for file in sorted(part.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield str(file.relative_to(part)).encode()
                yield file.read_bytes()
    elif part.exists():
        yield part.read_bytes()


def identity_of(path: Path) -> bytes:
    """The file by which a store's data is known; random where the store lies elsewhere: then no step counts as done."""
    return path.read_bytes() if path.exists() else os.urandom(16)


class Stamp:
    """Remembers that a step was done for these inputs; lies beside the data it speaks of, so it goes with it."""

    def __init__(self, path: Path, parts: Iterable[Path | str | bytes]) -> None:
        self._path = path
        self._digest = digest_of(parts)

    def is_current(self) -> bool:
        """Whether the step was already done for the same inputs."""
        return self._path.exists() and self._path.read_text() == self._digest

    def set(self) -> None:
        """Remembers it."""
        write_file(self._path, self._digest, mode=PUBLIC)
