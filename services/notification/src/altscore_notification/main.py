"""Entry points: reads the environment, opens pools, wires, serves."""

import argparse
from datetime import timedelta
from pathlib import Path

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import Catalogue
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Readiness, run, serve

from altscore_notification.clients import CloudApi, Vault
from altscore_notification.handlers import TOPICS, handlers
from altscore_notification.sender import SERVICE, Sender
from altscore_notification.settings import MigrateSettings, WorkerSettings

ROOT = Path(__file__).parents[2]


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=12)
    catalogue = Catalogue.load(settings.schemas_dir)
    provider = CloudApi(
        settings.whatsapp_url,
        version=settings.whatsapp_api_version,
        phone_number_id=settings.whatsapp_phone_number_id,
        token=settings.whatsapp_token,
        ca_file=settings.whatsapp_ca_file,
    )
    key = settings.provider_id_key
    async with ServiceClient(settings.vault_url, tls=settings.client_tls()) as vault:
        sender = Sender(
            pool,
            Outbox(catalogue, SERVICE, clock),
            Vault(vault),
            provider,
            clock=clock,
            provider_id_key=key.get_secret_value() if key is not None else None,
            poll_interval_s=settings.poll_interval_s,
            keep=timedelta(days=settings.keep_days),
        )
        consumer = Consumer(pool, catalogue, settings, group=SERVICE, topics=TOPICS, handlers=handlers(clock))
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers = {
            "relay": Relay(pool, catalogue, settings).run,
            "events": consumer.run,
            "sender": sender.run,
            "purge": sender.purge_loop,
        }
        await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)
    await provider.close()


def main() -> None:
    """`migrate` or `worker`."""
    parser = argparse.ArgumentParser(prog="altscore_notification")
    parser.add_argument("command", choices=["migrate", "worker"])
    command = parser.parse_args().command
    if command == "migrate":
        db.upgrade(MigrateSettings().owner_database_url, ROOT / "migrations")  # type: ignore[call-arg]
    else:
        run(_worker(WorkerSettings()))  # type: ignore[call-arg]  # filled from the environment
