"""Wiring of the vault."""

from functools import partial

from altscore_libs.clock import SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import open_wrapper

from altscore_ingestion.vault.api import VaultServices, create_vault_app
from altscore_ingestion.vault.crypto import VaultKeys
from altscore_ingestion.vault.identities import Identities
from altscore_ingestion.vault.settings import VaultSettings


async def run_vault(settings: VaultSettings) -> None:
    """Serves the vault."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "vault", clock)
    keys = await VaultKeys.open(await open_wrapper(settings, settings.kek_label))
    async with await create_pool(settings.database_url, statement_timeout_s=20.0) as pool:
        readiness.add("database", partial(check, pool))
        app = create_vault_app(VaultServices(pool, outbox, keys, Identities(pool, outbox, keys, clock)))
        await serve(
            "vault",
            listeners=[Listener(app, settings.port, settings.server_tls())],
            readiness=readiness,
            internal_port=settings.internal_port,
        )
