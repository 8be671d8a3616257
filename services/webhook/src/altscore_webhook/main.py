"""Entry points: reads the environment, opens pools and keys, wires, serves."""

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import open_wrapper

from altscore_webhook.api import Inbox, build_app
from altscore_webhook.clients import Consent, Vault
from altscore_webhook.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_webhook.worker import Worker

ROOT = Path(__file__).parents[2]
SERVICE = "webhook"


async def _api(settings: ApiSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    inbox = Inbox(
        pool,
        Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock),
        await open_wrapper(settings, settings.kek_label),
        clock=clock,
        wamid_label=settings.wamid_label,
        app_secret=settings.app_secret.get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(build_app(inbox), settings.api_port, settings.server_tls(), require_client_certificate=False)
    await serve(SERVICE, listeners=[listener], readiness=readiness, internal_port=settings.internal_port)


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    tls = settings.client_tls()
    async with (
        ServiceClient(settings.vault_url, tls=tls) as vault,
        ServiceClient(settings.consent_url, tls=tls) as consent,
    ):
        worker = Worker(
            pool,
            Outbox(catalogue, SERVICE, clock),
            await open_wrapper(settings, settings.kek_label),
            vault=Vault(vault),
            consent=Consent(consent),
            clock=clock,
            wamid_label=settings.wamid_label,
            poll_interval_s=settings.poll_interval_s,
            keep=(timedelta(days=settings.keep_payload_days), timedelta(days=settings.keep_hash_days)),
        )
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers = {
            "relay": Relay(pool, catalogue, settings).run,
            "inbox": worker.run,
            "purge": worker.purge_loop,
        }
        await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)


def openapi_document() -> str:
    """The committed OpenAPI document."""
    return json.dumps(build_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """`migrate`, `api`, `worker` or `openapi`."""
    parser = argparse.ArgumentParser(prog="altscore_webhook")
    parser.add_argument("command", choices=["migrate", "api", "worker", "openapi"])
    command = parser.parse_args().command
    if command == "migrate":
        db.upgrade(MigrateSettings().owner_database_url, ROOT / "migrations")  # type: ignore[call-arg]
    elif command == "api":
        run(_api(ApiSettings()))  # type: ignore[call-arg]  # filled from the environment
    elif command == "worker":
        run(_worker(WorkerSettings()))  # type: ignore[call-arg]
    else:
        sys.stdout.write(openapi_document())
