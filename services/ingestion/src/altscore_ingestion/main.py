"""The commands; the only place that reads the environment. What one command needs, the others do not import."""

import sys
from functools import partial
from pathlib import Path

from altscore_libs.commands import Command, run_commands
from altscore_libs.db import check, create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Relay
from altscore_libs.service import Readiness, serve
from altscore_libs.settings import ServiceSettings

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


async def run_relay(name: str, settings: ServiceSettings) -> None:
    """Serves the relay of one outbox."""
    readiness = Readiness()
    async with await create_pool(settings.database_url) as pool:
        readiness.add("database", partial(check, pool))
        relay = Relay(pool, SchemaCatalog.load(settings.schemas_dir), settings)
        await serve(
            name,
            workers={"relay": relay.run},
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
    "worker": Command(partial(run_relay, "ingestion"), WorkerSettings, help="relays ingestion's outbox"),
    "migrate": Command(migrate, MigrateSettings, help="brings ingestion's database to the newest version"),
    "openapi": Command(openapi, help="writes the OpenAPI document of the ingestion API"),
    "vault": Command(vault_api, vault.ApiSettings, help="serves the vault"),
    "vault-worker": Command(partial(run_relay, "vault"), vault.WorkerSettings, help="relays the vault's outbox"),
    "vault-migrate": Command(vault_migrate, vault.MigrateSettings, help="brings the vault's database up to date"),
    "vault-openapi": Command(vault_openapi, help="writes the OpenAPI document of the vault"),
}


def main() -> None:
    """Runs one command."""
    run_commands("altscore_ingestion", COMMANDS)
