"""Commands of the consent service: each reads its settings from the environment, wires and runs."""

import argparse
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import BatchConsumer, Consumer
from altscore_libs.decoding import certified, trusting
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, ParkedList, parked_commands
from altscore_libs.parked_orders import order_workers
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.poison import Parking
from altscore_libs.registry import Registry
from altscore_libs.relay import open_relay
from altscore_libs.retention import inbox_retention
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.signer import PublicKeys, Signer, derive_key, open_signer, rotate_signing_key
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges
from altscore_libs.topic_replay import TopicReplay

from altscore_consent.app import create_app
from altscore_consent.checks.service import CheckService
from altscore_consent.clients import TOTAL_S, TRY_S, VaultClient
from altscore_consent.dependencies import Services
from altscore_consent.erasures.events import TOPIC as ERASURES
from altscore_consent.erasures.events import ErasureEvents
from altscore_consent.erasures.service import ErasureService
from altscore_consent.evidence.service import EvidenceService, load_affirmations
from altscore_consent.exports.service import ExportService
from altscore_consent.grants import signing_keys
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.grants.records import RecordVerifier
from altscore_consent.grants.row_mac import CONTEXT, FACTS_CONTEXT, FactMac, RowMac
from altscore_consent.grants.service import ConsentService
from altscore_consent.grants.store import MEASURES
from altscore_consent.grants.worker import Expiry
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.notices import Notices
from altscore_consent.invites.service import InviteService
from altscore_consent.maintenance.service import MaintenanceService
from altscore_consent.platform.batched_reads import READERS, BatchedReads
from altscore_consent.settings import (
    SERVICE,
    ApiSettings,
    MaintenanceSettings,
    MigrateSettings,
    SigningSettings,
    WorkerSettings,
)
from altscore_consent.usage.events import TOPICS, UsageMeter
from altscore_consent.usage.worker import uses_retention

ROOT = Path(__file__).parents[2]


class Parts(NamedTuple):
    """What every command that changes the database needs."""

    pool: asyncpg.Pool
    catalog: SchemaCatalog
    outbox: Outbox
    clock: Clock


async def _parts(
    settings: ApiSettings | WorkerSettings | MaintenanceSettings, *, max_size: int = 8, statement_timeout_s: float = 5.0
) -> Parts:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=max_size, statement_timeout_s=statement_timeout_s)
    catalog = SchemaCatalog.load(settings.schemas_dir)
    outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
    return Parts(pool=pool, catalog=catalog, outbox=outbox, clock=clock)


async def _verifier(settings: SigningSettings, parts: Parts) -> StateVerifier:
    labels = [label for label in (settings.seal_key_label, settings.seal_key_label_before) if label is not None]
    return StateVerifier(
        pool=parts.pool,
        records=RecordVerifier(PublicKeys.load(settings.public_keys_dir)),
        row_mac=RowMac([await derive_key(settings, label, CONTEXT) for label in labels]),
        facts=FactMac([await derive_key(settings, label, FACTS_CONTEXT) for label in labels]),
        outbox=parts.outbox,
        clock=parts.clock,
    )


def consent_service(parts: Parts, verifier: StateVerifier, signer: Signer) -> ConsentService:
    """The writer of consent."""
    return ConsentService(
        pool=parts.pool,
        publisher=ConsentPublisher(parts.outbox),
        invite_publisher=InvitePublisher(parts.outbox),
        signer=signer,
        verifier=verifier,
        notices=Notices.load(),
        clock=parts.clock,
    )


def erasure_service(parts: Parts, verifier: StateVerifier, signer: Signer) -> ErasureService:
    """What forgets erased retailers."""
    return ErasureService(
        consents=consent_service(parts, verifier, signer),
        invite_publisher=InvitePublisher(parts.outbox),
        verifier=verifier,
        outbox=parts.outbox,
        clock=parts.clock,
    )


def build_services(
    parts: Parts,
    verifier: StateVerifier,
    signer: Signer,
    *,
    evidence: EvidenceService,
    reads: BatchedReads,
    invite_ttl: timedelta,
) -> Services:
    """The use cases of the api."""
    pool, outbox, clock = parts.pool, parts.outbox, parts.clock
    return Services(
        evidence=evidence,
        invites=InviteService(
            pool=pool,
            publisher=InvitePublisher(outbox),
            notices=Notices.load(),
            verifier=verifier,
            clock=clock,
            invite_ttl=invite_ttl,
        ),
        consents=consent_service(parts, verifier, signer),
        checks=CheckService(pool=pool, reads=reads, verifier=verifier, outbox=outbox, clock=clock),
        exports=ExportService(pool=pool, verifier=verifier, outbox=outbox, signer=signer, clock=clock),
        parked=ParkedList(pool),
    )


async def run_api(settings: ApiSettings) -> None:
    """Serves the HTTP API."""
    parts = await _parts(settings, max_size=settings.pool_max_size)
    reads_pool = await db.create_pool(settings.database_url, max_size=READERS, resets_sessions=False)
    signer = await open_signer(settings, await signing_keys.signing_label(settings))
    async with ServiceClient(
        settings.vault_url, tls=settings.client_tls(), neighbour="vault", timeout_s=TRY_S, total_s=TOTAL_S
    ) as vault:
        services = build_services(
            parts,
            await _verifier(settings, parts),
            signer,
            evidence=_evidence(settings, parts, VaultClient(vault)),
            reads=BatchedReads(reads_pool, parts.clock),
            invite_ttl=timedelta(days=settings.invite_ttl_days),
        )
        await serve(
            SERVICE,
            listeners=[Listener(create_app(services), settings.api_port, settings.server_tls())],
            readiness=_readiness(parts),
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def _evidence(settings: ApiSettings, parts: Parts, vault: VaultClient) -> EvidenceService:
    grants = settings.typed_answers == "grant"
    return EvidenceService(
        parts.pool,
        parts.outbox,
        app_secret=settings.app_secret.get_secret_value(),
        vault=vault,
        affirmations=load_affirmations(settings.schemas_dir) if grants else frozenset(),
    )


def _usage_meter(settings: WorkerSettings, parts: Parts, verifier: StateVerifier) -> UsageMeter:
    signatures = EventVerifier(PublicKeys.load(settings.public_keys_dir))
    registry = Registry(settings.registry_url)
    decoder = trusting(parts.catalog, registry, signatures, max_bytes=settings.largest_event_bytes)
    return UsageMeter(parts.pool, decoder, facts=verifier.facts, clock=parts.clock)


async def _erasure_consumer(
    settings: WorkerSettings, parts: Parts, meter: UsageMeter, verifier: StateVerifier
) -> Consumer:
    signer = await open_signer(settings, await signing_keys.signing_label(settings))
    erasures = erasure_service(parts, verifier, signer)
    keys = PublicKeys.load(settings.public_keys_dir)
    events = ErasureEvents(erasures, keys)
    return Consumer(
        parts.pool,
        parts.catalog,
        settings,
        group=SERVICE,
        topics=[ERASURES],
        handlers={**events.handlers(), **meter.handlers()},  # uses arrive in batches; those set aside, one by one
        keys=keys,
    )


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    parts = await _parts(settings, max_size=2)
    async with parts.pool:
        verifier = await _verifier(settings, parts)
        consumer = await _erasure_consumer(settings, parts, _usage_meter(settings, parts, verifier), verifier)
        yield ParkedEvents(parts.pool, consumer, parts.outbox)


async def run_worker(settings: WorkerSettings) -> None:
    """Relays events, ends what has expired, counts uses and forgets erased retailers."""
    parts = await _parts(settings)
    verifier = await _verifier(settings, parts)
    meter = _usage_meter(settings, parts, verifier)
    erasures = await _erasure_consumer(settings, parts, meter, verifier)
    replay = TopicReplay(
        settings,
        erasures,
        group=SERVICE,
        topic=ERASURES,
        decoder=certified(parts.catalog, Registry(settings.registry_url)),
    )
    expiry = Expiry(
        pool=parts.pool,
        publisher=ConsentPublisher(parts.outbox),
        invite_publisher=InvitePublisher(parts.outbox),
        verifier=verifier,
        clock=parts.clock,
    )
    park = Parking(parts.pool, max_bytes=settings.largest_event_bytes).park
    workers = {
        "relay": (await open_relay(settings, parts.catalog, SERVICE)).run,
        "expiry": PeriodicWorker("expiry", expiry.step, interval_s=settings.expiry_interval_s).run,
        "state_gauges": StateGauges(parts.pool, (*OUTBOX_MEASURES, *INBOX_MEASURES, *MEASURES)).register().run,
        "inbox_retention": inbox_retention(parts.pool, settings.schemas_dir, parts.clock).run,
        "erasures": erasures.run,
        **order_workers(ParkedEvents(parts.pool, erasures, parts.outbox), parts.clock),
        "erasures_again": replay.worker("erasures_again").run,
        "uses_retention": uses_retention(parts.pool, parts.clock).worker().run,
        "uses": BatchConsumer(settings, group=SERVICE, topics=TOPICS, handler=meter.count, park=park).run,
    }
    readiness = _readiness(parts)
    await serve(
        SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port, host=settings.listen_host
    )


def _readiness(parts: Parts) -> Readiness:
    readiness = Readiness()
    readiness.add("database", lambda: db.check(parts.pool))
    return readiness


async def rotate_key(settings: MaintenanceSettings) -> None:
    """Makes the next signing key, publishes its public key and audits it."""
    parts = await _parts(settings, max_size=1)
    label = await rotate_signing_key(settings, settings.signer_key_label)
    signer = await open_signer(settings, label)
    async with db.transaction(parts.pool) as connection:
        details = {"label": label, "key_id": signer.key_id}
        await parts.outbox.audit(connection, "consent_key_rotated", actor=SERVICE, outcome="ok", details=details)
    await parts.pool.close()
    _print({"label": label, "key_id": signer.key_id, "next": "restart api and worker; keep every older public key"})


async def remac(settings: MaintenanceSettings, options: argparse.Namespace) -> int:
    """Computes the MACs of all authentic states anew; 1 when some were refused."""
    async with _maintenance(settings) as maintenance:
        report = await maintenance.remac(is_first=options.first)
    _print(report._asdict())
    return 1 if report.refused else 0


def _remac_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--first", action="store_true", help="take states that never had a MAC")


async def sweep(settings: MaintenanceSettings) -> int:
    """Verifies everything that is stored; 1 when something is damaged."""
    async with _maintenance(settings) as maintenance:
        report = await maintenance.sweep()
    _print(report._asdict())
    return 1 if report.is_damaged() else 0


@asynccontextmanager
async def _maintenance(settings: MaintenanceSettings) -> AsyncIterator[MaintenanceService]:
    parts = await _parts(settings, max_size=2, statement_timeout_s=60)
    yield MaintenanceService(parts.pool, await _verifier(settings, parts))
    await parts.pool.close()


def _print(report: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version."""
    db.upgrade(settings.owner_database_url, ROOT / "migrations")


def print_openapi() -> None:
    """Prints the OpenAPI document as it is committed."""
    sys.stdout.write(openapi_json(create_app()))


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "api": Command(run_api, ApiSettings, help="serve the HTTP API"),
    "worker": Command(run_worker, WorkerSettings, help="relay events, expire, count uses, forget erased retailers"),
    "openapi": Command(print_openapi, help="print the OpenAPI document"),
    **parked_commands(WorkerSettings, open_parked),
    "rotate-key": Command(rotate_key, MaintenanceSettings, help="make and publish the next signing key"),
    "remac": Command(remac, MaintenanceSettings, help="compute all MACs anew", arguments=_remac_arguments),
    "sweep": Command(sweep, MaintenanceSettings, help="verify all records and states"),
}


def main() -> None:
    """`python -m altscore_consent <command>`."""
    run_commands("altscore_consent", COMMANDS)
