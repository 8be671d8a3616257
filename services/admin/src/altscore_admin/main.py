"""The commands of the admin service; the only place that reads the environment, opens pools and wires."""

import argparse
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from altscore_libs import db, service
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import Consumer
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.retention import inbox_retention
from altscore_libs.service import Listener, Readiness
from altscore_libs.signer import PublicKeys, Signer, open_signer
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges

from altscore_admin.anomalies.events import anomaly_detected
from altscore_admin.anomalies.service import AnomalyService
from altscore_admin.anomalies.worker import INTERVAL_S as ANOMALY_INTERVAL_S
from altscore_admin.anomalies.worker import AnomalyRetention
from altscore_admin.app import create_app
from altscore_admin.audit_events.service import AuditEventService
from altscore_admin.clients import UpstreamClients
from altscore_admin.dependencies import Services
from altscore_admin.errors import BadOperatorsFile
from altscore_admin.grievances.events import grievance_filed
from altscore_admin.grievances.service import GrievanceService
from altscore_admin.grievances.worker import INTERVAL_S, SlaMonitor
from altscore_admin.invitations.service import InvitationService
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.model_decisions.service import ModelDecisionService
from altscore_admin.models.service import PromotionService
from altscore_admin.operators.service import DevelopmentOperators, SignInService, new_file
from altscore_admin.overview.service import OverviewService
from altscore_admin.partners.service import PartnerService
from altscore_admin.retailers.service import RetailerService
from altscore_admin.settings import ApiSettings, MigrateSettings, WorkerSettings

SERVICE = "admin"
SIGNING_KEY = "promotion"


def load_operators(settings: ApiSettings) -> DevelopmentOperators:
    """The operators who may sign in.

    Raises:
        SystemExit: outside a development profile (no identity provider is wired yet), or without a usable file.
    """
    if settings.profile != "development":
        if settings.dev_operators_file is not None:
            raise SystemExit("ADMIN_DEV_OPERATORS_FILE is for a development profile alone; refusing to start")
        raise SystemExit("no identity provider (SAML and FIDO2) is configured; refusing to start in production")
    if settings.dev_operators_file is None:
        raise SystemExit("nobody could sign in: set ADMIN_DEV_OPERATORS_FILE")
    try:
        return DevelopmentOperators.load(settings.dev_operators_file)
    except BadOperatorsFile as error:
        raise SystemExit(f"operators file: {error}") from None


def upstream_clients(settings: ApiSettings) -> UpstreamClients:
    """Clients of the services that own the data, with this service's certificate."""
    tls = settings.client_tls()

    def client(neighbour: str, url: str) -> ServiceClient:
        limit_s = settings.call_timeout_s
        return ServiceClient(url, tls=tls, neighbour=neighbour, timeout_s=limit_s, total_s=limit_s)

    return UpstreamClients(
        ingestion=client("ingestion", settings.ingestion_url),
        score=client("score", settings.score_url),
        consent=client("consent", settings.consent_url),
        vault=client("vault", settings.vault_url),
        audit=client("audit", settings.audit_url),
    )


def create_services(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    upstream: UpstreamClients,
    signer: Signer,
    keys: PublicKeys,
    operators: DevelopmentOperators,
    decryptor: HpkeDecryptor,
) -> Services:
    """The use cases behind the routes."""
    return Services(
        sign_in=SignInService(pool=pool, outbox=outbox, clock=clock, directory=operators),
        partners=PartnerService(pool=pool, outbox=outbox, clock=clock, upstream=upstream),
        invitations=InvitationService(pool=pool, outbox=outbox, clock=clock, upstream=upstream),
        retailers=RetailerService(pool=pool, outbox=outbox, upstream=upstream),
        lender_access=LenderAccessService(pool=pool, outbox=outbox, upstream=upstream),
        models=PromotionService(pool=pool, outbox=outbox, clock=clock, signer=signer, keys=keys),
        model_decisions=ModelDecisionService(pool=pool, outbox=outbox, clock=clock, signer=signer),
        grievances=GrievanceService(pool=pool, outbox=outbox, clock=clock, decryptor=decryptor),
        anomalies=AnomalyService(pool=pool, outbox=outbox),
        audit_events=AuditEventService(pool=pool, outbox=outbox, upstream=upstream),
        overview=OverviewService(pool=pool),
    )


async def run_api(settings: ApiSettings) -> None:
    """Serves operators until it is stopped."""
    operators, clock, upstream = load_operators(settings), SystemClock(), upstream_clients(settings)
    decryptor = HpkeDecryptor.load(settings.grievance_keys_dir)
    pool = await db.create_pool(settings.database_url)
    services = create_services(
        pool=pool,
        outbox=Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock),
        clock=clock,
        upstream=upstream,
        signer=await open_signer(settings, SIGNING_KEY),
        keys=PublicKeys.load(settings.public_keys_dir),
        operators=operators,
        decryptor=decryptor,
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(
        app=create_app(services),
        port=settings.api_port,
        tls=settings.server_tls(),
        require_client_certificate=False,
    )
    try:
        await service.serve(
            SERVICE,
            listeners=[listener],
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    finally:
        await upstream.close()
        await pool.close()


def create_consumer(settings: WorkerSettings, pool: asyncpg.Pool, catalog: SchemaCatalog) -> Consumer:
    """The consumer of anomalies and grievances."""
    return Consumer(
        pool,
        catalog,
        settings,
        group=SERVICE,
        topics=["altscore.anomaly", "altscore.grievances"],
        handlers={"erp.anomaly.detected": anomaly_detected, "grievance.filed": grievance_filed},
    )


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    catalog = SchemaCatalog.load(settings.schemas_dir)
    async with await db.create_pool(settings.database_url) as pool:
        outbox = Outbox(catalog, SERVICE, SystemClock())
        yield ParkedEvents(pool, create_consumer(settings, pool, catalog), outbox)


async def run_worker(settings: WorkerSettings) -> None:
    """Relays the outbox, consumes events and watches SLAs until it is stopped."""
    pool, catalog, clock = (
        await db.create_pool(settings.database_url),
        SchemaCatalog.load(settings.schemas_dir),
        SystemClock(),
    )
    consumer = create_consumer(settings, pool, catalog)
    anomalies = AnomalyRetention(pool, clock)
    monitor = SlaMonitor(pool=pool, outbox=Outbox(catalog, SERVICE, clock), clock=clock)
    workers = {
        "relay": Relay(pool, catalog, settings).run,
        "consumer": consumer.run,
        "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES)).register().run,
        "sla_monitor": PeriodicWorker("sla_monitor", monitor.step, interval_s=INTERVAL_S).run,
        "anomaly_retention": PeriodicWorker("anomaly_retention", anomalies.step, interval_s=ANOMALY_INTERVAL_S).run,
        "inbox_retention": inbox_retention(pool, settings.schemas_dir, clock).run,
    }
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    try:
        await service.serve(
            SERVICE,
            workers=workers,
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    finally:
        await pool.close()


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version, as its owner."""
    db.upgrade(settings.owner_database_url, settings.migrations_dir)


def print_openapi() -> None:
    """Prints the OpenAPI document; it needs no database."""
    sys.stdout.write(openapi_json(create_app(None)))


def add_operator_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `dev-operators`."""
    parser.add_argument("file", type=Path)
    parser.add_argument("operators", nargs="+", metavar="NAME=ROLE[,ROLE]")


def write_operators(arguments: argparse.Namespace) -> None:
    """Writes the operators file with hashes of new tokens, and prints each token once."""
    pairs = [text.partition("=") for text in arguments.operators]
    try:
        content, tokens = new_file([(name, roles.split(",")) for name, _, roles in pairs])
    except ValueError as error:
        raise SystemExit(str(error)) from None
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(arguments.file, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    sys.stdout.write(json.dumps(tokens, indent=2) + "\n")


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "api": Command(run_api, ApiSettings, help="serve operators"),
    "worker": Command(run_worker, WorkerSettings, help="relay the outbox, consume events, watch SLAs"),
    **parked_commands(WorkerSettings, open_parked),
    "openapi": Command(print_openapi, help="print the OpenAPI document"),
    "dev-operators": Command(
        write_operators, help="write a development operators file", arguments=add_operator_arguments
    ),
}


def main() -> None:
    """Runs the command that the arguments name."""
    run_commands("altscore_admin", COMMANDS)
