"""The bucket that forgets nothing: objects under a COMPLIANCE lock."""

import asyncio
from datetime import datetime
from typing import Any, Protocol

import boto3
from altscore_libs.errors import Unavailable
from altscore_libs.settings import S3Settings
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


class Worm(Protocol):
    """Keeps bytes that nobody can change or delete before their time."""

    async def put(self, key: str, body: bytes, retain_until: datetime) -> None:
        """Stores an object locked until then.

        Raises:
            Unavailable: the store does not answer, or refuses.
        """
        ...


class S3Worm:
    """Worm on S3 Object Lock.

    Args:
        settings: of the object store.
        bucket: made with Object Lock.
    """

    def __init__(self, settings: S3Settings, bucket: str) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
            verify=str(settings.s3_ca_file) if settings.s3_ca_file else True,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=10,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )

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
