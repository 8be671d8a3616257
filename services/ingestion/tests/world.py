"""Ingestion with everything behind it, in one process: what the tests of this folder talk to."""

import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import asyncpg
import boto3
import httpx
import pyarrow.parquet as pq
from altscore_ingestion.app import create_app
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.batches.service import BatchLimits, BatchService
from altscore_ingestion.batches.writer import BatchWriter
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.connectors.service import ConnectorService
from altscore_ingestion.dependencies import Services
from altscore_ingestion.distributors.authentication import ConnectorAuthenticator
from altscore_ingestion.distributors.certificates import ConnectorCa
from altscore_ingestion.distributors.issuer import CredentialIssuer
from altscore_ingestion.distributors.keys import ConnectorKeys
from altscore_ingestion.distributors.service import DistributorService
from altscore_ingestion.installations.service import InstallationService
from altscore_ingestion.landings.service import LandingService, SftpKeyService
from altscore_ingestion.landings.worker import LandedFiles
from altscore_ingestion.portal.service import PortalService
from altscore_ingestion.quarantine.service import QuarantineService
from altscore_ingestion.switches.service import SwitchService
from altscore_ingestion.totals.service import TotalsService
from altscore_ingestion.uploads.service import UploadService
from altscore_ingestion.vault.crypto import VaultKeys
from altscore_libs.clock import FixedClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.testing import (
    OUTBOX_KEY,
    SCHEMAS,
    SoftwareSigner,
    SoftwareWrapper,
    api_client,
    as_caller,
    with_routes_of,
)
from altscore_libs.testing_postgres import HANG_S
from botocore.config import Config
from fastapi import FastAPI

from .connector import Connector

KEYS = {"invoices": ("invoice_id",), "payments": ("payment_id", "line_no"), "returns": ("return_id",)}
BRONZE, QUARANTINE = "bronze-tests", "quarantine-tests"
CATALOGUE = SchemaCatalog.load(SCHEMAS)


@dataclass
class VaultSide:
    """The vault in this process."""

    app: FastAPI
    pool: asyncpg.Pool
    keys: VaultKeys
    signer: SoftwareSigner


@dataclass
class Store:
    """A running object store."""

    client: Any
    endpoint: str

    def objects(self, bucket: str, prefix: str = "", *, containing: str = "") -> dict[str, bytes]:
        """Newest version of every object, by key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", []) if containing in item["Key"]]
        return {key: self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def versions(self, bucket: str, prefix: str) -> list[dict[str, Any]]:
        """Every version below a prefix."""
        versions: list[dict[str, Any]] = self.client.list_object_versions(Bucket=bucket, Prefix=prefix).get(
            "Versions", []
        )
        return versions


def s3(endpoint: str) -> Any:
    """A client of the test store."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="ap-south-1",
        aws_access_key_id="testroot",
        aws_secret_access_key="testrootsecret",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=HANG_S,
            retries={"max_attempts": 1},
        ),
    )


@dataclass
class Wiring:
    """The parts a test may exchange: a vault or a store that is down."""

    keys: ConnectorKeys
    ca: ConnectorCa
    wrapper: SoftwareWrapper
    signer: SoftwareSigner = field(default_factory=lambda: SoftwareSigner("ingestion-manifests"))
    vault_transport: httpx.AsyncBaseTransport | None = None
    vault_url: str | None = None
    s3_client: Any = None
    answer_within_s: float = 30.0


@dataclass
class World:
    """Ingestion with everything behind it."""

    app: FastAPI
    pool: asyncpg.Pool
    clock: FixedClock
    store: Store
    vault: VaultSide
    services: Services
    writer: BatchWriter
    objects: ObjectStore
    ca: ConnectorCa
    signer: SoftwareSigner
    landings: LandingService
    landed: LandedFiles
    known: dict[str, Connector] = field(default_factory=dict)

    async def onboard(self, distributor_id: str = "dist_a") -> Connector:
        """A distributor with credentials, as admin onboards it."""
        connector = Connector.new(distributor_id)
        async with api_client(self.app, "admin") as client:
            answer = await client.put(
                f"/internal/admin/distributors/{distributor_id}",
                json={"name": "A distributor", "csr_pem": connector.csr_pem()},
            )
        assert answer.status_code == 201, answer.text
        connector.take(answer.json())
        self.known[distributor_id] = connector
        return connector

    @asynccontextmanager
    async def client(self, connector: Connector) -> AsyncIterator[httpx.AsyncClient]:
        """The API as reached with the connector's certificate."""
        async with api_client(
            self.app, None, distributor_id=connector.distributor_id, fingerprint=connector.fingerprint
        ) as client:
            yield client

    async def send(self, connector: Connector, payload: Any, **how: Any) -> httpx.Response:
        """Sends a batch; `how` as Connector.request."""
        body, headers = connector.request(payload, now=self.clock.now(), **how)
        async with self.client(connector) as client:
            return await client.post("/v1/ingest/batch", content=body, headers=headers)

    async def status(self, connector: Connector, batch_id: str) -> httpx.Response:
        """Asks for a batch's status."""
        async with self.client(connector) as client:
            return await client.get(f"/v1/ingest/batch/{batch_id}/status", headers={"X-API-Key": connector.api_key})

    async def call(
        self, connector: Connector, method: str, path: str, payload: Any = None, **how: Any
    ) -> httpx.Response:
        """Calls one of /v1/connector, signed; `how` as Connector.signed."""
        body, headers = connector.signed(method, path, payload, now=self.clock.now(), **how)
        async with self.client(connector) as client:
            return await client.request(method, path, content=body, headers=headers)

    async def upload(
        self, connector: Connector, name: str, text: str | bytes, *, upload_id: str | None = None, **how: Any
    ) -> httpx.Response:
        """Uploads a CSV file; `how` as Connector.uploading."""
        path = f"/v1/ingestion/uploads/{name}"
        body, headers = connector.uploading(path, text, now=self.clock.now(), upload_id=upload_id, **how)
        async with self.client(connector) as client:
            return await client.post(path, content=body, headers=headers)

    async def totals(self, connector: Connector) -> Any:
        """The comparison of the distributor's whole ledger."""
        async with self.client(connector) as client:
            answer = await client.get("/v1/ingestion/totals", headers={"X-API-Key": connector.api_key})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def bronze(self, batch_id: str, distributor_id: str = "") -> dict[str, bytes]:
        """Objects of a batch by file name; the distributor, where it is given, shortens the search."""
        prefix = f"bronze/dist={distributor_id}/" if distributor_id else ""
        objects = self.store.objects(BRONZE, prefix, containing=f"/batch={batch_id}/")
        return {key.rsplit("/", 1)[1]: body for key, body in objects.items()}

    def quarantine(self, batch_id: str) -> dict[str, bytes]:
        """Quarantined objects of a batch by key."""
        objects = self.store.objects(QUARANTINE)
        return {key: body for key, body in objects.items() if f"/batch={batch_id}/" in key}

    def manifest(self, batch_id: str) -> dict[str, Any]:
        """The manifest of a batch."""
        manifest: dict[str, Any] = json.loads(self.bronze(batch_id)["manifest.json"])
        return manifest

    async def events(self, pool: asyncpg.Pool | None = None) -> list[tuple[str, dict[str, Any]]]:
        """What waits in an outbox, in order."""
        rows = await (pool or self.pool).fetch("SELECT name, payload FROM outbox ORDER BY id")
        return [(row["name"], CATALOGUE.decode(row["name"], row["payload"])) for row in rows]

    async def audited(self, action: str, pool: asyncpg.Pool | None = None) -> list[dict[str, Any]]:
        """Audit events of one action, in order."""
        return [data for name, data in await self.events(pool) if name == "audit_event" and data["action"] == action]


@cache
def described_app() -> FastAPI:
    """Its routes serve in all worlds."""
    return create_app(None)


def make_world(pool: asyncpg.Pool, store: Store, vault: VaultSide, clock: FixedClock, wiring: Wiring) -> World:
    """Ingestion wired to the given parts."""
    outbox = Outbox(CATALOGUE, "ingestion", clock, mac_key=OUTBOX_KEY)
    buckets = Buckets(bronze=BRONZE, quarantine=QUARANTINE, retention=timedelta(days=1))
    in_process = wiring.vault_transport or httpx.ASGITransport(app=as_caller(vault.app, "ingestion"))
    vault_client = VaultClient(
        ServiceClient(
            wiring.vault_url or "https://vault.test",
            tls=None,
            timeout_s=10,
            attempts=1,
            transport=in_process if wiring.vault_url is None else None,
        )
    )
    authenticator = ConnectorAuthenticator(pool, keys=wiring.keys, outbox=outbox, clock=clock)
    objects = ObjectStore(wiring.s3_client or store.client, buckets, clock)
    writer = BatchWriter(pool, outbox, objects=objects, wrapper=wiring.wrapper, signer=wiring.signer, clock=clock)
    batches = BatchService(
        pool,
        outbox,
        authenticator=authenticator,
        vault=vault_client,
        writer=writer,
        clock=clock,
        limits=BatchLimits(max_body_bytes=8 * 1024 * 1024, max_at_once=4, answer_within_s=wiring.answer_within_s),
    )
    issuer = CredentialIssuer(wiring.keys, wiring.ca)
    wrapper = wiring.wrapper
    uploads = UploadService(pool, outbox, authenticator=authenticator, batches=batches, wrapper=wrapper, clock=clock)
    services = Services(
        authenticator=authenticator,
        batches=batches,
        totals=TotalsService(pool),
        portal=PortalService(pool, TotalsService(pool)),
        uploads=uploads,
        sftp_keys=SftpKeyService(pool, outbox, clock=clock),
        installations=InstallationService(pool, outbox, authenticator=authenticator, clock=clock),
        connectors=ConnectorService(pool, outbox, authenticator=authenticator, issuer=issuer, clock=clock),
        distributors=DistributorService(
            pool, outbox, issuer=issuer, read_server_ca=lambda: "the services' CA", clock=clock
        ),
        quarantine=QuarantineService(
            outbox, vault=vault_client, objects=objects, writer=writer, wrapper=wrapper, clock=clock
        ),
        switches=SwitchService(pool=pool, outbox=outbox, macs=wiring.keys, clock=clock),
    )
    return World(
        app=with_routes_of(described_app(), create_app(services)),
        pool=pool,
        clock=clock,
        store=store,
        vault=vault,
        services=services,
        writer=writer,
        objects=objects,
        ca=wiring.ca,
        signer=wiring.signer,
        landings=LandingService(pool, outbox, wrapper=wiring.wrapper, clock=clock),
        landed=LandedFiles(pool, outbox, uploads=uploads, batches=batches, wrapper=wiring.wrapper, clock=clock),
    )


def rows(objects: Mapping[str, bytes], table: str) -> list[dict[str, Any]]:
    """Rows of one table of a batch."""
    table_rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(objects[f"{table}.parquet"])).to_pylist()
    return table_rows


def live_rows(objects: Sequence[Mapping[str, bytes]], table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The live row of every invoice, payment line or return of these batches, as the lake's stage models choose it."""
    live: dict[tuple[Any, ...], dict[str, Any]] = {}
    for batch in objects:
        for row in rows(batch, table) if f"{table}.parquet" in batch else []:
            key = tuple(row[name] for name in KEYS[table])
            if key not in live or _newness(row) > _newness(live[key]):
                live[key] = row
    return live


def _newness(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("source_order", "sequence", "content_version", "ingested_at", "batch_id")
    return (not row["is_outdated"], *(row[name] for name in names))
