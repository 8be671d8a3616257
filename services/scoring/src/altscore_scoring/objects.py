"""Bytes by address: `s3://bucket/key` in the object store, or a file of a local folder in tests and development."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from botocore.exceptions import BotoCoreError, ClientError

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket"})


class Objects(Protocol):
    """Reads whole objects."""

    def read(self, uri: str) -> bytes:
        """The bytes at an address.

        Raises:
            NotFound: there is no such object.
            Unavailable: the store does not answer.
        """
        ...


class S3Objects:
    """Objects of an S3 store."""

    def __init__(self, settings: S3Settings) -> None:
        self._client = s3_client(settings, read_timeout_s=30)

    def read(self, uri: str) -> bytes:
        """The bytes at `s3://bucket/key`."""
        parts = urlsplit(uri)
        if parts.scheme != "s3":
            raise NotFound("an object's address starts with s3://")
        try:
            found = self._client.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
            return bytes(found["Body"].read())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise NotFound("no such object") from error
            raise Unavailable("the object store refuses") from error
        except BotoCoreError as error:
            raise Unavailable("the object store is not available") from error


class FolderObjects:
    """Objects that are files; for tests and for a bundle that was just trained."""

    def read(self, uri: str) -> bytes:
        """The bytes of a file, given by path or file:// address."""
        try:
            return Path(uri.removeprefix("file://")).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("no such file") from error


def join(folder: str, name: str) -> str:
    """Address of `name` inside a folder's address."""
    return f"{folder.rstrip('/')}/{name}"
