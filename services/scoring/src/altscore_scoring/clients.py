"""Outbound calls: the consent service, which alone knows who may be scored, and the object store."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from botocore.exceptions import BotoCoreError, ClientError

BULK_MAX = 5_000
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket"})


class Consent(NamedTuple):
    """Whether a retailer has any valid consent, the version of that answer, and which consent it is.

    `consent_id` is None without a consent, and where a consent service of the release before does not name it.
    """

    is_granted: bool
    version: int | None
    consent_id: str | None = None


class ConsentChecker(Protocol):
    """Checks the consent of many retailers at once."""

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for every retailer named.

        Raises:
            Unavailable: no complete answer; nobody may be scored on it.
        """
        ...


class ConsentClient:
    """`POST /internal/consents/check-bulk` of the consent service."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def check(self, retailer_ids: Sequence[str]) -> Mapping[str, Consent]:
        """The answer for every retailer named, in calls of at most 5,000."""
        consents: dict[str, Consent] = {}
        for start in range(0, len(retailer_ids), BULK_MAX):
            consents |= await self._check_some(list(retailer_ids[start : start + BULK_MAX]))
        return consents

    async def _check_some(self, retailer_ids: list[str]) -> dict[str, Consent]:
        body = {"retailer_ids": retailer_ids}
        try:
            answer = await self._client.call("POST", "/internal/consents/check-bulk", json=body, retry_safe=True)
            consents = {
                item["retailer_id"]: Consent(item["consented"] is True, item["version"], item.get("consent_id"))
                for item in answer["results"]
            }
        except RemoteError as error:
            raise Unavailable("the consent service refuses the check") from error
        except (AttributeError, KeyError, TypeError) as error:
            raise Unavailable("the consent service gave no usable answer") from error
        if not consents.keys() >= set(retailer_ids):
            raise Unavailable("the consent service left retailers out")
        return consents


class ObjectReader(Protocol):
    """Reads whole objects by address: `s3://bucket/key`, or a file in tests and development."""

    def read(self, uri: str) -> bytes:
        """The bytes at an address.

        Raises:
            NotFound: there is no such object.
            Unavailable: the store does not answer.
        """
        ...


class S3Reader:
    """Objects of an S3 store."""

    def __init__(self, settings: S3Settings) -> None:
        self._client = s3_client(settings, read_timeout_s=30)

    def read(self, uri: str) -> bytes:
        """The bytes at `s3://bucket/key`."""
        parts = urlsplit(uri)
        if parts.scheme != "s3":
            raise NotFound("an object's address starts with s3://")
        try:
            answer = self._client.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
            return bytes(answer["Body"].read())
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise NotFound("no such object") from error
            raise Unavailable("the object store refuses") from error
        except BotoCoreError as error:
            raise Unavailable("the object store is not available") from error


class FileReader:
    """Objects that are files: a bundle that was just trained."""

    def read(self, uri: str) -> bytes:
        """The bytes of a file, named by its path or file:// address."""
        try:
            return Path(uri.removeprefix("file://")).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("no such file") from error


def join(folder: str, name: str) -> str:
    """Address of `name` inside a folder's address."""
    return f"{folder.rstrip('/')}/{name}"
