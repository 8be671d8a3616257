"""Signed checkpoints, from the table and from the WORM bucket, against our own list of public keys."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from altscore_audit_verifier.report import CannotVerify

Keys = Mapping[str, ec.EllipticCurvePublicKey]
_HALF = 32


class Checkpoint(NamedTuple):
    """A checkpoint as it was read; `source` is `table` or `bucket`."""

    source: str
    chain: str
    seq: int
    document: str
    signature: str


class Bucket(NamedTuple):
    """Where the WORM copies are; credentials come from the usual AWS variables."""

    endpoint: str | None
    name: str
    region: str
    ca_file: str | None


def load_keys(paths: Iterable[Path]) -> dict[str, ec.EllipticCurvePublicKey]:
    """Public keys by id; a path is a PEM file `<label>.pem` or a folder of them.

    Raises:
        CannotVerify: no P-256 key among them.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.pem")) if path.is_dir() else [path])]
    keys = {}
    for file in files:
        try:
            key = serialization.load_pem_public_key(file.read_bytes())
        except (OSError, ValueError) as error:
            raise CannotVerify(f"public key {file.name}: {type(error).__name__}") from error
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            keys[f"{file.name.split('.')[0]}-{hashlib.sha256(der).hexdigest()[:16]}"] = key
    if not keys:
        raise CannotVerify("no P-256 public key given")
    return keys


def fault(checkpoint: Checkpoint, keys: Keys) -> str | None:
    """Why a checkpoint is not valid, None when it is: signed by a known key over its own place."""
    try:
        document = json.loads(checkpoint.document)
        signature = bytes.fromhex(checkpoint.signature)
        claimed = (document["chain"], document["seq"])
        key = keys.get(str(document["key_id"]))
        bytes.fromhex(document["entry_hash"])
    except (ValueError, KeyError, TypeError):
        return "not a checkpoint"
    if key is None:
        return "signed by a key that is not on the list"
    if len(signature) != 2 * _HALF:
        return "not a signature"
    r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    try:
        key.verify(encode_dss_signature(r, s), checkpoint.document.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature does not hold"
    if claimed != (checkpoint.chain, checkpoint.seq):
        return "it is stored where another checkpoint belongs"
    return None


def signed_hash(checkpoint: Checkpoint) -> bytes:
    """The entry hash that a valid checkpoint names."""
    return bytes.fromhex(json.loads(checkpoint.document)["entry_hash"])


def from_table(connection: psycopg.Connection[Any]) -> list[Checkpoint]:
    """Checkpoints of the database."""
    rows = connection.execute("SELECT chain, seq, document, signature FROM audit_checkpoint ORDER BY chain, seq")
    return [Checkpoint("table", *row) for row in rows.fetchall()]


def from_bucket(bucket: Bucket) -> list[Checkpoint]:
    """Checkpoints of the bucket, every version of every object: a delete marker or a newer version hides nothing.

    Raises:
        CannotVerify: the bucket cannot be read.
    """
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        verify=bucket.ca_file or True,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    try:
        return [_read(client, bucket.name, version) for version in _versions(client, bucket.name)]
    except (ClientError, BotoCoreError) as error:
        raise CannotVerify(f"bucket: {type(error).__name__}") from error


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
