"""Uploads into the drop folder as distributors make them: in one step, straight, or half and later the rest."""

import hashlib
import os
from pathlib import Path
from typing import Any

HOW = ("rename", "direct", "half")


class BadUploadError(Exception):
    """A name with a folder in it, an unknown way, or nothing to finish."""


class Uploads:
    """The distributor's program; it works in the folder itself, so that each state lasts until told."""

    def __init__(self, drop: Path) -> None:
        self._drop = drop
        self._rest: dict[str, bytes] = {}
        self._digests: dict[str, str] = {}

    def put(
        self, name: str, content: bytes, *, how: str, with_digest: bool = False, modified_s: int | None = None
    ) -> None:
        """Puts a file.

        Args:
            how: `rename` writes NAME.part and renames it; `direct` writes under the final name; `half` writes the
                first half under the final name, `finish` the rest.
            with_digest: a file NAME.sha256 beside it, in the format of sha256sum, after the file.
            modified_s: its time, seconds since 1970 UTC; None is now.

        Raises:
            BadUploadError: a name with a folder in it, or an unknown way.
        """
        path = self._path(name)
        if how not in HOW:
            raise BadUploadError(f"how must be one of {', '.join(HOW)}")
        if how == "rename":
            part = self._path(f"{name}.part")
            self._write(part, content, modified_s)
            part.replace(path)
        else:
            half = len(content) // 2 if how == "half" else len(content)
            self._write(path, content[:half], modified_s)
            if how == "half":
                self._rest[name] = content[half:]
        self._digests[name] = hashlib.sha256(content).hexdigest()
        if with_digest:
            self._write(self._path(f"{name}.sha256"), f"{self._digests[name]}  {name}\n".encode())

    def finish(self, name: str) -> None:
        """Writes the rest of a half file.

        Raises:
            BadUploadError: there is no such half.
        """
        if name not in self._rest:
            raise BadUploadError(f"{name} is not half written")
        with self._path(name).open("ab") as file:
            file.write(self._rest.pop(name))

    def remove(self, name: str) -> None:
        """Removes a file; a missing one is no error."""
        self._path(name).unlink(missing_ok=True)
        self._rest.pop(name, None)

    def allow(self, name: str, *, is_readable: bool) -> None:
        """Gives or takes the right to read a file.

        Raises:
            BadUploadError: there is no such file.
        """
        path = self._path(name)
        if not path.exists():
            raise BadUploadError(f"{name} is not there")
        path.chmod(0o644 if is_readable else 0o000)

    def truth(self) -> list[dict[str, Any]]:
        """What lies in the folder; `is_complete` only for a file that this program finished, and that is unchanged."""
        files = []
        for path in sorted(self._drop.iterdir()):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            is_complete = path.name not in self._rest and self._digests.get(path.name, digest) == digest
            files.append({"name": path.name, "size": len(content), "sha256": digest, "is_complete": is_complete})
        return files

    def _path(self, name: str) -> Path:
        if not name or name != Path(name).name or name in (".", ".."):
            raise BadUploadError("a name without folders is needed")
        return self._drop / name

    def _write(self, path: Path, content: bytes, modified_s: int | None = None) -> None:
        path.write_bytes(content)
        if modified_s is not None:
            os.utime(path, (modified_s, modified_s))
        owner = self._drop.stat()
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)
