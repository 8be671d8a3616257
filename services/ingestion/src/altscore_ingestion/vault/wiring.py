"""Wiring of the vault."""

from functools import partial

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import open_wrapper

from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys
from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.phones.service import PhoneService
from altscore_ingestion.vault.settings import ApiSettings


def create_services(pool: asyncpg.Pool, outbox: Outbox, keys: VaultKeys, clock: Clock) -> Services:
    """The use cases of the vault on one database."""
    return Services(
        identities=IdentityService(pool, outbox=outbox, keys=keys, clock=clock),
        phones=PhoneService(pool, outbox=outbox, keys=keys),
    )


async def run_vault(settings: ApiSettings) -> None:
    """Serves the vault."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "vault", clock)
    keys = await VaultKeys.open(await open_wrapper(settings, settings.kek_label))
    async with await create_pool(settings.database_url, statement_timeout_s=20.0) as pool:
        readiness.add("database", partial(check, pool))
        app = create_app(create_services(pool, outbox=outbox, keys=keys, clock=clock))
        await serve(
            "vault",
            listeners=[Listener(app, settings.api_port, settings.server_tls())],
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
