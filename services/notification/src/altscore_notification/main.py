"""Entry points: reads the environment, opens pools, wires, serves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import Consumer
from altscore_libs.decoding import certified
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.parked_listener import parked_listener
from altscore_libs.parked_orders import order_workers
from altscore_libs.registry import Registry
from altscore_libs.relay import open_relay
from altscore_libs.retention import inbox_retention
from altscore_libs.service import Readiness, serve
from altscore_libs.signer import PublicKeys
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges
from altscore_libs.topic_replay import TopicReplay

from altscore_notification.clients import CloudApiClient, SmsGatewayClient, VaultClient
from altscore_notification.erasures.events import TOPIC as ERASURES
from altscore_notification.erasures.events import ErasureEvents
from altscore_notification.messages.channel import Channel, ChannelName
from altscore_notification.messages.events import ONLY_TAKING_AWAY, TOPICS, handlers
from altscore_notification.messages.service import SERVICE, MessagePurge, MessageService
from altscore_notification.messages.store import MEASURES
from altscore_notification.messages.worker import message_queue, purge_worker
from altscore_notification.settings import MigrateSettings, WorkerSettings
from altscore_notification.sms import domain as sms
from altscore_notification.whatsapp import domain as whatsapp

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def whatsapp_channel(provider: CloudApiClient) -> Channel:
    """WhatsApp, by the Cloud API."""
    return Channel(
        ChannelName.WHATSAPP,
        provider,
        request_body=whatsapp.request_body,
        result_of_response=whatsapp.result_of_response,
        unreachable_code="provider_unreachable",
    )


def sms_channel(gateway: SmsGatewayClient, template_ids: Mapping[str, str]) -> Channel:
    """SMS, with the gateway's ids of our registered templates."""
    return Channel(
        ChannelName.SMS,
        gateway,
        request_body=partial(sms.request_body, template_ids=template_ids),
        result_of_response=sms.result_of_response,
        unreachable_code="sms_unreachable",
    )


def _gateway(settings: WorkerSettings) -> SmsGatewayClient | None:
    if settings.sms_url is None or settings.sms_authkey is None:
        return None
    return SmsGatewayClient(settings.sms_url, authkey=settings.sms_authkey, ca_file=settings.sms_ca_file)


def _consumer(settings: WorkerSettings, pool: asyncpg.Pool, catalog: SchemaCatalog, *, outbox: Outbox) -> Consumer:
    clock, keys = SystemClock(), PublicKeys.load(settings.public_keys_dir)
    erasures = ErasureEvents(keys, outbox=outbox, clock=clock)
    return Consumer(
        pool,
        catalog,
        settings,
        group=SERVICE,
        topics=(*TOPICS, ERASURES),
        handlers={**handlers(clock), **erasures.handlers()},
        keys=keys,
        only_taking_away=ONLY_TAKING_AWAY,
    )


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    catalog, clock = SchemaCatalog.load(settings.schemas_dir), SystemClock()
    async with await db.create_pool(settings.database_url) as pool:
        outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
        yield ParkedEvents(pool, _consumer(settings, pool, catalog, outbox=outbox), outbox)


async def run_worker(settings: WorkerSettings) -> None:
    """Queues a message for each event, sends what is due, deletes what ended long ago, forgets erased retailers."""
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=12)
    catalog = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
    provider = CloudApiClient(
        settings.whatsapp_url,
        version=settings.whatsapp_api_version,
        phone_number_id=settings.whatsapp_phone_number_id,
        token=settings.whatsapp_token,
        ca_file=settings.whatsapp_ca_file,
    )
    gateway = _gateway(settings)
    key = settings.provider_id_key
    async with ServiceClient(settings.vault_url, tls=settings.client_tls(), neighbour="vault") as vault:
        service = MessageService(
            pool,
            outbox,
            VaultClient(vault),
            whatsapp=whatsapp_channel(provider),
            sms=sms_channel(gateway, settings.sms_template_ids) if gateway is not None else None,
            clock=clock,
            sms_after=timedelta(seconds=settings.sms_after_s),
            provider_id_key=key.get_secret_value() if key is not None else None,
        )
        purge = MessagePurge(pool, clock, keep=timedelta(days=settings.keep_days))
        consumer = _consumer(settings, pool, catalog, outbox=outbox)
        replay = TopicReplay(
            settings,
            consumer,
            group=SERVICE,
            topic=ERASURES,
            decoder=certified(catalog, Registry(settings.registry_url)),
        )
        readiness = Readiness()
        readiness.add("database", lambda: db.check(pool))
        workers = {
            "relay": (await open_relay(settings, catalog, SERVICE)).run,
            "events": consumer.run,
            **order_workers(ParkedEvents(pool, consumer, outbox), clock),
            "erasures_again": replay.worker("erasures_again").run,
            "messages": message_queue(service, poll_interval_s=settings.poll_interval_s).run,
            "purge": purge_worker(purge).run,
            "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
            "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES, *MEASURES)).register().run,
        }
        await serve(
            SERVICE,
            listeners=[parked_listener(settings, pool, title="notification-worker")],
            workers=workers,
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    await provider.close()
    if gateway is not None:
        await gateway.close()


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version."""
    db.upgrade(settings.owner_database_url, MIGRATIONS)


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "worker": Command(run_worker, WorkerSettings, help="send messages"),
    **parked_commands(WorkerSettings, open_parked),
}


def main() -> None:
    """Runs one command."""
    run_commands("altscore_notification", COMMANDS)
