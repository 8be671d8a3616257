"""Every user of the object store can do what its process needs and is refused the rest, by the store itself."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.object_store import REGION, RIGHTS, ObjectStore
from altscore_local.pki import ensure_pki
from altscore_local.toolchain import minio_program
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.skipif(not minio_program().exists(), reason="the object store is not built: make setup")
BRONZE, AUDIT, QUARANTINE = "altscore-bronze", "altscore-audit", "altscore-quarantine"
LAKE, MODELS = "altscore-lake", "altscore-models"
# One object of every kind that a process may meet.
KEYS = {
    "bronze": (BRONZE, "bronze/dist=dist_one/day=2026-05-31/batch=bat_1/manifest.json"),
    "evidence": (AUDIT, "checkpoints/1.json"),
    "quarantined": (QUARANTINE, "quarantine/dist=dist_one/bat_1.json"),
    "identity map": (LAKE, "silver/run=run_1/plan/identity_map/part-0.parquet"),
    "silver": (LAKE, "silver/run=run_1/invoice/part-0.parquet"),
    "gold": (LAKE, "gold/run=run_1/manifest.json"),
    "pointer": (LAKE, "gold/current.json"),
    "model": (MODELS, "mlflow/pd/1/model.json"),
}
# What each user is for; whatever is not here must be refused.
READS = {
    "ingestion": {"bronze", "quarantined"},
    "pipeline": {"bronze", "identity map", "silver", "gold", "pointer"},
    "scoring": {"gold", "pointer", "model"},
    "training": {"model"},
    "audit": {"evidence"},
    "audit-witness": {"evidence"},
    "mlflow": {"model"},
}
WRITES = {
    "ingestion": {"bronze", "quarantined"},
    "pipeline": {"identity map", "silver", "gold", "pointer"},
    "scoring": set(),
    "training": {"model"},
    "audit": {"evidence"},
    "audit-witness": set(),
    "mlflow": set(),
}
REMOVES = {"pipeline": {"identity map", "silver", "gold", "pointer"}}
LISTS = {
    "ingestion": {BRONZE},
    "pipeline": {BRONZE, LAKE},
    "scoring": {LAKE, MODELS},
    "training": {MODELS},
    "audit": {AUDIT},
    "audit-witness": {AUDIT},
    "mlflow": {MODELS},
}


@dataclass
class Store:
    """The stack's object store with its users, and an object of every kind."""

    server: ObjectStore
    versions: dict[str, str]

    def client(self, access_key: str, secret_key: str) -> Any:
        """The store as one of its users sees it."""
        return boto3.client(
            "s3",
            endpoint_url=self.server.endpoint,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            verify=str(self.server.ca_file),
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def root(self) -> Any:
        """As its administrator."""
        return self.client(self.server.root_access_key, self.server.root_secret_key)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    layout, port = Layout(tmp_path_factory.mktemp("store")), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Layout, "port", lambda _self, _name: port)
        for folder in (layout.secrets, layout.run, layout.data, layout.logs):
            folder.mkdir(parents=True)
        ensure_pki(layout)
        server = ObjectStore(layout)
        process = server.prepare()
        child = subprocess.Popen(
            process.argv, env=dict(process.env), cwd=process.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _until(server.is_ready)
            server.bootstrap()
            store = Store(server, {})
            for kind, (bucket, key) in KEYS.items():
                answer = store.root().put_object(Bucket=bucket, Key=key, Body=b"{}")
                store.versions[kind] = answer.get("VersionId", "")
            yield store
        finally:
            child.terminate()
            child.wait(30)


def _until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < end, "the object store did not start"
        time.sleep(0.1)


def is_allowed(act: Callable[[], Any]) -> bool:
    """Whether the store did it; any other failure than a refusal of rights is one of the test."""
    try:
        act()
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "403"}:
            raise
        return False
    return True


def test_every_user_is_here_with_what_it_is_for() -> None:
    assert RIGHTS.keys() == READS.keys() == WRITES.keys() == LISTS.keys()
    assert {kind for kinds in READS.values() for kind in kinds} == KEYS.keys()


@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_a_user_reads_and_lists_what_it_needs_and_nothing_else(store: Store, user: str) -> None:
    client = store.client(*store.server.credentials(user))
    read = {
        kind
        for kind, (bucket, key) in KEYS.items()
        if is_allowed(lambda bucket=bucket, key=key: client.get_object(Bucket=bucket, Key=key))  # type: ignore[misc]
    }
    assert read == READS[user]
    listed = {
        bucket
        for bucket in {bucket for bucket, _ in KEYS.values()}
        if is_allowed(lambda bucket=bucket: client.list_objects_v2(Bucket=bucket))  # type: ignore[misc]
    }
    assert listed == LISTS[user]


@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_a_user_writes_what_it_needs_and_nothing_else(store: Store, user: str) -> None:
    client = store.client(*store.server.credentials(user))
    written = {
        kind
        for kind, (bucket, key) in KEYS.items()
        if is_allowed(
            lambda bucket=bucket, key=key: client.put_object(Bucket=bucket, Key=f"{key}.{user}", Body=b"")  # type: ignore[misc]
        )
    }
    assert written == WRITES[user]


@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_a_user_removes_what_it_needs_and_nothing_that_is_locked(store: Store, user: str) -> None:
    client, root, removed = store.client(*store.server.credentials(user)), store.root(), set()
    for kind, (bucket, key) in KEYS.items():
        copy = f"{key}.removed-by-{user}"
        root.put_object(Bucket=bucket, Key=copy, Body=b"")
        if is_allowed(lambda bucket=bucket, copy=copy: client.delete_object(Bucket=bucket, Key=copy)):  # type: ignore[misc]
            removed.add(kind)
    assert removed == REMOVES.get(user, set())


@pytest.mark.parametrize("kind", ["bronze", "evidence"])
@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_no_user_removes_a_locked_version_or_shortens_its_lock(store: Store, user: str, kind: str) -> None:
    client, (bucket, key) = store.client(*store.server.credentials(user)), KEYS[kind]
    version = {"Bucket": bucket, "Key": key, "VersionId": store.versions[kind]}
    assert store.versions[kind]
    attempts: list[Callable[[], Any]] = [
        lambda: client.delete_object(**version),
        lambda: client.delete_object(**version, BypassGovernanceRetention=True),
        lambda: client.put_object_legal_hold(**version, LegalHold={"Status": "OFF"}),
        lambda: client.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        ),
        lambda: client.delete_bucket(Bucket=bucket),
    ]
    assert [is_allowed(attempt) for attempt in attempts] == [False] * len(attempts)
    assert store.root().head_object(**version)["ObjectLockMode"] == "COMPLIANCE"
