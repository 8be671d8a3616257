"""Wiring of the vault."""

from functools import partial
from typing import TYPE_CHECKING

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import PublicKeys, Signer, open_newest_signer, open_wrapper

from altscore_ingestion.vault.access.quotas import LookupLimits, LookupQuotas
from altscore_ingestion.vault.access.service import RefusalAudit
from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.erasures.service import ErasureService
from altscore_ingestion.vault.exports.service import ExportService
from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.integrity.service import IntegrityService
from altscore_ingestion.vault.integrity.service import Report as IntegrityReport
from altscore_ingestion.vault.integrity.worker import integrity_worker
from altscore_ingestion.vault.mergers.service import MergerService
from altscore_ingestion.vault.phones.service import PhoneService
from altscore_ingestion.vault.rewrapping.service import Report, RewrappingService
from altscore_ingestion.vault.rewrapping.worker import rewrapping_worker
from altscore_ingestion.vault.settings import ApiSettings, WorkerSettings

if TYPE_CHECKING:
    from altscore_ingestion.vault.erasures.events import TopicErasures


def create_services(
    pool: asyncpg.Pool,
    *,
    outbox: Outbox,
    keys: VaultKeys,
    signer: Signer,
    clock: Clock,
    limits: LookupLimits | None = None,
) -> Services:
    """The use cases of the vault on one database."""
    quotas = LookupQuotas(pool, outbox=outbox, clock=clock, limits=limits)
    return Services(
        quotas=quotas,
        identities=IdentityService(pool, outbox=outbox, keys=keys, clock=clock),
        phones=PhoneService(pool, outbox=outbox, keys=keys, quotas=quotas),
        erasures=ErasureService(pool, outbox=outbox, keys=keys, signer=signer, clock=clock),
        exports=ExportService(pool, outbox=outbox, keys=keys),
        mergers=MergerService(pool, outbox=outbox, keys=keys, clock=clock),
        refusals=RefusalAudit(pool, outbox=outbox, clock=clock),
    )


def topic_erasures(settings: WorkerSettings, pool: asyncpg.Pool, *, within_s: float = 60.0) -> "TopicErasures":
    """What does erasures again after a restore; it waits for the broker no longer than `within_s`."""
    from altscore_libs.decoding import certified  # noqa: PLC0415  # the API reads no topic
    from altscore_libs.registry import Registry  # noqa: PLC0415

    from altscore_ingestion.vault.erasures.events import Reapplication, TopicErasures  # noqa: PLC0415

    catalogue = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalogue, "vault", SystemClock(), mac_key=settings.outbox_key_bytes())
    public_keys = PublicKeys.load(settings.public_keys_dir)
    decoder = certified(catalogue, Registry(settings.registry_url), max_bytes=settings.largest_event_bytes)
    reapplication = Reapplication(pool, outbox=outbox, public_keys=public_keys)
    return TopicErasures(settings, decoder, reapplication, within_s=within_s)


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


def _outbox(settings: ApiSettings, clock: Clock) -> Outbox:
    return Outbox(SchemaCatalog.load(settings.schemas_dir), "vault", clock, mac_key=settings.outbox_key_bytes())


async def rewrap_all(settings: ApiSettings) -> Report:
    """Wraps anew everything that is due."""
    clock = SystemClock()
    outbox = _outbox(settings, clock)
    keys = await open_keys(settings)
    async with await create_pool(settings.database_url) as pool:
        return await RewrappingService(pool, outbox=outbox, keys=keys, clock=clock).run_all()


async def mac_rows(settings: ApiSettings) -> tuple[int, IntegrityReport]:
    """Gives MACs to rows from before there were any, then verifies all."""
    outbox = Outbox(
        SchemaCatalog.load(settings.schemas_dir), "vault", SystemClock(), mac_key=settings.outbox_key_bytes()
    )
    keys = await open_keys(settings)
    async with await create_pool(settings.database_url) as pool:
        service = IntegrityService(pool, outbox=outbox, macs=keys.row_macs)
        return await service.mac_unmaced(), await service.sweep()


async def verify_rows(settings: ApiSettings) -> IntegrityReport:
    """Verifies all rows."""
    outbox = Outbox(
        SchemaCatalog.load(settings.schemas_dir), "vault", SystemClock(), mac_key=settings.outbox_key_bytes()
    )
    keys = await open_keys(settings)
    async with await create_pool(settings.database_url) as pool:
        return await IntegrityService(pool, outbox=outbox, macs=keys.row_macs).sweep()


async def run_vault(settings: ApiSettings) -> None:
    """Serves the vault."""
    clock, readiness = SystemClock(), Readiness()
    outbox = _outbox(settings, clock)
    keys = await open_keys(settings)
    signer = await open_newest_signer(settings, settings.signer_key_label)
    async with await create_pool(settings.database_url, statement_timeout_s=20.0) as pool:
        readiness.add("database", partial(check, pool))
        limits = LookupLimits(settings.reveals_per_hour, settings.reveals_per_retailer, settings.resolves_per_hour)
        services = create_services(pool, outbox=outbox, keys=keys, signer=signer, clock=clock, limits=limits)
        app = create_app(services)
        rewrapping = RewrappingService(pool, outbox=outbox, keys=keys, clock=clock)
        await serve(
            "vault",
            workers={
                "rewrapping": rewrapping_worker(rewrapping).run,
                "refused_callers": services.refusals.run,
                "lookup_quotas": services.quotas.run,
                "integrity": integrity_worker(IntegrityService(pool, outbox=outbox, macs=keys.row_macs)).run,
            },
            listeners=[Listener(app, settings.api_port, settings.server_tls())],
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
