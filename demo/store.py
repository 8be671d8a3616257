"""The object store as the demo observes it: with the root credentials; it reads, and tries one crime."""

import io
import json
from functools import cached_property
from typing import Any

import boto3
import pyarrow.parquet as pq
from botocore.config import Config

from demo.context import Demo

BRONZE = "altscore-bronze"
LAKE = "altscore-lake"


class Store:
    """Buckets of the stack."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo

    @cached_property
    def client(self) -> Any:
        """An S3 client with root's credentials."""
        access_key, secret_key = self._demo.stack["s3"]["root"]
        return boto3.client(
            "s3",
            endpoint_url=self._demo.url("s3"),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            region_name="ap-south-1",
            verify=str(self._demo.pki("ca.pem")),
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )

    def keys(self, bucket: str, prefix: str = "") -> list[dict[str, Any]]:
        """All objects under a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item for page in pages for item in page.get("Contents", [])]

    def parquet_keys(self, bucket: str, prefix: str) -> list[str]:
        """Keys of the Parquet files under a prefix; Spark leaves markers beside them."""
        return [item["Key"] for item in self.keys(bucket, prefix) if item["Key"].endswith(".parquet")]

    def read(self, bucket: str, key: str) -> bytes:
        """An object's bytes."""
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def json(self, bucket: str, key: str) -> Any:
        """An object as JSON."""
        return json.loads(self.read(bucket, key))

    def table(self, bucket: str, key: str) -> Any:
        """A Parquet object as a table."""
        return pq.read_table(io.BytesIO(self.read(bucket, key)))
