"""Checkpoints of the table and of the WORM bucket."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from altscore_audit_verifier.report import CannotVerify
from altscore_audit_verifier.signatures import Checkpoint

_TIMEOUT_S = 10


class Bucket(NamedTuple):
    """Where the WORM copies are; credentials come from the usual AWS variables."""

    endpoint: str | None
    name: str
    region: str
    ca_file: str | None


def from_table(connection: psycopg.Connection[Any]) -> list[Checkpoint]:
    """Checkpoints of the database."""
    rows = connection.execute("SELECT chain, seq, document, signature FROM audit_checkpoint ORDER BY chain, seq")
    return [Checkpoint("table", *row) for row in rows.fetchall()]


class BucketReader:
    """Reads every version of every object: a delete marker or a newer version hides nothing.

    A version never changes, so a reader that is used again reads only those that it has not seen.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._read: dict[tuple[str, str], Checkpoint] = {}

    def checkpoints(self) -> list[Checkpoint]:
        """Checkpoints of the bucket.

        Raises:
            CannotVerify: the bucket cannot be read.
        """
        client = boto3.client(
            "s3",
            endpoint_url=self._bucket.endpoint,
            region_name=self._bucket.region,
            verify=self._bucket.ca_file or True,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=_TIMEOUT_S,
                read_timeout=_TIMEOUT_S,
            ),
        )
        try:
            present = []
            for version in _versions(client, self._bucket.name):
                place = (version["Key"], version["VersionId"])
                if place not in self._read:
                    self._read[place] = _read(client, self._bucket.name, version)
                present.append(self._read[place])
        except (ClientError, BotoCoreError) as error:
            raise CannotVerify(f"bucket: {type(error).__name__}") from error
        return present


def _versions(client: Any, name: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("list_object_versions").paginate(Bucket=name, Prefix="checkpoints/")
    for page in pages:
        yield from page.get("Versions", [])


def _read(client: Any, name: str, version: dict[str, Any]) -> Checkpoint:
    stored = client.get_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    parts = version["Key"].removesuffix(".json").split("/")
    chain, place = (parts[1], parts[2]) if len(parts) == 3 else ("", "0")
    try:
        body = json.loads(stored["Body"].read())
        document, signature = str(body["document"]), str(body["signature"])
    except (ValueError, KeyError, TypeError):
        document, signature = "", ""
    return Checkpoint(
        source="bucket",
        chain=chain,
        seq=int(place) if place.isdigit() else 0,
        document=document,
        signature=signature,
    )
