"""The object store that keeps checkpoints under a COMPLIANCE lock (WORM: write once, read many)."""

import asyncio
from datetime import datetime
from typing import Protocol

from altscore_libs.errors import Unavailable
from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from botocore.exceptions import BotoCoreError, ClientError


class WormBucket(Protocol):
    """Keeps bytes that nobody can change or delete before their time."""

    async def put(self, key: str, body: bytes, retain_until: datetime) -> None:
        """Stores an object locked until then.

        Raises:
            Unavailable: the store does not answer, or refuses.
        """
        ...


class S3WormBucket:
    """A WormBucket on S3 Object Lock.

    Args:
        settings: of the object store.
        bucket: made with Object Lock.
    """

    def __init__(self, settings: S3Settings, bucket: str) -> None:
        self._bucket = bucket
        self._client = s3_client(settings)

    async def put(self, key: str, body: bytes, retain_until: datetime) -> None:
        """Stores an object locked until then; a second put makes a version, never a change."""
        try:
            await asyncio.to_thread(
                self._client.put_object,
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=retain_until,
            )
        except (ClientError, BotoCoreError, OSError) as error:
            raise Unavailable("the checkpoint bucket is not available") from error
