"""Wiring of the connectors' door; imported by the command that runs it alone, since Parquet and S3 are large."""

import atexit
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from altscore_libs.clock import SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.s3 import s3_client
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import open_wrapper

from altscore_ingestion.api import Services, create_ingestion_app
from altscore_ingestion.auth import ConnectorAuth
from altscore_ingestion.certificates import ConnectorCa
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.ingest import Ingest
from altscore_ingestion.keys import ConnectorKeys
from altscore_ingestion.objects import Buckets, ObjectStore
from altscore_ingestion.onboarding import Onboarding
from altscore_ingestion.settings import IngestionSettings


async def run_api(settings: IngestionSettings) -> None:
    """Serves the connectors' door."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(Catalogue.load(settings.schemas_dir), "ingestion", clock)
    wrapper = await open_wrapper(settings, settings.kek_label)
    async with (
        await create_pool(settings.database_url, max_size=8 + settings.max_batches_at_once) as pool,
        ServiceClient(settings.vault_url, tls=settings.client_tls(), timeout_s=settings.vault_timeout_s) as vault,
    ):
        keys = await ConnectorKeys.open(pool, wrapper)
        buckets = Buckets(
            settings.bronze_bucket,
            settings.quarantine_bucket,
            timedelta(days=settings.bronze_retention_days),
            settings.s3_kms_key_id,
        )
        ingest = Ingest(
            pool,
            outbox,
            vault=VaultClient(vault),
            objects=ObjectStore(s3_client(settings, attempts=2), buckets, clock),
            wrapper=wrapper,
            clock=clock,
        )
        onboarding = Onboarding(
            pool,
            outbox,
            keys=keys,
            ca=ConnectorCa.load(settings.connector_ca_cert_file, settings.connector_ca_key_file),
            server_ca_pem=settings.tls_ca_file.read_text(encoding="ascii"),
            clock=clock,
        )
        app = create_ingestion_app(
            Services(
                pool=pool,
                clock=clock,
                auth=ConnectorAuth(pool, keys, outbox, clock),
                ingest=ingest,
                onboarding=onboarding,
                max_body_bytes=settings.max_body_bytes,
                max_batches_at_once=settings.max_batches_at_once,
            )
        )
        readiness.add("database", partial(check, pool))
        tls = settings.server_tls(_both_cas(settings))
        await serve(
            "ingestion",
            listeners=[Listener(app, settings.port, tls)],
            readiness=readiness,
            internal_port=settings.internal_port,
        )


def _both_cas(settings: IngestionSettings) -> Path:
    """One file with the services' CA and the connectors' CA: this port takes certificates of both."""
    with tempfile.NamedTemporaryFile("wb", prefix="altscore-cas-", suffix=".pem", delete=False) as file:
        for source in (settings.tls_ca_file, settings.connector_ca_cert_file):
            file.write(source.read_bytes().rstrip() + b"\n")
    path = Path(file.name)
    atexit.register(path.unlink, missing_ok=True)
    return path
