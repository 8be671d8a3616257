"""The object store: Bronze under Object Lock, quarantine encrypted. Every failure is Unavailable."""

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from altscore_libs import envelope
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.signer import KeyWrapper
from botocore.exceptions import BotoCoreError, ClientError

from altscore_ingestion.batches.bronze import BronzeFile
from altscore_ingestion.batches.domain import BatchHeader

_ABSENT = (403, 404)  # 403: absent, and no right to list
_log = logging.getLogger("altscore.ingestion.objects")


@dataclass(frozen=True)
class Buckets:
    """Where objects go and how long Bronze is locked."""

    bronze: str
    quarantine: str
    retention: timedelta
    kms_key_id: str | None = None


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

    async def write_locked(self, header: BatchHeader, files: Sequence[BronzeFile], *, is_resumed: bool) -> None:
        """Writes files of a batch, each locked and with its checksum verified by the store.

        Args:
            header: of the batch.
            files: Parquet objects.
            is_resumed: earlier objects of this batch may exist; those with equal bytes are left alone.

        Raises:
            Unavailable: the store did not take everything; what it took means nothing without the manifest.
        """
        until = self._clock.now() + self._buckets.retention
        try:
            await asyncio.gather(
                *(
                    asyncio.to_thread(self._put_locked, f"{header.prefix}/{file.name}", file, until, is_resumed)
                    for file in files
                )
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    async def write_manifest(self, uri: str, manifest: BronzeFile, *, is_resumed: bool) -> None:
        """Writes the manifest of a batch that counts, locked like its files; from then on the lake reads the batch.

        Raises:
            Unavailable: the store did not take it.
        """
        key, until = uri.removeprefix(f"s3://{self._buckets.bronze}/"), self._clock.now() + self._buckets.retention
        try:
            await asyncio.to_thread(self._put_locked, key, manifest, until, is_resumed)
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    def _put_locked(self, key: str, file: BronzeFile, until: datetime, is_resumed: bool) -> None:
        checksum = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        if is_resumed and self._stored_checksum(key) == checksum:
            return
        self._client.put_object(
            Bucket=self._buckets.bronze,
            Key=key,
            Body=file.body,
            ChecksumSHA256=checksum,
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
            ContentType="application/json" if file.name.endswith(".json") else "application/vnd.apache.parquet",
            **self._encryption(),
        )

    def _stored_checksum(self, key: str) -> str | None:
        try:
            stored = self._client.head_object(Bucket=self._buckets.bronze, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in _ABSENT:
                return None
            raise
        checksum: str | None = stored.get("ChecksumSHA256")
        return checksum

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

    async def read_manifest(self, uri: str) -> bytes | None:
        """The manifest of a complete batch by its address; None when there is none.

        Raises:
            Unavailable: the store did not answer.
        """
        return await self._read(self._buckets.bronze, uri.removeprefix(f"s3://{self._buckets.bronze}/"))

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
