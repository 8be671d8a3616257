"""On a real object store with Object Lock: a checkpoint cannot be removed, and the separate verifier reads it there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import boto3
import psycopg
import pytest
from altscore_audit.chain import store
from altscore_audit.chain.domain import Rule
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.clients import PARQUET, S3WormBucket
from altscore_libs.clock import FixedClock, SystemClock
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.settings import S3Settings
from altscore_libs.testing import Database, SoftwareSigner
from altscore_libs.testing_object_store import await_buckets, object_store_program
from altscore_libs.testing_postgres import HANG_S, free_port
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import SecretStr

from .conftest import entry_of

USER, SECRET, BUCKET = "audit-test", "audit-test-secret", "altscore-audit"


class Store(NamedTuple):
    """A running object store and its administrator."""

    endpoint: str
    client: Any


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    program = object_store_program()
    if program is None:
        pytest.skip("no object store built yet: `make up` builds it")
    folder, port = tmp_path_factory.mktemp("minio"), free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "MINIO_ROOT_USER": USER,
        "MINIO_ROOT_PASSWORD": SECRET,
        "MINIO_UPDATE": "off",
        "MINIO_BROWSER": "off",
    }
    process = subprocess.Popen(
        [str(program), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="ap-south-1",
        aws_access_key_id=USER,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 8, "mode": "standard"}),
    )
    try:
        await_buckets(client, process)
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield Store(endpoint, client)
    finally:
        process.terminate()
        process.wait(HANG_S)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(minio: Store) -> S3Settings:
    return S3Settings(s3_endpoint=minio.endpoint, s3_access_key=USER, s3_secret_key=SecretStr(SECRET))


async def test_a_checkpoint_in_the_bucket_cannot_be_deleted_or_shortened(minio: Store, settings: S3Settings) -> None:
    until = SystemClock().now() + timedelta(days=2)
    await S3WormBucket(settings, BUCKET).put("checkpoints/probe", b"{}", until)
    version = minio.client.head_object(Bucket=BUCKET, Key="checkpoints/probe")["VersionId"]
    with pytest.raises(ClientError):
        minio.client.delete_object(Bucket=BUCKET, Key="checkpoints/probe", VersionId=version)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(days=1)}
    with pytest.raises(ClientError):
        minio.client.put_object_retention(
            Bucket=BUCKET, Key="checkpoints/probe", VersionId=version, Retention=shorter, BypassGovernanceRetention=True
        )


async def test_what_was_put_into_the_bucket_is_read_back(settings: S3Settings) -> None:
    bucket, until = S3WormBucket(settings, BUCKET), SystemClock().now() + timedelta(days=1)
    await bucket.put("exports/probe", b"entries", until, content_type=PARQUET)
    assert await bucket.get("exports/probe") == b"entries"
    with pytest.raises(Unavailable):
        await bucket.get("exports/nothing")


async def test_a_bucket_that_does_not_answer_is_unavailable() -> None:
    nowhere = S3Settings(
        s3_endpoint=f"http://127.0.0.1:{free_port()}", s3_access_key=USER, s3_secret_key=SecretStr(SECRET)
    )
    with pytest.raises(Unavailable):
        await S3WormBucket(nowhere, BUCKET).put("checkpoints/x", b"{}", SystemClock().now() + timedelta(days=1))


async def test_the_verifier_finds_in_the_bucket_what_was_rewritten_in_the_database(
    minio: Store,
    settings: S3Settings,
    *,
    pool: asyncpg.Pool,
    database: Database,
    superuser: psycopg.Connection,
    rules: dict[str, Rule],
    tmp_path: Path,
) -> None:
    clock, signer = FixedClock(SystemClock().now()), SoftwareSigner("audit-checkpoint")
    (tmp_path / "audit-checkpoint.pem").write_bytes(signer.public_pem())
    entries = [entry_of(number, action="score_requested", occurred_at=clock.now()) for number in range(1, 1_001)]
    async with transaction(pool) as connection:
        await store.append(connection, "general", entries)
    await CheckpointService(
        pool=pool,
        signer=signer,
        keys=signer.public_keys(),
        bucket=S3WormBucket(settings, BUCKET),
        rules=rules,
        clock=clock,
    ).sign_due()
    assert _verified(database, minio, tmp_path)["ok"] is True

    superuser.execute("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only")
    superuser.execute("DELETE FROM audit_checkpoint")
    superuser.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_kept")
    superuser.execute("DELETE FROM audit_log WHERE seq > 600")
    superuser.execute("ALTER TABLE audit_chain DISABLE TRIGGER audit_chain_forward")
    superuser.execute(
        "UPDATE audit_chain SET last_seq = 600, last_hash = (SELECT entry_hash FROM audit_log WHERE seq = 600)"
        " WHERE chain = 'general'"
    )
    minio.client.delete_object(Bucket=BUCKET, Key="checkpoints/general/00000000000000001000.json")  # leaves a marker
    report = _verified(database, minio, tmp_path)
    assert report["ok"] is False
    assert {chain["chain"]: chain["first_broken_seq"] for chain in report["chains"]} == {
        "general": 601,
        "failed_auth": None,
    }


def _verified(database: Database, minio: Store, keys: Path) -> dict[str, Any]:
    command = ["-m", "altscore_audit_verifier", "--dsn", database.app_dsn, "--public-key", str(keys), "--json"]
    bucket = ["--s3-bucket", BUCKET, "--s3-endpoint", minio.endpoint]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": SECRET}
    done = subprocess.run([sys.executable, *command, *bucket], env=environment, capture_output=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    return report
