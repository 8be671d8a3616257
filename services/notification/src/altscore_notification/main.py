"""Entry points: reads the environment, opens pools, wires, serves."""

import argparse
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Readiness, run, serve

from altscore_notification.channels import Channel, ChannelName
from altscore_notification.clients import CloudApi, SmsGateway, Vault
from altscore_notification.domain import body_of, judge
from altscore_notification.handlers import TOPICS, handlers
from altscore_notification.sender import SERVICE, Sender
from altscore_notification.settings import MigrateSettings, WorkerSettings
from altscore_notification.sms import body_of_sms, judge_sms

ROOT = Path(__file__).parents[2]


def whatsapp_channel(provider: CloudApi) -> Channel:
    """WhatsApp."""
    return Channel(ChannelName.WHATSAPP, provider, write=body_of, judge=judge, unreachable="provider_unreachable")


def sms_channel(gateway: SmsGateway, template_ids: Mapping[str, str]) -> Channel:
    """SMS, with the gateway's ids of our registered templates."""
    write = partial(body_of_sms, template_ids=template_ids)
    return Channel(ChannelName.SMS, gateway, write=write, judge=judge_sms, unreachable="sms_unreachable")


def _gateway(settings: WorkerSettings) -> SmsGateway | None:
    if settings.sms_url is None or settings.sms_authkey is None:
        return None
    return SmsGateway(settings.sms_url, authkey=settings.sms_authkey, ca_file=settings.sms_ca_file)


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=12)
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    provider = CloudApi(
        settings.whatsapp_url,
        version=settings.whatsapp_api_version,
        phone_number_id=settings.whatsapp_phone_number_id,
        token=settings.whatsapp_token,
        ca_file=settings.whatsapp_ca_file,
    )
    gateway = _gateway(settings)
    key = settings.provider_id_key
    async with ServiceClient(settings.vault_url, tls=settings.client_tls()) as vault:
        sender = Sender(
            pool,
            Outbox(catalogue, SERVICE, clock),
            Vault(vault),
            whatsapp_channel(provider),
            sms_channel(gateway, settings.sms_template_ids) if gateway is not None else None,
            clock=clock,
            sms_after=timedelta(seconds=settings.sms_after_s),
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
    if gateway is not None:
        await gateway.close()


def main() -> None:
    """`migrate` or `worker`."""
    parser = argparse.ArgumentParser(prog="altscore_notification")
    parser.add_argument("command", choices=["migrate", "worker"])
    command = parser.parse_args().command
    if command == "migrate":
        db.upgrade(MigrateSettings().owner_database_url, ROOT / "migrations")  # type: ignore[call-arg]
    else:
        run(_worker(WorkerSettings()))  # type: ignore[call-arg]  # filled from the environment
