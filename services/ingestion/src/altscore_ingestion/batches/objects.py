"""The object store: Bronze under Object Lock, quarantine encrypted. Every failure is Unavailable."""

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from altscore_libs import envelope
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.signer import KeyWrapper
from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import Counter

from altscore_ingestion.batches.bronze import BronzeFile, PinnedFile
from altscore_ingestion.batches.domain import BatchHeader
from altscore_ingestion.errors import ManifestOccupied

_ABSENT = (403, 404)  # 403: absent, and no right to list
_EXISTS = 412
_log = logging.getLogger("altscore.ingestion.objects")
_occupied = Counter("altscore_ingest_manifests_occupied_total", "Manifests in whose place another object stood.")


@dataclass(frozen=True)
class Buckets:
    """Where objects go and how long Bronze is locked."""

    bronze: str
    quarantine: str
    retention: timedelta
    kms_key_id: str | None = None


class StoredObject(NamedTuple):
    """An object of Bronze as the store has it: the version that was written, and the digest of its bytes."""

    version_id: str
    sha256: str


class ObjectStore:
    """Writes batches, and reads what the reprocessing of quarantined records needs.

    Args:
        client: a boto3 client for S3.
        buckets: names and retention.
        clock: retention counts from the write, so that a resumed batch is locked as long as any other.
    """

    def __init__(self, client: Any, buckets: Buckets, clock: Clock) -> None:
        self._client = client
        self._buckets = buckets
        self._clock = clock

    def uri(self, header: BatchHeader, file: BronzeFile) -> str:
        """Address of a Bronze object."""
        return f"s3://{self._buckets.bronze}/{header.prefix}/{file.name}"

    async def write_locked(
        self, header: BatchHeader, files: Sequence[BronzeFile], *, is_resumed: bool
    ) -> list[PinnedFile]:
        """Writes files of a batch, each locked and with its checksum verified by the store; none is ever overwritten.

        Args:
            header: of the batch.
            files: Parquet objects.
            is_resumed: earlier objects of this batch may exist; those with equal bytes are left alone.

        Returns:
            The files under the names and in the versions that the store has. What an earlier try left with other bytes
            keeps its name, and the new file is named after its digest.

        Raises:
            Unavailable: the store did not take everything; what it took means nothing without the manifest.
        """
        until = self._clock.now() + self._buckets.retention
        try:
            return await asyncio.gather(
                *(
                    asyncio.to_thread(self._pin, header.prefix, file, until=until, is_resumed=is_resumed)
                    for file in files
                )
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    async def write_manifest(self, uri: str, manifest: BronzeFile, *, is_resumed: bool) -> None:
        """Writes the manifest of a batch that counts, locked like its files; from then on the lake reads the batch.

        Raises:
            ManifestOccupied: another object stands in its place, which is never overwritten.
            Unavailable: the store did not take it.
        """
        key, until = self._key(uri), self._clock.now() + self._buckets.retention
        try:
            stored = await asyncio.to_thread(self._put_once, key, manifest, until=until, is_resumed=is_resumed)
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None
        if stored.sha256 != manifest.sha256:
            _log.error("another manifest stands in Bronze", extra={"object": key})
            _occupied.inc()
            raise ManifestOccupied

    def _pin(self, prefix: str, file: BronzeFile, *, until: datetime, is_resumed: bool) -> PinnedFile:
        stored = self._put_once(f"{prefix}/{file.name}", file, until=until, is_resumed=is_resumed)
        if stored.sha256 != file.sha256:
            file = file.named_by_digest()
            stored = self._put_once(f"{prefix}/{file.name}", file, until=until, is_resumed=is_resumed)
        return PinnedFile(file, stored.version_id)

    def _put_once(self, key: str, file: BronzeFile, *, until: datetime, is_resumed: bool) -> StoredObject:
        """The object under this key: written now, or what stands there already."""
        if is_resumed and (stored := self._stored(key)) is not None and stored.sha256 == file.sha256:
            return stored
        try:
            answer = self._client.put_object(
                Bucket=self._buckets.bronze,
                Key=key,
                Body=file.body,
                IfNoneMatch="*",  # a second version, were it of equal bytes, is what the lake refuses
                ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                ContentType="application/json" if file.name.endswith(".json") else "application/vnd.apache.parquet",
                **self._encryption(),
            )
        except ClientError as error:
            stored = self._stored(key) if error.response["ResponseMetadata"]["HTTPStatusCode"] == _EXISTS else None
            if stored is None:
                raise
            return stored
        return StoredObject(str(answer["VersionId"]), file.sha256)

    def _stored(self, key: str) -> StoredObject | None:
        try:
            stored = self._client.head_object(Bucket=self._buckets.bronze, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in _ABSENT:
                return None
            raise
        return StoredObject(str(stored["VersionId"]), base64.b64decode(stored.get("ChecksumSHA256", "")).hex())

    def _key(self, uri: str) -> str:
        return uri.removeprefix(f"s3://{self._buckets.bronze}/")

    async def write_quarantine(self, header: BatchHeader, encrypted: bytes) -> None:
        """Writes the encrypted rejected records of a batch.

        Raises:
            Unavailable: the store did not take it.
        """
        key = _quarantine_key(header.distributor_id, header.batch_id)
        checksum = base64.b64encode(hashlib.sha256(encrypted).digest()).decode()
        try:
            await asyncio.to_thread(
                lambda: self._client.put_object(
                    Bucket=self._buckets.quarantine,
                    Key=key,
                    Body=encrypted,
                    ChecksumSHA256=checksum,
                    ContentType="application/json",
                    **self._encryption(),
                )
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    async def read_quarantine(self, distributor_id: str, batch_id: str) -> bytes | None:
        """The encrypted rejected records of a batch; None when there are none.

        Raises:
            Unavailable: the store did not answer.
        """
        return await self._read(self._buckets.quarantine, _quarantine_key(distributor_id, batch_id))

    async def read_version(self, uri: str) -> tuple[bytes, str] | None:
        """The newest bytes of an object of Bronze, and which version that is; None when there is none.

        Raises:
            Unavailable: the store did not answer.
        """

        def work() -> tuple[bytes, str]:
            answer = self._client.get_object(Bucket=self._buckets.bronze, Key=self._key(uri))
            return answer["Body"].read(), str(answer["VersionId"])

        try:
            return await asyncio.to_thread(work)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] in _ABSENT:
                return None
            raise _unavailable(error) from None

    async def read_manifest(self, uri: str) -> bytes | None:
        """The manifest of a complete batch by its address; None when there is none.

        Raises:
            Unavailable: the store did not answer.
        """
        return await self._read(self._buckets.bronze, self._key(uri))

    def uri_of(self, key: str) -> str:
        """Address of an object of Bronze."""
        return f"s3://{self._buckets.bronze}/{key}"

    async def bronze_folders(self, prefix: str) -> list[str]:
        """The folders right below one of Bronze, in order.

        Raises:
            Unavailable: the store did not answer, or does not let this user list.
        """

        def work() -> list[str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._buckets.bronze, Prefix=prefix, Delimiter="/"
            )
            return sorted(item["Prefix"] for page in pages for item in page.get("CommonPrefixes", []))

        try:
            return await asyncio.to_thread(work)
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    async def _read(self, bucket: str, key: str) -> bytes | None:
        def work() -> bytes:
            body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            return body

        try:
            return await asyncio.to_thread(work)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] in _ABSENT:
                return None
            raise _unavailable(error) from None

    def _encryption(self) -> dict[str, str]:
        if self._buckets.kms_key_id is None:
            return {"ServerSideEncryption": "AES256"}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._buckets.kms_key_id}


def _unavailable(error: BaseException) -> Unavailable:
    code = error.response["Error"].get("Code", "?") if isinstance(error, ClientError) else type(error).__name__
    _log.error("the object store refused", extra={"reason": code})
    return Unavailable("the object store is not available")


async def encrypt_quarantine(wrapper: KeyWrapper, batch_id: str, records: Sequence[dict[str, Any]]) -> bytes:
    """Rejected records under a data key of their own (AES-256-GCM, bound to the batch id), with the wrapped key."""
    key = envelope.new_key()
    plaintext = json.dumps(list(records), ensure_ascii=False, separators=(",", ":")).encode()
    encrypted = envelope.encrypt(key, plaintext, context=batch_id.encode())
    document = {
        "v": 1,
        "batch_id": batch_id,
        "wrapped_key": _text(await wrapper.wrap(key)),
        "nonce": _text(encrypted[: envelope.NONCE_BYTES]),
        "ciphertext": _text(encrypted[envelope.NONCE_BYTES :]),
    }
    return json.dumps(document, sort_keys=True).encode()


async def decrypt_quarantine(wrapper: KeyWrapper, batch_id: str, encrypted: bytes) -> list[dict[str, Any]]:
    """What `encrypt_quarantine` was given for this batch.

    Raises:
        ValueError: other bytes, those of another batch, or wrapped by another key.
    """
    try:
        document = json.loads(encrypted)
        wrapped, nonce, ciphertext = (
            base64.b64decode(document[name], validate=True) for name in ("wrapped_key", "nonce", "ciphertext")
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not an object of the quarantine") from error
    key = await wrapper.unwrap(wrapped)
    records: list[dict[str, Any]] = json.loads(envelope.decrypt(key, nonce + ciphertext, context=batch_id.encode()))
    return records


def _quarantine_key(distributor_id: str, batch_id: str) -> str:
    return f"quarantine/dist={distributor_id}/batch={batch_id}/records.json.sealed"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
