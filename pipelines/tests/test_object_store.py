"""The same run on a real object store over TLS: object lock, conditional pointer, both engines."""

import hashlib
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from altscore_libs.canonical_json import canonical_json
from altscore_libs.settings import S3Settings
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_object_store import await_buckets, object_store_program
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.bronze_signatures import MANIFEST_SCHEMA
from altscore_pipelines.errors import BronzeChanged, Missing, NoSoundBatch, PointerMoved
from altscore_pipelines.explain.service import Explainer
from altscore_pipelines.hooks.dbt import PROJECT, Dbt
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes, Sources, bronze_to_silver
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.lineage.recording import read_lineage
from altscore_pipelines.plan import Identity
from altscore_pipelines.settings import PipelineSettings
from altscore_pipelines.storage import S3Storage, open_storage
from botocore.config import Config
from conftest import SHORT_LIVED_JVM, GoldenRun, Pipeline
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509.oid import NameOID
from ledgers import golden_ledger, retailer_id
from pydantic import SecretStr

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "altscore"
MINIO = object_store_program()
JARS = sorted(CACHE.glob("spark*/hadoop-aws*.jar"))
EXTENSIONS = sorted(CACHE.glob("envs/lake-*/**/httpfs.duckdb_extension"))
SECRET = "not-a-secret-1"
SIGNER = SoftwareSigner("ingestion-manifests")
pytestmark = [
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(MINIO is None, reason="the object store is not built: make setup"),
]
ENGINES = [
    "duckdb",
    pytest.param(
        "spark",
        marks=[
            pytest.mark.spark,
            pytest.mark.skipif(
                importlib.util.find_spec("pyspark") is None or not JARS, reason="no Spark here: make setup-spark"
            ),
        ],
    ),
]


@dataclass
class Store:
    """A running object store with the lake's two buckets."""

    settings: S3Settings
    certificate: Path

    @property
    def client(self) -> "boto3.client":
        """As its administrator."""
        return boto3.client(
            "s3",
            endpoint_url=self.settings.s3_endpoint,
            region_name=self.settings.s3_region,
            aws_access_key_id=self.settings.s3_access_key,
            aws_secret_access_key=SECRET,
            verify=str(self.certificate),
            config=Config(s3={"addressing_style": "path"}),
        )

    def bucket(self, name: str) -> S3Storage:
        """A bucket through the port."""
        return S3Storage(name, self.settings)


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1, its key, and both in Java's form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "object store")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "private.key").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    (folder / "public.crt").write_bytes(certificate.public_bytes(encoding))
    java = serialize_java_truststore(
        [PKCS12Certificate(certificate, b"store")], serialization.BestAvailableEncryption(b"changeit")
    )
    (folder / "trust.p12").write_bytes(java)
    return folder / "public.crt"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root, port = tmp_path_factory.mktemp("store"), free_port()
    certificate = make_certificate(root)
    environment = {"MINIO_ROOT_USER": "admin", "MINIO_ROOT_PASSWORD": SECRET, "HOME": str(root)}
    command = [str(MINIO), "server", "--quiet", "--certs-dir", str(root), "--address", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, str(root / "data")], env=environment, stdout=subprocess.DEVNULL)
    settings = S3Settings(
        s3_endpoint=f"https://127.0.0.1:{port}",
        s3_access_key="admin",
        s3_secret_key=SecretStr(SECRET),
        s3_ca_file=certificate,
    )
    store = Store(settings, certificate)
    client = store.client
    await_buckets(client, process)
    client.create_bucket(Bucket="altscore-bronze", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}
    client.put_object_lock_configuration(Bucket="altscore-bronze", ObjectLockConfiguration=lock)
    for name in ("altscore-lake", "altscore-unlocked"):
        client.create_bucket(Bucket=name)
    yield store
    process.terminate()
    process.wait(HANG_S)


async def upload(store: Store, pipeline: Pipeline, bucket: str) -> None:
    """Copies a folder's Bronze to a bucket, its manifests signed as ingestion signs them."""
    for path in sorted(pipeline.bronze.rglob("manifest.json")):
        folder, manifest = path.parent.relative_to(pipeline.bronze).as_posix(), json.loads(path.read_bytes())
        if store.bucket(bucket).keys(f"{folder}/"):
            continue  # of another test; a second version would be set aside
        for file in manifest["files"]:
            file["version_id"] = put(
                store, bucket, f"{folder}/{file['name']}", (path.parent / file["name"]).read_bytes()
            )
        put(store, bucket, f"{folder}/manifest.json", await signed(manifest))


def put(store: Store, bucket: str, key: str, body: bytes) -> str:
    """Writes an object; which version that is."""
    return str(store.client.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId"))


async def signed(manifest: dict[str, Any]) -> bytes:
    """A manifest with ingestion's signature."""
    document = {**manifest, "schema": MANIFEST_SCHEMA, "key_id": SIGNER.key_id}
    signature = await SIGNER.sign(hashlib.sha256(canonical_json(document)).digest())
    return canonical_json({**document, "signature": signature.hex()})


def engine_on(store: Store, name: str, work: Path, **more: str) -> Engine:
    """The engine as the jobs make it from their settings, with `more` of them."""
    values: dict[str, Any] = {
        **dict.fromkeys(("kafka_bootstrap", "kafka_username", "kafka_password", "registry_url"), "x"),
        **dict.fromkeys(("database_url", "relay_database_url", "events_pin", "consent_url", "vault_url"), "x"),
        "outbox_key": "ab" * 32,
        **dict.fromkeys(
            (
                *("kafka_ca_file", "schemas_dir", "tls_cert_file", "tls_key_file", "tls_ca_file", "pkcs11_module"),
                "public_keys_dir",
            ),
            work,
        ),
        **store.settings.model_dump(),
        "work_dir": work,
        "engine": name,
        "engine_memory": "2GB",
        "duckdb_extensions_dir": EXTENSIONS[0].parents[2] if EXTENSIONS else None,
        "spark_jars": ",".join(str(jar) for folder in JARS[:1] for jar in sorted(folder.parent.glob("*.jar"))),
    }
    settings = PipelineSettings(**values | more)
    trust = store.certificate.with_name("trust.p12")
    java = f"{SHORT_LIVED_JVM} -Djavax.net.ssl.trustStore={trust} -Djavax.net.ssl.trustStorePassword=changeit"
    environment = {**os.environ, **settings.dbt_environment(), "JAVA_TOOL_OPTIONS": java}
    target = settings.dbt_target()
    return Engine(name, PROJECT, lambda run: Dbt(PROJECT, work / run, target=target, environment=environment))


@pytest.mark.parametrize("engine_name", ENGINES)
async def test_a_run_on_the_object_store_gives_the_same_gold_as_on_folders(
    store: Store, golden_run: GoldenRun, engine_name: str
) -> None:
    if engine_name == "duckdb" and not EXTENSIONS:
        pytest.skip("DuckDB's httpfs is not installed: make setup")
    pipeline = golden_run.after_gold()
    on_folders = pipeline.gold(golden_run.run_id)
    await upload(store, pipeline, "altscore-bronze")
    lake, engine = store.bucket("altscore-lake"), engine_on(store, engine_name, pipeline.root / "work-s3")

    async def announced(_run_id: str) -> bool:
        return True

    started = await bronze_to_silver(
        Lakes(store.bucket("altscore-bronze"), lake, SIGNER.public_keys()),
        Sources(pipeline._consent, pipeline._identities),
        engine,
        clock=pipeline.clock,
        is_announced=announced,
        as_of_on=datetime(2026, 6, 1, tzinfo=UTC).date(),
    )
    assert started is not None
    silver_to_gold(lake, engine, started.run_id, clock=pipeline.clock, keep_runs=2)
    (key,) = lake.keys(f"gold/run={started.run_id}/retailer_features/")
    assert key.endswith("/part-0.parquet")
    (pipeline.root / "gold.parquet").write_bytes(lake.read(key).body)
    rows = pq.read_table(pipeline.root / "gold.parquet").to_pylist()
    assert len(rows) == len(on_folders)
    for row in rows:
        for name, value in on_folders[row["retailer_id"]].items():
            assert row[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), name
    (made_of,) = [
        event["outputs"]
        for event in read_lineage(lake, started.run_id)
        if event["job"]["name"] == "silver_to_gold.retailer_features" and event["eventType"] == "COMPLETE"
    ]
    assert made_of[0]["name"] == "gold/retailer_features"
    assert made_of[0]["outputFacets"]["outputStatistics"]["rowCount"] == len(rows)
    lakes = Lakes(store.bucket("altscore-bronze"), lake, SIGNER.public_keys())
    explainer = Explainer(lakes, pipeline.engine(), run_id=started.run_id, work=pipeline.root / "explained")
    assert explainer.explain(retailer_id("asha"), "overdue_amount_inr").agrees


@pytest.mark.skipif(not EXTENSIONS, reason="DuckDB's httpfs is not installed: make setup")
async def test_a_past_day_of_the_stores_bronze_is_made_in_a_folder(
    store: Store, new_pipeline: Callable[..., Pipeline]
) -> None:
    pipeline = new_pipeline()
    pipeline.write(golden_ledger())
    await upload(store, pipeline, "altscore-bronze")
    engine = engine_on(store, "duckdb", pipeline.root / "work-s3", lake_root=pipeline.lake.root)

    async def announced(_run_id: str) -> bool:
        return True

    started = await bronze_to_silver(
        Lakes(store.bucket("altscore-bronze"), pipeline.lake, SIGNER.public_keys()),
        Sources(pipeline._consent, pipeline._identities),
        engine,
        clock=pipeline.clock,
        is_announced=announced,
        as_of_on=datetime(2026, 5, 1, tzinfo=UTC).date(),
    )
    assert started is not None
    silver_to_gold(pipeline.lake, engine, started.run_id, clock=pipeline.clock, keep_runs=2)
    assert pipeline.gold(started.run_id)[retailer_id("asha")]["invoices_12m"] == 4  # of six; two are of May


async def test_bronze_without_any_lock_stops_the_run(store: Store, new_pipeline: Callable[..., Pipeline]) -> None:
    pipeline = new_pipeline()
    pipeline.write(golden_ledger()[:1])
    await upload(store, pipeline, "altscore-unlocked")

    async def announced(_run_id: str) -> bool:
        return True

    with pytest.raises(NoSoundBatch, match="not under object lock"):
        await bronze_to_silver(
            Lakes(store.bucket("altscore-unlocked"), pipeline.lake, SIGNER.public_keys()),
            Sources(pipeline._consent, pipeline._identities),
            pipeline.engine(),
            clock=pipeline.clock,
            is_announced=announced,
        )


@pytest.mark.skipif(not EXTENSIONS, reason="DuckDB's httpfs is not installed: make setup")
async def test_a_batch_that_is_written_again_while_the_engine_reads_stops_the_run(
    store: Store, new_pipeline: Callable[..., Pipeline]
) -> None:
    pipeline, bucket = new_pipeline(), "altscore-moving"
    pipeline.write(golden_ledger())
    store.client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}
    store.client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    await upload(store, pipeline, bucket)
    key = next(key for key in store.bucket(bucket).keys("bronze/dist=dist_two/") if key.endswith("invoices.parquet"))

    async def announced(_run_id: str) -> bool:
        return True

    async def while_it_runs(retailer_ids: Sequence[str]) -> list[Identity]:
        put(store, bucket, key, store.bucket(bucket).read(key).body)
        return await pipeline._identities(retailer_ids)

    bronze, keys = store.bucket(bucket), SIGNER.public_keys()
    with pytest.raises(BronzeChanged, match=r"invoices\.parquet was written again during the run"):
        await bronze_to_silver(
            Lakes(bronze, pipeline.lake, keys),
            Sources(pipeline._consent, while_it_runs),
            engine_on(store, "duckdb", pipeline.root / "work-s3", lake_root=pipeline.lake.root),
            clock=pipeline.clock,
            is_announced=announced,
        )
    content = read_bronze(bronze, keys=keys)
    assert [(batch.folder in key, batch.object_name) for batch in content.set_aside] == [(True, "invoices.parquet")]
    assert len(content.batches) == len(golden_ledger()) - 1


def test_a_bucket_is_read_with_keys_alone(store: Store) -> None:
    with pytest.raises(ValueError, match="read with keys"):
        read_bronze(store.bucket("altscore-bronze"))


def test_the_pointer_of_a_bucket_moves_only_from_the_version_that_was_seen(store: Store) -> None:
    lake = store.bucket("altscore-lake")
    lake.swap("x/current.json", b"{}", expected_tag=None)
    seen = lake.read("x/current.json").tag
    lake.swap("x/current.json", b"[]", expected_tag=seen)
    for stale in (seen, None):
        with pytest.raises(PointerMoved):
            lake.swap("x/current.json", b"1", expected_tag=stale)
    assert lake.read("x/current.json").body == b"[]"
    lake.remove_folder("x/")
    with pytest.raises(Missing):
        lake.read("x/current.json")


def test_the_end_of_an_object_is_read_alone(store: Store, tmp_path: Path) -> None:
    for lake in (store.bucket("altscore-lake"), open_storage(str(tmp_path), None)):
        lake.write("z/a", b"0123456789")
        assert lake.read_end("z/a", 4) == b"6789"
        assert lake.read_end("z/a", 400) == b"0123456789"
        with pytest.raises(Missing):
            lake.read_end("z/b", 4)


def test_only_a_folder_is_removed_whole(store: Store, tmp_path: Path) -> None:
    for lake in (store.bucket("altscore-lake"), open_storage(str(tmp_path), None)):
        lake.write("y/run=1/a", b"")
        lake.write("y/run=10/a", b"")
        lake.remove("y/run=1")
        lake.remove_folder("y/run=1/")
        assert lake.keys("y/") == ["y/run=10/a"]
        for name in ("y/run=1", "", "/"):
            with pytest.raises(ValueError, match="not a folder"):
                lake.remove_folder(name)


def test_a_root_is_a_bucket_or_a_folder(tmp_path: Path) -> None:
    assert open_storage(str(tmp_path), None).root == str(tmp_path)
    for bad in ("s3://", "s3://bucket/path"):
        with pytest.raises(ValueError, match="s3://bucket"):
            open_storage(bad, None)
