"""Wiring of the ingestion API; imported by the command that runs it alone, since Parquet and S3 are large."""

from datetime import timedelta
from functools import partial

from altscore_libs.clock import SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.s3 import s3_client
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import open_wrapper

from altscore_ingestion.app import create_app
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.batches.service import BatchLimits, BatchService
from altscore_ingestion.batches.worker import manifest_publisher
from altscore_ingestion.batches.writer import BatchWriter
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.connectors.service import ConnectorService
from altscore_ingestion.dependencies import Services
from altscore_ingestion.distributors.authentication import ConnectorAuthenticator
from altscore_ingestion.distributors.certificates import ConnectorCa
from altscore_ingestion.distributors.issuer import CredentialIssuer
from altscore_ingestion.distributors.keys import ConnectorKeys
from altscore_ingestion.distributors.service import DistributorService
from altscore_ingestion.quarantine.service import QuarantineService
from altscore_ingestion.settings import ApiSettings
from altscore_ingestion.totals.service import TotalsService
from altscore_ingestion.uploads.service import UploadService

STORE_S = 3.0


async def run_api(settings: ApiSettings) -> None:
    """Serves connectors and admin."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock)
    wrapper = await open_wrapper(settings, settings.kek_label)
    async with (
        await create_pool(settings.database_url, max_size=8 + settings.max_batches_at_once) as pool,
        ServiceClient(
            settings.vault_url, tls=settings.client_tls(), neighbour="vault", timeout_s=settings.vault_timeout_s
        ) as vault,
    ):
        keys = await ConnectorKeys.open(pool, wrapper)
        authenticator = ConnectorAuthenticator(pool, keys=keys, outbox=outbox, clock=clock)
        issuer = CredentialIssuer(
            keys, ConnectorCa.load(settings.connector_ca_cert_file, settings.connector_ca_key_file)
        )
        vault_client = VaultClient(vault)
        objects = ObjectStore(s3_client(settings, read_timeout_s=STORE_S, attempts=2), _buckets(settings), clock)
        writer = BatchWriter(pool, outbox, objects=objects, wrapper=wrapper, clock=clock)
        batches = BatchService(
            pool,
            outbox,
            authenticator=authenticator,
            vault=vault_client,
            writer=writer,
            clock=clock,
            limits=BatchLimits(settings.max_body_bytes, settings.max_batches_at_once),
        )
        distributors = DistributorService(
            pool,
            outbox,
            issuer=issuer,
            read_server_ca=partial(settings.tls_ca_file.read_text, encoding="ascii"),
            clock=clock,
        )
        app = create_app(
            Services(
                authenticator=authenticator,
                batches=batches,
                totals=TotalsService(pool),
                uploads=UploadService(
                    pool, outbox, authenticator=authenticator, batches=batches, wrapper=wrapper, clock=clock
                ),
                connectors=ConnectorService(pool, outbox, authenticator=authenticator, issuer=issuer, clock=clock),
                distributors=distributors,
                quarantine=QuarantineService(
                    outbox, vault=vault_client, objects=objects, writer=writer, wrapper=wrapper, clock=clock
                ),
            )
        )
        readiness.add("database", partial(check, pool))
        await serve(
            "ingestion",
            listeners=[Listener(app, settings.api_port, settings.server_tls(settings.connector_ca_cert_file))],
            workers={"manifests": manifest_publisher(writer.publish_pending).run},
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def _buckets(settings: ApiSettings) -> Buckets:
    return Buckets(
        bronze=settings.bronze_bucket,
        quarantine=settings.quarantine_bucket,
        retention=timedelta(days=settings.bronze_retention_days),
        kms_key_id=settings.s3_kms_key_id,
    )
