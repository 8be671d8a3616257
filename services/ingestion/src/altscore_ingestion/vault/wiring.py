"""Wiring of the vault."""

from functools import partial
from typing import TYPE_CHECKING

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import PublicKeys, Signer, open_signer, open_wrapper

from altscore_ingestion.vault.access.service import RefusalAudit
from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.erasures.service import ErasureService
from altscore_ingestion.vault.exports.service import ExportService
from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.mergers.service import MergerService
from altscore_ingestion.vault.phones.service import PhoneService
from altscore_ingestion.vault.rewrapping.service import Report, RewrappingService
from altscore_ingestion.vault.rewrapping.worker import rewrapping_worker
from altscore_ingestion.vault.settings import ApiSettings, WorkerSettings

if TYPE_CHECKING:
    from altscore_ingestion.vault.erasures.events import TopicErasures


def create_services(pool: asyncpg.Pool, *, outbox: Outbox, keys: VaultKeys, signer: Signer, clock: Clock) -> Services:
    """The use cases of the vault on one database."""
    return Services(
        identities=IdentityService(pool, outbox=outbox, keys=keys, clock=clock),
        phones=PhoneService(pool, outbox=outbox, keys=keys),
        erasures=ErasureService(pool, outbox=outbox, keys=keys, signer=signer, clock=clock),
        exports=ExportService(pool, outbox=outbox, keys=keys),
        mergers=MergerService(pool, outbox=outbox, keys=keys, clock=clock),
        refusals=RefusalAudit(pool, outbox=outbox, clock=clock),
    )


def topic_erasures(settings: WorkerSettings, pool: asyncpg.Pool, *, within_s: float = 60.0) -> "TopicErasures":
    """What does erasures again after a restore; it waits for the broker no longer than `within_s`."""
    from altscore_ingestion.vault.erasures.events import (  # noqa: PLC0415  # the API reads no topic
        Reapplication,
        TopicErasures,
    )

    catalogue = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalogue, "vault", SystemClock())
    public_keys = PublicKeys.load(settings.public_keys_dir)
    return TopicErasures(
        settings, catalogue, Reapplication(pool, outbox=outbox, public_keys=public_keys), within_s=within_s
    )


async def open_keys(settings: ApiSettings) -> VaultKeys:
    """The vault's keys, during a rotation with the wrapping key of before."""
    before = settings.kek_label_before
    return await VaultKeys.open(
        WrappingKeys(
            current=await open_wrapper(settings, settings.kek_label),
            label=settings.kek_label,
            before=None if before is None else await open_wrapper(settings, before),
        )
    )


async def rewrap_all(settings: ApiSettings) -> Report:
    """Wraps anew everything that is due."""
    clock = SystemClock()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "vault", clock)
    keys = await open_keys(settings)
    async with await create_pool(settings.database_url) as pool:
        return await RewrappingService(pool, outbox=outbox, keys=keys, clock=clock).run_all()


async def run_vault(settings: ApiSettings) -> None:
    """Serves the vault."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "vault", clock)
    keys = await open_keys(settings)
    signer = await open_signer(settings, settings.signer_key_label)
    async with await create_pool(settings.database_url, statement_timeout_s=20.0) as pool:
        readiness.add("database", partial(check, pool))
        services = create_services(pool, outbox=outbox, keys=keys, signer=signer, clock=clock)
        app = create_app(services)
        rewrapping = RewrappingService(pool, outbox=outbox, keys=keys, clock=clock)
        await serve(
            "vault",
            workers={"rewrapping": rewrapping_worker(rewrapping).run, "refused_callers": services.refusals.run},
            listeners=[Listener(app, settings.api_port, settings.server_tls())],
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
