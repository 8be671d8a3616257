"""The one way to objects: a port with two forms, a folder (tests, training) and an S3 bucket."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from botocore.exceptions import ClientError

from altscore_pipelines.errors import Missing, PointerMoved

_DELETE_LIMIT = 1_000


class Content(NamedTuple):
    """An object: bytes, the tag of this version, and its object-lock mode (None where nothing locks it)."""

    body: bytes
    tag: str
    lock_mode: str | None


class Version(NamedTuple):
    """One version of an object, or the mark of its deletion; in a folder there is one of each, without an id."""

    key: str
    version_id: str | None
    is_newest: bool
    is_deletion: bool = False


class Storage(Protocol):
    """A root with keys below it."""

    root: str
    locks: bool  # whether objects written here can be under object lock

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, sorted."""
        ...

    def versions(self, prefix: str) -> list[Version]:
        """Every version of the objects whose keys begin with `prefix`, and every mark of a deletion, by key."""
        ...

    def read(self, key: str, version_id: str | None = None) -> Content:
        """An object, in the newest version or in the one that is named.

        Raises:
            Missing: there is none.
        """
        ...

    def read_end(self, key: str, size: int) -> bytes:
        """The last bytes of an object, all of a shorter one.

        Raises:
            Missing: there is none.
        """
        ...

    def write(self, key: str, body: bytes) -> None:
        """Makes or replaces an object."""
        ...

    def swap(self, key: str, body: bytes, *, expected_tag: str | None) -> None:
        """Replaces an object only if it still is the version `expected_tag` (None: does not exist).

        Raises:
            PointerMoved: it is not.
        """
        ...

    def remove(self, key: str) -> None:
        """Removes one object; nothing where there is none."""
        ...

    def remove_folder(self, folder: str) -> None:
        """Removes every object below `folder`, which ends in a slash."""
        ...


def uri(storage: Storage, key: str) -> str:
    """Full name of an object."""
    return f"{storage.root}/{key}"


def read_if_any(storage: Storage, key: str) -> Content | None:
    """The object, or None where there is none."""
    try:
        return storage.read(key)
    except Missing:
        return None


class FolderStorage:
    """A folder on this machine."""

    locks = False

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.root = str(self._root)

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, sorted."""
        start = self._root / prefix.rpartition("/")[0]
        keys = (path.relative_to(self._root).as_posix() for path in start.rglob("*") if path.is_file())
        return sorted(key for key in keys if key.startswith(prefix))

    def versions(self, prefix: str) -> list[Version]:
        """Every object whose key begins with `prefix`: a folder has one version of each."""
        return [Version(key, None, is_newest=True) for key in self.keys(prefix)]

    def read(self, key: str, version_id: str | None = None) -> Content:
        """An object; a folder has one version of it, which has no name.

        Raises:
            Missing: there is none, or another version is asked for.
        """
        if version_id is not None:
            raise Missing(f"{self.root}/{key}")
        try:
            body = (self._root / key).read_bytes()
        except FileNotFoundError:
            raise Missing(f"{self.root}/{key}") from None
        return Content(body, hashlib.sha256(body).hexdigest(), None)

    def read_end(self, key: str, size: int) -> bytes:
        """The last bytes of an object.

        Raises:
            Missing: there is none.
        """
        try:
            with (self._root / key).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - size))
                return file.read()
        except FileNotFoundError:
            raise Missing(f"{self.root}/{key}") from None

    def write(self, key: str, body: bytes) -> None:
        """Makes or replaces an object, whole or not at all."""
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(body)
        part.replace(path)

    def swap(self, key: str, body: bytes, *, expected_tag: str | None) -> None:
        """Replaces an object only if it still is that version; one process at a time, by an exclusive file.

        Raises:
            PointerMoved: it is not.
        """
        guard = self._root / f"{key}.guard"
        guard.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(guard, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise PointerMoved(f"{self.root}/{key}") from None
        try:
            present = read_if_any(self, key)
            if (present.tag if present else None) != expected_tag:
                raise PointerMoved(f"{self.root}/{key}")
            self.write(key, body)
        finally:
            guard.unlink()

    def remove(self, key: str) -> None:
        """Removes one object; nothing where there is none."""
        path = self._root / key
        if path.is_file():
            path.unlink()

    def remove_folder(self, folder: str) -> None:
        """Removes every object below `folder`, which ends in a slash."""
        shutil.rmtree(self._root / _folder(folder), ignore_errors=True)


class S3Storage:
    """A bucket."""

    locks = True

    def __init__(self, bucket: str, settings: S3Settings) -> None:
        self._bucket = bucket
        self.root = f"s3://{bucket}"
        self._client = s3_client(settings, read_timeout_s=60, attempts=4)

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, sorted."""
        return sorted(self._pages(prefix))

    def _pages(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    def versions(self, prefix: str) -> list[Version]:
        """Every version of the objects whose keys begin with `prefix`, and every mark of a deletion, by key."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(
            Version(entry["Key"], entry["VersionId"], is_newest=entry["IsLatest"], is_deletion=kind == "DeleteMarkers")
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for entry in page.get(kind, ())
        )

    def read(self, key: str, version_id: str | None = None) -> Content:
        """An object, in the newest version or in the one that is named.

        Raises:
            Missing: there is none.
        """
        version = {} if version_id is None else {"VersionId": version_id}
        try:
            reply = self._client.get_object(Bucket=self._bucket, Key=key, **version)
        except ClientError as error:
            if _code(error) in ("NoSuchKey", "NoSuchVersion", "404"):
                raise Missing(f"{self.root}/{key}") from None
            raise
        return Content(reply["Body"].read(), reply["ETag"], reply.get("ObjectLockMode"))

    def read_end(self, key: str, size: int) -> bytes:
        """The last bytes of an object.

        Raises:
            Missing: there is none.
        """
        try:
            reply = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=-{size}")
        except ClientError as error:
            if _code(error) in ("NoSuchKey", "404"):
                raise Missing(f"{self.root}/{key}") from None
            raise
        body: bytes = reply["Body"].read()
        return body

    def write(self, key: str, body: bytes) -> None:
        """Makes or replaces an object."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def swap(self, key: str, body: bytes, *, expected_tag: str | None) -> None:
        """Replaces an object only if it still is that version (a conditional write of the store).

        Raises:
            PointerMoved: it is not.
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected_tag is None else {"IfMatch": expected_tag}
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, **condition)
        except ClientError as error:
            if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409"):
                raise PointerMoved(f"{self.root}/{key}") from None
            raise

    def remove(self, key: str) -> None:
        """Removes one object; nothing where there is none."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def remove_folder(self, folder: str) -> None:
        """Removes every object below `folder`, which ends in a slash."""
        keys = self.keys(_folder(folder))
        for start in range(0, len(keys), _DELETE_LIMIT):
            some = [{"Key": key} for key in keys[start : start + _DELETE_LIMIT]]
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})


def _folder(name: str) -> str:
    """The name, if it is a folder's: a bare prefix could take a neighbour with it."""
    if not name.endswith("/") or name.strip("/") == "":
        raise ValueError(f"{name!r} is not a folder")
    return name


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def open_storage(root: str, settings: S3Settings | None) -> Storage:
    """The storage behind a root: `s3://bucket` or a folder.

    Raises:
        ValueError: an object store without its settings, or with a path below the bucket.
    """
    if not root.startswith("s3://"):
        return FolderStorage(Path(root))
    bucket = root.removeprefix("s3://").rstrip("/")
    if settings is None or not bucket or "/" in bucket:
        raise ValueError("an object store is named s3://bucket and needs its settings")
    return S3Storage(bucket, settings)
