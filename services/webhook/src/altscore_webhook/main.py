"""Entry points: reads the environment, opens pools and keys, wires, serves."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import Consumer
from altscore_libs.decoding import certified
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.parked_listener import parked_listener
from altscore_libs.parked_orders import order_workers
from altscore_libs.registry import Registry
from altscore_libs.relay import open_relay
from altscore_libs.retention import inbox_retention
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import PublicKeys, open_wrapper
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges
from altscore_libs.topic_replay import TopicReplay

from altscore_webhook.answers.service import AnswerService
from altscore_webhook.answers.store import MEASURES
from altscore_webhook.answers.worker import answer_queue
from altscore_webhook.app import create_app
from altscore_webhook.clients import ConsentClient, VaultClient
from altscore_webhook.deliveries.service import DeliveryPurge, DeliveryService
from altscore_webhook.deliveries.worker import purge_worker
from altscore_webhook.dependencies import Services
from altscore_webhook.erasures.events import TOPIC, ErasureEvents
from altscore_webhook.links.service import LinkService
from altscore_webhook.links.worker import link_worker
from altscore_webhook.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_webhook.users.service import UserService

MIGRATIONS = Path(__file__).parents[2] / "migrations"
SERVICE = "webhook"
STATEMENT_S = 1.5  # Meta waits, and delivers again what was not stored


async def run_api(settings: ApiSettings) -> None:
    """Serves Meta's endpoints."""
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, statement_timeout_s=STATEMENT_S)
    wrapper = await open_wrapper(settings, settings.kek_label)
    deliveries = DeliveryService(
        pool,
        Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock, mac_key=settings.outbox_key_bytes()),
        wrapper,
        users=UserService(pool, wrapper, label=settings.wamid_label),
        clock=clock,
        wamid_label=settings.wamid_label,
        app_secret=settings.app_secret.get_secret_value(),
        verify_token=settings.verify_token.get_secret_value(),
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    app = create_app(Services(deliveries))
    listener = Listener(app, settings.api_port, tls=settings.server_tls(), require_client_certificate=False)
    await serve(
        SERVICE,
        listeners=[listener],
        readiness=readiness,
        internal_port=settings.internal_port,
        host=settings.listen_host,
    )


def _consumer(settings: WorkerSettings, pool: asyncpg.Pool, catalog: SchemaCatalog, *, outbox: Outbox) -> Consumer:
    keys = PublicKeys.load(settings.public_keys_dir)
    erasures = ErasureEvents(keys, outbox=outbox, clock=SystemClock())
    return Consumer(pool, catalog, settings, group=SERVICE, topics=[TOPIC], handlers=erasures.handlers(), keys=keys)


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    catalog = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalog, SERVICE, SystemClock(), mac_key=settings.outbox_key_bytes())
    async with await db.create_pool(settings.database_url) as pool:
        yield ParkedEvents(pool, _consumer(settings, pool, catalog, outbox=outbox), outbox)


async def run_worker(settings: WorkerSettings) -> None:
    """Decides stored messages, deletes what need not be kept, and forgets erased retailers."""
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    catalog = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
    consumer = _consumer(settings, pool, catalog, outbox=outbox)
    replay = TopicReplay(
        settings, consumer, group=SERVICE, topic=TOPIC, decoder=certified(catalog, Registry(settings.registry_url))
    )
    tls = settings.client_tls()
    async with (
        ServiceClient(settings.vault_url, tls=tls, neighbour="vault") as vault,
        ServiceClient(settings.consent_url, tls=tls, neighbour="consent") as consent,
    ):
        wrapper = await open_wrapper(settings, settings.kek_label)
        users = UserService(pool, wrapper, label=settings.wamid_label)
        answers = AnswerService(
            pool,
            outbox,
            wrapper,
            users=users,
            vault=VaultClient(vault),
            consent=ConsentClient(consent),
            clock=clock,
            wamid_label=settings.wamid_label,
        )
        links = LinkService(
            pool,
            users=users,
            vault=VaultClient(vault),
            clock=clock,
            keep_unlinked=timedelta(days=settings.keep_unlinked_days),
        )
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers = {
            "relay": (await open_relay(settings, catalog, SERVICE)).run,
            "answers": answer_queue(answers, poll_interval_s=settings.poll_interval_s).run,
            "purge": purge_worker(_purge(settings, pool, clock)).run,
            "links": link_worker(links).run,
            "erasures": consumer.run,
            **order_workers(ParkedEvents(pool, consumer, outbox), clock),
            "erasures_again": replay.worker("erasures_again").run,
            "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
            "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES, *MEASURES)).register().run,
        }
        await serve(
            SERVICE,
            listeners=[parked_listener(settings, pool, title="webhook-worker")],
            workers=workers,
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def _purge(settings: WorkerSettings, pool: asyncpg.Pool, clock: Clock) -> DeliveryPurge:
    return DeliveryPurge(
        pool,
        clock,
        keep_payloads=timedelta(days=settings.keep_payload_days),
        keep_hashes=timedelta(days=settings.keep_hash_days),
        keep_users=timedelta(days=settings.keep_user_days),
    )


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version."""
    db.upgrade(settings.owner_database_url, MIGRATIONS)


def print_openapi() -> None:
    """Writes the committed OpenAPI document to standard output."""
    sys.stdout.write(openapi_json(create_app(None)))


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "api": Command(run_api, ApiSettings, help="take deliveries"),
    "worker": Command(run_worker, WorkerSettings, help="decide what was delivered"),
    **parked_commands(WorkerSettings, open_parked),
    "openapi": Command(print_openapi, help="print the OpenAPI document"),
}


def main() -> None:
    """Runs one command."""
    run_commands("altscore_webhook", COMMANDS)
