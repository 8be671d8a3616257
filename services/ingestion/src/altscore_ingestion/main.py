"""The commands; the only place that reads the environment. What one command needs, the others do not import."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from altscore_libs.commands import Command, run_commands
from altscore_libs.db import check, create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Relay
from altscore_libs.service import Readiness, serve
from altscore_libs.settings import ServiceSettings
from altscore_libs.state_gauges import OUTBOX_MEASURES, Measure, StateGauges

from altscore_ingestion.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_ingestion.vault import settings as vault

_ROOT = Path(__file__).resolve().parents[2]


async def api(settings: ApiSettings) -> None:
    """Serves connectors and admin."""
    from altscore_ingestion.wiring import run_api  # noqa: PLC0415  # Parquet and S3 are large

    await run_api(settings)


async def vault_api(settings: vault.ApiSettings) -> None:
    """Serves the vault."""
    from altscore_ingestion.vault.wiring import run_vault  # noqa: PLC0415

    await run_vault(settings)


async def run_worker(settings: WorkerSettings) -> None:
    """Relays ingestion's outbox."""
    from altscore_ingestion.batches.store import MEASURES  # noqa: PLC0415

    await run_relay("ingestion", settings, MEASURES)


async def run_vault_worker(settings: vault.WorkerSettings) -> None:
    """Relays the vault's outbox."""
    await run_relay("vault", settings, ())


async def run_relay(name: str, settings: ServiceSettings, measures: Sequence[Measure]) -> None:
    """Serves the relay of one outbox, and the gauges of its database."""
    readiness = Readiness()
    async with await create_pool(settings.database_url) as pool:
        readiness.add("database", partial(check, pool))
        relay = Relay(pool, SchemaCatalog.load(settings.schemas_dir), settings)
        gauges = StateGauges(pool, (*OUTBOX_MEASURES, *measures)).register()
        workers = {"relay": relay.run, "state_gauges": gauges.run}
        await serve(
            name,
            workers=workers,
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def openapi() -> None:
    """Writes the OpenAPI document of the ingestion API."""
    from altscore_ingestion.app import create_app  # noqa: PLC0415

    sys.stdout.write(openapi_json(create_app(None)))


def vault_openapi() -> None:
    """Writes the OpenAPI document of the vault."""
    from altscore_ingestion.vault.app import create_app  # noqa: PLC0415

    sys.stdout.write(openapi_json(create_app(None)))


def migrate(settings: MigrateSettings) -> None:
    """Brings ingestion's database to the newest version."""
    upgrade(settings.owner_database_url, _ROOT / "migrations")


def vault_migrate(settings: vault.MigrateSettings) -> None:
    """Brings the vault's database to the newest version."""
    upgrade(settings.owner_database_url, _ROOT / "migrations_vault")


COMMANDS = {
    "api": Command(api, ApiSettings, help="serves connectors and admin"),
    "worker": Command(run_worker, WorkerSettings, help="relays ingestion's outbox"),
    "migrate": Command(migrate, MigrateSettings, help="brings ingestion's database to the newest version"),
    "openapi": Command(openapi, help="writes the OpenAPI document of the ingestion API"),
    "vault": Command(vault_api, vault.ApiSettings, help="serves the vault", process="vault"),
    "vault-worker": Command(
        run_vault_worker, vault.WorkerSettings, help="relays the vault's outbox", process="vault-worker"
    ),
    "vault-migrate": Command(vault_migrate, vault.MigrateSettings, help="brings the vault's database up to date"),
    "vault-openapi": Command(vault_openapi, help="writes the OpenAPI document of the vault"),
}


def main() -> None:
    """Runs one command."""
    run_commands("altscore_ingestion", COMMANDS)
