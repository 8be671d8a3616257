"""Wiring of the ingestion API; imported by the command that runs it alone, since Parquet and S3 are large."""

from datetime import timedelta
from functools import partial

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.db import check, create_pool, transaction
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.s3 import s3_client
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import make_signing_key, open_newest_signer, open_signer, open_wrapper, signing_keys
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from altscore_ingestion.app import create_app
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.batches.service import BatchLimits, BatchService
from altscore_ingestion.batches.worker import manifest_publisher
from altscore_ingestion.batches.writer import BatchWriter
from altscore_ingestion.clients import VaultClient
from altscore_ingestion.connectors.service import ConnectorService
from altscore_ingestion.dependencies import Services
from altscore_ingestion.distributors.authentication import ConnectorAuthenticator
from altscore_ingestion.distributors.certificates import (
    KEY_LABEL,
    ConnectorCa,
    key_id_of_authority,
    make_authority_certificate,
)
from altscore_ingestion.distributors.issuer import CredentialIssuer
from altscore_ingestion.distributors.keys import ConnectorKeys
from altscore_ingestion.distributors.service import DistributorService
from altscore_ingestion.installations.service import InstallationService
from altscore_ingestion.landings.service import SftpKeyService
from altscore_ingestion.landings.worker import LandedFiles, landing_worker
from altscore_ingestion.manifests.service import ManifestEndorser, Report
from altscore_ingestion.portal.service import PortalService
from altscore_ingestion.quarantine.service import QuarantineService
from altscore_ingestion.settings import ApiSettings
from altscore_ingestion.switches.service import SwitchService
from altscore_ingestion.totals.service import TotalsService
from altscore_ingestion.uploads.service import UploadService

STORE_S = 3.0


CA_TOKEN = "ingestion-ca"  # noqa: S105  # a token of the key store, apart from the one that the SFTP process opens too


def _ca_token(settings: ApiSettings) -> SignerSettings:
    return SignerSettings(
        pkcs11_module=settings.pkcs11_module,
        pkcs11_token=CA_TOKEN,
        pkcs11_pin=settings.connector_ca_pin,
        public_keys_dir=settings.public_keys_dir,
    )


async def open_connector_ca(settings: ApiSettings) -> ConnectorCa:
    """The connector CA of the first certificate in the file, with its key in the key store.

    Raises:
        Unavailable: the key store does not answer.
        ValueError: it does not hold the key of the certificate.
    """
    certificate, token = settings.connector_ca_cert_file.read_bytes(), _ca_token(settings)
    key_id = key_id_of_authority(certificate)
    labels = [label for label, held in (await signing_keys(token, KEY_LABEL)).items() if held == key_id]
    if not labels:
        raise ValueError("the key store's key is not that of the connector CA's certificate")
    return ConnectorCa(certificate, await open_signer(token, labels[0]))


async def rotate_connector_ca(settings: ApiSettings) -> str:
    """Makes the next key of the connector CA and its certificate, which it returns as PEM; nothing uses it yet.

    Raises:
        Unavailable: the key store does not answer, or takes no new keys.
    """
    clock, token = SystemClock(), _ca_token(settings)
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock, mac_key=settings.outbox_key_bytes())
    numbers = [int(label.rpartition(".")[2]) if "." in label else 1 for label in await signing_keys(token, KEY_LABEL)]
    label = f"{KEY_LABEL}.{max(numbers) + 1}" if numbers else KEY_LABEL
    key = load_pem_public_key(await make_signing_key(token, label))
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("the key store made no key on an elliptic curve")
    signer = await open_signer(token, label)
    certificate = await make_authority_certificate(key, signer, now=clock.now())
    async with await create_pool(settings.database_url, max_size=1) as pool, transaction(pool) as connection:
        details = {"label": label, "key_id": signer.key_id}
        await outbox.audit(connection, "connector_ca_made", actor="operator", outcome="ok", details=details)
    return certificate


def _distributors(
    settings: ApiSettings, pool: asyncpg.Pool, outbox: Outbox, *, issuer: CredentialIssuer, clock: Clock
) -> DistributorService:
    read_server_ca = partial(settings.tls_ca_file.read_text, encoding="ascii")
    return DistributorService(pool, outbox, issuer=issuer, read_server_ca=read_server_ca, clock=clock)


async def run_api(settings: ApiSettings) -> None:
    """Serves connectors and admin."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock, mac_key=settings.outbox_key_bytes())
    wrapper = await open_wrapper(settings, settings.kek_label)
    signer = await open_newest_signer(settings, settings.signer_key_label)
    async with (
        await create_pool(settings.database_url, max_size=8 + settings.max_batches_at_once) as pool,
        ServiceClient(
            settings.vault_url, tls=settings.client_tls(), neighbour="vault", timeout_s=settings.vault_timeout_s
        ) as vault,
    ):
        keys = await ConnectorKeys.open(pool, wrapper)
        authenticator = ConnectorAuthenticator(pool, keys=keys, outbox=outbox, clock=clock)
        issuer = CredentialIssuer(keys, await open_connector_ca(settings))
        vault_client, store = VaultClient(vault), s3_client(settings, read_timeout_s=STORE_S, attempts=2)
        objects = ObjectStore(store, _buckets(settings), clock)
        writer = BatchWriter(pool, outbox, objects=objects, wrapper=wrapper, signer=signer, clock=clock)
        batches = BatchService(
            pool,
            outbox,
            authenticator=authenticator,
            vault=vault_client,
            writer=writer,
            clock=clock,
            limits=BatchLimits(settings.max_body_bytes, settings.max_batches_at_once),
        )
        uploads = UploadService(
            pool, outbox, authenticator=authenticator, batches=batches, wrapper=wrapper, clock=clock
        )
        landed = LandedFiles(pool, outbox, uploads=uploads, batches=batches, wrapper=wrapper, clock=clock)
        app = create_app(
            Services(
                authenticator=authenticator,
                batches=batches,
                totals=TotalsService(pool),
                portal=PortalService(pool, TotalsService(pool)),
                uploads=uploads,
                sftp_keys=SftpKeyService(pool, outbox, clock=clock),
                connectors=ConnectorService(pool, outbox, authenticator=authenticator, issuer=issuer, clock=clock),
                installations=InstallationService(pool, outbox, authenticator=authenticator, clock=clock),
                distributors=_distributors(settings, pool, outbox, issuer=issuer, clock=clock),
                quarantine=QuarantineService(
                    outbox, vault=vault_client, objects=objects, writer=writer, wrapper=wrapper, clock=clock
                ),
                switches=SwitchService(pool=pool, outbox=outbox, macs=keys, clock=clock),
            )
        )
        readiness.add("database", partial(check, pool))
        await serve(
            "ingestion",
            listeners=[Listener(app, settings.api_port, settings.server_tls(settings.connector_ca_cert_file))],
            workers={
                "manifests": manifest_publisher(writer.publish_pending).run,
                "landed_files": landing_worker(landed).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


async def endorse_manifests(settings: ApiSettings) -> Report:
    """Signs batches from before manifests were signed."""
    clock = SystemClock()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock, mac_key=settings.outbox_key_bytes())
    signer = await open_newest_signer(settings, settings.signer_key_label)
    objects = ObjectStore(s3_client(settings, read_timeout_s=STORE_S, attempts=2), _buckets(settings), clock)
    async with await create_pool(settings.database_url) as pool:
        return await ManifestEndorser(pool, outbox, objects=objects, signer=signer).run()


def _buckets(settings: ApiSettings) -> Buckets:
    return Buckets(
        bronze=settings.bronze_bucket,
        quarantine=settings.quarantine_bucket,
        retention=timedelta(days=settings.bronze_retention_days),
        kms_key_id=settings.s3_kms_key_id,
    )
