"""Entry points: reads the environment, opens pools and keys, wires, serves."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import open_wrapper

from altscore_webhook.answers.service import AnswerService
from altscore_webhook.answers.worker import AnswerWorker
from altscore_webhook.app import create_app
from altscore_webhook.clients import ConsentClient, VaultClient
from altscore_webhook.deliveries.service import DeliveryPurge, DeliveryService
from altscore_webhook.deliveries.worker import run_purge
from altscore_webhook.dependencies import Services
from altscore_webhook.settings import ApiSettings, MigrateSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
SERVICE = "webhook"


async def _api(settings: ApiSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    deliveries = DeliveryService(
        pool,
        Outbox(Catalogue.load(settings.schemas_dir), SERVICE, clock),
        await open_wrapper(settings, settings.kek_label),
        clock=clock,
        wamid_label=settings.wamid_label,
        app_secret=settings.app_secret.get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    app = create_app(Services(deliveries))
    listener = Listener(app, settings.api_port, tls=settings.server_tls(), require_client_certificate=False)
    await serve(SERVICE, listeners=[listener], readiness=readiness, internal_port=settings.internal_port)


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    catalogue = Catalogue.load(settings.schemas_dir)
    tls = settings.client_tls()
    async with (
        ServiceClient(settings.vault_url, tls=tls) as vault,
        ServiceClient(settings.consent_url, tls=tls) as consent,
    ):
        service = AnswerService(
            pool,
            Outbox(catalogue, SERVICE, clock),
            await open_wrapper(settings, settings.kek_label),
            vault=VaultClient(vault),
            consent=ConsentClient(consent),
            clock=clock,
            wamid_label=settings.wamid_label,
        )
        worker = AnswerWorker(pool, service, clock, poll_interval_s=settings.poll_interval_s)
        purge = DeliveryPurge(
            pool,
            clock,
            keep_payloads=timedelta(days=settings.keep_payload_days),
            keep_hashes=timedelta(days=settings.keep_hash_days),
            keep_users=timedelta(days=settings.keep_user_days),
        )
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers: dict[str, Callable[[asyncio.Event], Awaitable[None]]] = {
            "relay": Relay(pool, catalogue, settings).run,
            "inbox": worker.run,
            "purge": partial(run_purge, purge),
        }
        await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)


def openapi_document() -> str:
    """The committed OpenAPI document."""
    return json.dumps(create_app(None).openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Runs one command."""
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
