"""The commands; the only place that reads the environment. What one command needs, the others do not import."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from altscore_libs.db import check, create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Relay
from altscore_libs.service import Readiness, run, serve
from altscore_libs.settings import ServiceSettings, Settings

from altscore_ingestion.settings import IngestionOwnerSettings, IngestionSettings, WorkerSettings
from altscore_ingestion.vault.settings import VaultOwnerSettings, VaultSettings, VaultWorkerSettings

_Settings = TypeVar("_Settings", bound=Settings)
_FOLDER = Path(__file__).resolve().parents[2]


def _from_environment(kind: type[_Settings]) -> _Settings:
    return kind()


async def run_relay(name: str, settings: ServiceSettings) -> None:
    """The relay of one outbox."""
    readiness = Readiness()
    async with await create_pool(settings.database_url) as pool:
        readiness.add("database", partial(check, pool))
        relay = Relay(pool, SchemaCatalog.load(settings.schemas_dir), settings)
        await serve(name, workers={"relay": relay.run}, readiness=readiness, internal_port=settings.internal_port)


def _api() -> None:
    from altscore_ingestion.api_main import run_api  # noqa: PLC0415  # large; only this command needs it

    run(run_api(_from_environment(IngestionSettings)))


def _vault() -> None:
    from altscore_ingestion.vault.main import run_vault  # noqa: PLC0415

    run(run_vault(_from_environment(VaultSettings)))


def _openapi() -> None:
    from altscore_ingestion.api import create_ingestion_app  # noqa: PLC0415

    sys.stdout.write(openapi_text(create_ingestion_app(None).openapi()))


def _vault_openapi() -> None:
    from altscore_ingestion.vault.api import create_vault_app  # noqa: PLC0415

    sys.stdout.write(openapi_text(create_vault_app(None).openapi()))


def openapi_text(document: dict[str, Any]) -> str:
    """An OpenAPI document as it is kept in the repository."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _migrate() -> None:
    upgrade(_from_environment(IngestionOwnerSettings).owner_database_url, _FOLDER / "migrations")


def _vault_migrate() -> None:
    upgrade(_from_environment(VaultOwnerSettings).owner_database_url, _FOLDER / "migrations_vault")


COMMANDS: dict[str, Callable[[], None]] = {
    "api": _api,
    "worker": lambda: run(run_relay("ingestion", _from_environment(WorkerSettings))),
    "migrate": _migrate,
    "openapi": _openapi,
    "vault": _vault,
    "vault-worker": lambda: run(run_relay("vault", _from_environment(VaultWorkerSettings))),
    "vault-migrate": _vault_migrate,
    "vault-openapi": _vault_openapi,
}


def main() -> None:
    """Runs one command."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m altscore_ingestion {'|'.join(COMMANDS)}")
    COMMANDS[sys.argv[1]]()
