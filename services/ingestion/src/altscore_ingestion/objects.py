"""The object store: Bronze under Object Lock, quarantine encrypted. A failure is Unavailable, never a half-truth."""

import asyncio
import base64
import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.signer import KeyWrapper
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from altscore_ingestion.bronze import BatchHead, BronzeFile

_log = logging.getLogger("altscore.ingestion.objects")


@dataclass(frozen=True)
class Buckets:
    """Where objects go and how long Bronze is locked."""

    bronze: str
    quarantine: str
    retention: timedelta
    kms_key_id: str | None = None


class ObjectStore:
    """Writes batches.

    Args:
        client: of boto3, for S3.
        buckets: names and retention.
        clock: retention counts from the write, so that a resumed batch is locked as long as any other.
    """

    def __init__(self, client: Any, buckets: Buckets, clock: Clock) -> None:
        self._client = client
        self._buckets = buckets
        self._clock = clock

    def uri(self, head: BatchHead, file: BronzeFile) -> str:
        """Address of a Bronze object."""
        return f"s3://{self._buckets.bronze}/{head.prefix}/{file.name}"

    async def write_batch(
        self, head: BatchHead, files: Sequence[BronzeFile], manifest: BronzeFile, *, is_resumed: bool
    ) -> None:
        """Writes the files and then the manifest, each locked and with its checksum verified by the store.

        Args:
            head: of the batch.
            files: Parquet objects.
            manifest: written last, when every file stands.
            is_resumed: earlier objects of this batch may stand; those with equal bytes are left alone.

        Raises:
            Unavailable: the store did not take everything; what it took means nothing without the manifest.
        """
        until = self._clock.now() + self._buckets.retention
        try:
            await asyncio.gather(
                *(asyncio.to_thread(self._put_locked, head, file, until, is_resumed) for file in files)
            )
            await asyncio.to_thread(self._put_locked, head, manifest, until, is_resumed)
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    def _put_locked(self, head: BatchHead, file: BronzeFile, until: datetime, is_resumed: bool) -> None:
        key = f"{head.prefix}/{file.name}"
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
            head = self._client.head_object(Bucket=self._buckets.bronze, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):  # 403: absent, and no right to list
                return None
            raise
        found: str | None = head.get("ChecksumSHA256")
        return found

    async def write_quarantine(self, head: BatchHead, sealed: bytes) -> None:
        """Writes the sealed rejected records of a batch.

        Raises:
            Unavailable: the store did not take it.
        """
        key = f"quarantine/dist={head.distributor_id}/batch={head.batch_id}/records.json.sealed"
        checksum = base64.b64encode(hashlib.sha256(sealed).digest()).decode()
        try:
            await asyncio.to_thread(
                lambda: self._client.put_object(
                    Bucket=self._buckets.quarantine,
                    Key=key,
                    Body=sealed,
                    ChecksumSHA256=checksum,
                    ContentType="application/json",
                    **self._encryption(),
                )
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from None

    def _encryption(self) -> dict[str, str]:
        if self._buckets.kms_key_id is None:
            return {"ServerSideEncryption": "AES256"}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self._buckets.kms_key_id}


def _unavailable(error: BaseException) -> Unavailable:
    code = error.response["Error"].get("Code", "?") if isinstance(error, ClientError) else type(error).__name__
    _log.error("the object store refused a write", extra={"reason": code})
    return Unavailable("the object store is not available")


async def seal_quarantine(wrapper: KeyWrapper, batch_id: str, records: Sequence[dict[str, Any]]) -> bytes:
    """Rejected records under a data key of their own (AES-256-GCM, AAD = batch id), the key wrapped beside them."""
    key, nonce = os.urandom(32), os.urandom(12)
    plain = json.dumps(list(records), ensure_ascii=False, separators=(",", ":")).encode()
    envelope = {
        "v": 1,
        "batch_id": batch_id,
        "wrapped_key": _text(await wrapper.wrap(key)),
        "nonce": _text(nonce),
        "ciphertext": _text(AESGCM(key).encrypt(nonce, plain, batch_id.encode())),
    }
    return json.dumps(envelope, sort_keys=True).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
