"""Ingestion's user of the object store, without its signing key: the lake takes nothing that it wrote by itself."""

import hashlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_ingestion.batches.bronze import SCHEMA_VERSION, SCHEMAS, BronzeFile, manifest_content, manifest_file
from altscore_ingestion.batches.domain import BatchHeader, Counts
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.manifests.signing import MANIFEST_SCHEMA, sign_document
from altscore_libs.clock import SystemClock
from altscore_libs.settings import S3Settings
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.object_store import REGION
from altscore_local.object_store import ObjectStore as LocalStore
from altscore_local.pki import ensure_pki
from altscore_local.toolchain import minio_program
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import SecretStr

pytestmark = pytest.mark.skipif(not minio_program().exists(), reason="the object store is not built: make setup")
BUCKET = "altscore-bronze"
SIGNER = SoftwareSigner("ingestion-manifests")
NOW = datetime.now(UTC)
PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"
AGAIN = "written or deleted again after it was signed"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    """The stack's object store, with its users and their rights."""
    layout, port = Layout(tmp_path_factory.mktemp("store")), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Layout, "port", lambda _self, _name: port)
        for folder in (layout.secrets, layout.run, layout.data, layout.logs):
            folder.mkdir(parents=True)
        ensure_pki(layout)
        server = LocalStore(layout)
        process = server.prepare()
        child = subprocess.Popen(
            process.argv, env=dict(process.env), cwd=process.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            end = time.monotonic() + 60
            while not server.is_ready():
                assert time.monotonic() < end, "the object store did not start"
            server.bootstrap()
            yield server
        finally:
            child.terminate()
            child.wait(30)


@pytest.fixture
def ingestion(store: LocalStore) -> Any:
    """The store as ingestion's user sees it."""
    access_key, secret_key = store.credentials("ingestion")
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        verify=str(store.ca_file),
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


@dataclass
class Reader:
    """Bronze as the pipeline reads it, with its own user."""

    store: LocalStore
    read_bronze: Any
    storage: Any

    def set_aside(self) -> dict[str, tuple[str, str]]:
        """Object and reason by batch."""
        content = self.read_bronze(self.storage, keys=SIGNER.public_keys(), now=NOW)
        self.sound = {batch.batch_id for batch in content.batches}
        return {
            batch.folder.split("batch=")[1].strip("/"): (batch.object_name, batch.reason) for batch in content.set_aside
        }


@pytest.fixture(scope="module")
def reader(store: LocalStore) -> Iterator[Reader]:
    """The pipeline's own code, which lies beside the installed packages."""
    access_key, secret_key = store.credentials("pipeline")
    settings = S3Settings(
        s3_endpoint=store.endpoint,
        s3_region=REGION,
        s3_access_key=access_key,
        s3_secret_key=SecretStr(secret_key),
        s3_ca_file=store.ca_file,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PIPELINES))
        from altscore_pipelines.bronze import read_bronze  # noqa: PLC0415  # found by the line above
        from altscore_pipelines.storage import S3Storage  # noqa: PLC0415

        yield Reader(store, read_bronze, S3Storage(BUCKET, settings))
    for name in [name for name in sys.modules if name.startswith("altscore_pipelines")]:
        del sys.modules[name]


def invoices(header: BatchHeader, amount_inr: str) -> BronzeFile:
    """One invoice as ingestion writes it."""
    row = {
        "distributor_id": header.distributor_id,
        "batch_id": header.batch_id,
        "record_id": "rec_1",
        "subject_token": "a" * 64,
        "sealed_identity": b"encrypted",
        "erp_type": "csv",
        "schema_version": SCHEMA_VERSION,
        "ingested_at": header.ingested_at,
        "row_sha256": "0" * 64,
        "invoice_id": "I1",
        "invoice_on": date(2026, 5, 1),
        "due_on_is_default": False,
        "amount_inr": Decimal(amount_inr),
        "content_version": 1,
        "source_order": 0,
        "sequence": 0,
        "is_outdated": False,
        "is_cancelled": False,
    }
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row], schema=SCHEMAS["invoices"]), buffer)
    body = buffer.getvalue()
    return BronzeFile(name="invoices.parquet", body=body, sha256=hashlib.sha256(body).hexdigest(), rows=1)


def totals(amount_inr: str) -> list[dict[str, Any]]:
    return [{"table": "invoices", "month": "2026-05", "count": 1, "amount_inr": amount_inr}]


async def ingest(client: Any, number: int, *, distributor_id: str = "dist_victim") -> BatchHeader:
    """A batch as ingestion itself writes and signs it."""
    header = BatchHeader(
        batch_id=f"bat_{number:032x}",
        distributor_id=distributor_id,
        erp_type="csv",
        ingested_at=NOW,
        sync_from=NOW - timedelta(days=1),
        sync_to=NOW,
    )
    buckets = Buckets(bronze=BUCKET, quarantine="altscore-quarantine", retention=timedelta(hours=1))
    objects = ObjectStore(client, buckets, SystemClock())
    pinned = await objects.write_locked(header, [invoices(header, "9999.00")], is_resumed=False)
    content = manifest_content(header, pinned, [], Counts(submitted=1, accepted=1, quarantined=0, duplicate=0)) | {
        "totals": totals("9999.00")
    }
    manifest = manifest_file(await sign_document(SIGNER, MANIFEST_SCHEMA, content))
    await objects.write_manifest(f"s3://{BUCKET}/{header.prefix}/manifest.json", manifest, is_resumed=False)
    return header


def get(client: Any, header: BatchHeader, name: str) -> bytes:
    body: bytes = client.get_object(Bucket=BUCKET, Key=f"{header.prefix}/{name}")["Body"].read()
    return body


def put(client: Any, header: BatchHeader, name: str, body: bytes) -> None:
    client.put_object(
        Bucket=BUCKET,
        Key=f"{header.prefix}/{name}",
        Body=body,
        ChecksumAlgorithm="SHA256",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(hours=1),
    )


def rewrite(client: Any, header: BatchHeader) -> None:
    """A smaller amount in the file, and a manifest that agrees with it."""
    file = invoices(header, "1.00")
    put(client, header, file.name, file.body)
    manifest = json.loads(get(client, header, "manifest.json"))
    manifest["files"][0] |= {"sha256": file.sha256, "bytes": len(file.body)}
    put(client, header, "manifest.json", json.dumps(manifest | {"totals": totals("1.00")}).encode())


def rewrite_file(client: Any, header: BatchHeader) -> None:
    put(client, header, "invoices.parquet", invoices(header, "1.00").body)


def same_bytes_again(client: Any, header: BatchHeader) -> None:
    put(client, header, "invoices.parquet", get(client, header, "invoices.parquet"))


def same_manifest_again(client: Any, header: BatchHeader) -> None:
    put(client, header, "manifest.json", get(client, header, "manifest.json"))


def plant_endorsement(client: Any, header: BatchHeader) -> None:
    manifest = get(client, header, "manifest.json")
    forged = {
        "schema": "altscore.bronze-endorsement.1",
        "key_id": SIGNER.key_id,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "files": [],
        "signature": "00" * 64,
    }
    put(client, header, "signature.json", json.dumps(forged).encode())


ATTACKS: dict[str, tuple[Callable[[Any, BatchHeader], None], str, str]] = {
    "file and manifest rewritten": (rewrite, "manifest.json", AGAIN),
    "file rewritten": (rewrite_file, "invoices.parquet", AGAIN),
    "the same file again": (same_bytes_again, "invoices.parquet", AGAIN),
    "the same manifest again": (same_manifest_again, "manifest.json", AGAIN),
    "a forged endorsement": (plant_endorsement, "manifest.json", "not signed by ingestion"),
}


@pytest.mark.parametrize("attack", sorted(ATTACKS))
async def test_a_batch_that_was_written_again_is_set_aside_by_name_and_stops_no_other(
    ingestion: Any, reader: Reader, attack: str
) -> None:
    number = 16 * (1 + sorted(ATTACKS).index(attack))
    sound, victim = await ingest(ingestion, number), await ingest(ingestion, number + 1)
    assert victim.batch_id not in reader.set_aside()
    act, name, reason = ATTACKS[attack]
    act(ingestion, victim)
    assert reader.set_aside()[victim.batch_id] == (name, reason)
    assert sound.batch_id in reader.sound
    assert victim.batch_id not in reader.sound


async def test_a_batch_without_a_signature_of_ingestion_is_never_taken(ingestion: Any, reader: Reader) -> None:
    source = await ingest(ingestion, 900)
    for number, distributor_id in ((901, "dist_victim"), (902, "dist_other")):
        planted = BatchHeader(
            batch_id=f"bat_{number:032x}",
            distributor_id=distributor_id,
            erp_type="csv",
            ingested_at=NOW,
            sync_from=NOW,
            sync_to=NOW,
        )
        put(ingestion, planted, "invoices.parquet", invoices(planted, "1.00").body)
        put(ingestion, planted, "manifest.json", get(ingestion, source, "manifest.json"))
        assert reader.set_aside()[planted.batch_id] == ("manifest.json", "a manifest of another batch")
        assert planted.batch_id not in reader.sound
    unsigned = json.loads(get(ingestion, source, "manifest.json"))
    del unsigned["signature"]
    planted = BatchHeader(
        batch_id=f"bat_{903:032x}",
        distributor_id="dist_victim",
        erp_type="csv",
        ingested_at=NOW,
        sync_from=NOW,
        sync_to=NOW,
    )
    put(ingestion, planted, "invoices.parquet", invoices(planted, "1.00").body)
    put(ingestion, planted, "manifest.json", json.dumps(unsigned | {"batch_id": planted.batch_id}).encode())
    assert reader.set_aside()[planted.batch_id] == ("manifest.json", "not signed")


async def test_what_ingestion_wrote_it_cannot_delete(ingestion: Any, reader: Reader) -> None:
    header = await ingest(ingestion, 950)
    for name in ("manifest.json", "invoices.parquet"):
        with pytest.raises(ClientError, match="AccessDenied"):
            ingestion.delete_object(Bucket=BUCKET, Key=f"{header.prefix}/{name}")
    assert header.batch_id not in reader.set_aside()
    assert header.batch_id in reader.sound


async def test_ingestion_itself_never_writes_a_second_version(ingestion: Any, store: LocalStore) -> None:
    """Of a batch that is written again with other bytes, the new file has a name of its own."""
    header = await ingest(ingestion, 960)
    buckets = Buckets(bronze=BUCKET, quarantine="altscore-quarantine", retention=timedelta(hours=1))
    objects = ObjectStore(ingestion, buckets, SystemClock())
    file = invoices(header, "1.00")
    for is_resumed in (True, False):
        [pinned] = await objects.write_locked(header, [file], is_resumed=is_resumed)
        assert pinned.file.name == f"invoices.{file.sha256[:16]}.parquet"
    versions = store._client().list_object_versions(Bucket=BUCKET, Prefix=header.prefix)["Versions"]
    assert len(versions) == len({version["Key"] for version in versions}) == 3
