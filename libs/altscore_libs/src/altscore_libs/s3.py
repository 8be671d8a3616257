"""A client of the object store: signed requests, path style, short timeouts, bounded retries."""

from typing import Any

import boto3
from botocore.config import Config

from altscore_libs.settings import S3Settings


def s3_client(settings: S3Settings, *, read_timeout_s: float = 10.0, attempts: int = 3) -> Any:
    """A boto3 client; it blocks, so coroutines call it on a thread.

    Args:
        settings: address, credentials, CA.
        read_timeout_s: longest silence of one try.
        attempts: most tries of one call.
    """
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        verify=str(settings.s3_ca_file) if settings.s3_ca_file else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=read_timeout_s,
            retries={"max_attempts": attempts, "mode": "standard"},
            max_pool_connections=16,
        ),
    )
