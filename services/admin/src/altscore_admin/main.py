"""The commands of the admin service; the only place that reads the environment, opens pools and wires."""

import argparse
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from altscore_libs import db, service
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import Consumer
from altscore_libs.errors import Conflict, Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.openapi import openapi_json
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, parked_commands
from altscore_libs.parked_orders import order_workers
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.relay import open_relay
from altscore_libs.retention import inbox_retention
from altscore_libs.rotation_commands import rotation_commands
from altscore_libs.service import Listener, Readiness
from altscore_libs.signer import NotAuthentic, PublicKeys, open_newest_signer
from altscore_libs.state_gauges import INBOX_MEASURES, OUTBOX_MEASURES, StateGauges

from altscore_admin.anomalies.events import anomaly_detected
from altscore_admin.anomalies.worker import INTERVAL_S as ANOMALY_INTERVAL_S
from altscore_admin.anomalies.worker import AnomalyRetention
from altscore_admin.app import create_app
from altscore_admin.approvals.wiring import APPROVERS
from altscore_admin.compliance.rendering import render_pdf
from altscore_admin.compliance.sources import Sources
from altscore_admin.compliance.worker import REPORT_MEASURES, ReportMaker, report_retention
from altscore_admin.confirmations.service import ConfirmedOutbox
from altscore_admin.erasures.domain import REPORT_KEY_LABEL, read_stores, verify_report
from altscore_admin.erasures.worker import INTERVAL_S as ERASURES_S
from altscore_admin.erasures.worker import ErasureProgress
from altscore_admin.errors import BadOperatorsFile
from altscore_admin.grievances.events import grievance_filed
from altscore_admin.grievances.worker import INTERVAL_S, SlaMonitor
from altscore_admin.incidents.notices import NoticeSender
from altscore_admin.incidents.worker import INTERVAL_S as CLOCK_INTERVAL_S
from altscore_admin.incidents.worker import ClockMonitor
from altscore_admin.operators.matrix import table
from altscore_admin.operators.service import DevelopmentOperators, new_file
from altscore_admin.portal import settings as portal
from altscore_admin.reconciliation.service import INTERVAL_S as RECONCILIATION_S
from altscore_admin.reconciliation.service import ReconciliationService
from altscore_admin.rights.worker import INTERVAL_S as RIGHTS_S
from altscore_admin.rights.worker import RightsMonitor
from altscore_admin.security_keys.invitations import FirstInvitations
from altscore_admin.security_keys.schemas import OPERATOR_PATTERN
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.sessions.wiring import SignInConfiguration, load_sign_in
from altscore_admin.settings import ApiSettings, MigrateSettings, WorkerSettings
from altscore_admin.wiring import create_services, upstream_clients

SERVICE = "admin"
SIGNING_KEY = "promotion"
NOTES_KEY_FILE = "grievance-box.pem"  # the public half of what score encrypts descriptions to
REPORT_INTERVAL_S = 15.0
NOTICE_INTERVAL_S = 5.0


def load_operators(settings: ApiSettings, sign_in: SignInConfiguration) -> DevelopmentOperators:
    """The operators who may sign in by a token of a file: nobody outside a development profile.

    Raises:
        SystemExit: nobody could sign in, or a file is given outside a development profile or cannot be used.
    """
    if settings.profile != "development":
        if settings.dev_operators_file is not None:
            raise SystemExit("ADMIN_DEV_OPERATORS_FILE is for a development profile alone; refusing to start")
        if sign_in.provider is None or sign_in.policy is None:
            raise SystemExit("no identity provider (SAML and FIDO2) is configured; refusing to start in production")
        return DevelopmentOperators.nobody()
    if settings.dev_operators_file is None:
        if sign_in.provider is not None:
            return DevelopmentOperators.nobody()
        raise SystemExit("nobody could sign in: set ADMIN_DEV_OPERATORS_FILE")
    try:
        return DevelopmentOperators.load(settings.dev_operators_file)
    except BadOperatorsFile as error:
        raise SystemExit(f"operators file: {error}") from None


def _outbox(settings: ApiSettings, clock: Clock) -> Outbox:
    return ConfirmedOutbox(
        SchemaCatalog.load(settings.schemas_dir), SERVICE, clock, mac_key=settings.outbox_key_bytes()
    )


async def run_api(settings: ApiSettings) -> None:
    """Serves operators until it is stopped."""
    sign_in = load_sign_in(settings)
    operators, clock, upstream = load_operators(settings, sign_in), SystemClock(), upstream_clients(settings)
    decryptor = HpkeDecryptor.load(settings.grievance_keys_dir)
    pool = await db.create_pool(settings.database_url)
    outbox, keys = _outbox(settings, clock), PublicKeys.load(settings.public_keys_dir)
    services = create_services(
        pool=pool,
        outbox=outbox,
        clock=clock,
        upstream=upstream,
        signer=await open_newest_signer(settings, SIGNING_KEY),
        keys=keys,
        operators=operators,
        decryptor=decryptor,
        sign_in=sign_in,
        encryptor=HpkeEncryptor.load(settings.public_keys_dir / NOTES_KEY_FILE),
        report_signer=await open_newest_signer(settings, REPORT_KEY_LABEL),
        stores=read_stores(settings.schemas_dir / "privacy/stores.yml"),
        erasure_notice=timedelta(seconds=settings.erasure_notice_s),
    )
    progress = ErasureProgress(services.erasures)
    notices = NoticeSender(pool=pool, outbox=outbox, clock=clock, keys=keys)
    reconciliation = ReconciliationService(pool=pool, outbox=outbox, clock=clock, upstream=upstream)
    compliance = services.compliance
    reports = ReportMaker(compliance, Sources(pool=pool, clock=clock, upstream=upstream), render_pdf)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(
        app=create_app(services, pages_dir=settings.pages_dir),
        port=settings.api_port,
        tls=settings.server_tls(),
        require_client_certificate=False,
    )
    try:
        await service.serve(
            SERVICE,
            listeners=[listener],
            workers={
                "reconciliation": PeriodicWorker(
                    "reconciliation", reconciliation.step, interval_s=RECONCILIATION_S
                ).run,
                "erasures": PeriodicWorker("erasures", progress.step, interval_s=ERASURES_S).run,
                "incident_notices": PeriodicWorker("incident_notices", notices.step, interval_s=NOTICE_INTERVAL_S).run,
                "compliance_reports": PeriodicWorker(
                    "compliance_reports", reports.step, interval_s=REPORT_INTERVAL_S, wake=compliance.wake
                ).run,
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    finally:
        await upstream.close()
        await pool.close()


async def reconcile(settings: ApiSettings) -> None:
    """Compares lenders' access once and prints the differences; ends with 1 where there are some, with 2 unread."""
    upstream, pool = upstream_clients(settings), await db.create_pool(settings.database_url)
    clock = SystemClock()
    outbox = _outbox(settings, clock)
    try:
        named = await ReconciliationService(pool=pool, outbox=outbox, clock=clock, upstream=upstream).reconcile()
    except Unavailable as error:
        sys.stderr.write(f"not compared: {error}\n")
        raise SystemExit(2) from None
    finally:
        await upstream.close()
        await pool.close()
    sys.stdout.write("".join(f"{difference.kind} {difference.subject}\n" for difference in named))
    if named:
        raise SystemExit(1)


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
        outbox = Outbox(catalog, SERVICE, SystemClock(), mac_key=settings.outbox_key_bytes())
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
    outbox = Outbox(catalog, SERVICE, clock, mac_key=settings.outbox_key_bytes())
    monitor = SlaMonitor(pool=pool, outbox=outbox, clock=clock)
    rights = RightsMonitor(pool=pool, outbox=outbox, clock=clock)
    clocks = ClockMonitor(pool=pool, outbox=outbox, clock=clock)
    kept_reports = report_retention(pool, settings.compliance_reports_kept_days, clock)
    relay = await open_relay(settings, catalog, SERVICE)
    workers = {
        "relay": relay.run,
        "consumer": consumer.run,
        **order_workers(ParkedEvents(pool, consumer, outbox), clock),
        "state_gauges": StateGauges(pool, (*OUTBOX_MEASURES, *INBOX_MEASURES, *REPORT_MEASURES)).register().run,
        "sla_monitor": PeriodicWorker("sla_monitor", monitor.step, interval_s=INTERVAL_S).run,
        "rights_monitor": PeriodicWorker("rights_monitor", rights.step, interval_s=RIGHTS_S).run,
        "incident_clocks": PeriodicWorker("incident_clocks", clocks.step, interval_s=CLOCK_INTERVAL_S).run,
        "anomaly_retention": PeriodicWorker("anomaly_retention", anomalies.step, interval_s=ANOMALY_INTERVAL_S).run,
        "retention_of_compliance_reports": kept_reports.worker().run,
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
        await relay.close()
        await pool.close()


async def serve_portal(settings: portal.ApiSettings) -> None:
    """Serves people of distributors and lenders."""
    from altscore_admin.portal.wiring import run_portal  # noqa: PLC0415  # operators' processes need none of it

    await run_portal(settings)


async def work_for_portal(settings: portal.WorkerSettings) -> None:
    """Relays the portal's outbox, sends codes, and removes what is over."""
    from altscore_admin.portal.codes.wiring import portal_workers  # noqa: PLC0415

    readiness = Readiness()
    async with await db.create_pool(settings.database_url) as pool:
        readiness.add("database", lambda: db.check(pool))
        relay = await open_relay(settings, SchemaCatalog.load(settings.schemas_dir), "portal")
        gauges = StateGauges(pool, OUTBOX_MEASURES).register()
        try:
            await service.serve(
                "portal",
                workers={"relay": relay.run, "state_gauges": gauges.run, **portal_workers(settings, pool)},
                readiness=readiness,
                internal_port=settings.internal_port,
                host=settings.listen_host,
            )
        finally:
            await relay.close()


def migrate_portal(settings: portal.MigrateSettings) -> None:
    """Brings the portal's database to the newest version, as its owner."""
    db.upgrade(settings.owner_database_url, Path(__file__).parents[2] / "migrations_portal")


def print_portal_openapi() -> None:
    """Prints the OpenAPI document of the portal."""
    from altscore_admin.portal.app import create_app as create_portal_app  # noqa: PLC0415

    sys.stdout.write(openapi_json(create_portal_app(None)))


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version, as its owner."""
    db.upgrade(settings.owner_database_url, settings.migrations_dir)


def print_openapi() -> None:
    """Prints the OpenAPI document; it needs no database."""
    sys.stdout.write(openapi_json(create_app(None)))


def print_permissions() -> None:
    """Prints the table of roles and routes; it needs no database."""
    sys.stdout.write(table(create_app(None), APPROVERS))


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


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `verify-erasure`."""
    parser.add_argument("file", type=Path, help="as GET …/proof answered")
    parser.add_argument("--keys", type=Path, required=True, help="folder of public keys")


def verify_erasure(arguments: argparse.Namespace) -> None:
    """Verifies the report of an erasure with nothing but public keys; ends with 1 unless it is authentic."""
    try:
        document = json.loads(arguments.file.read_text(encoding="utf-8"))
        content = verify_report(document, PublicKeys.load(arguments.keys))
    except (OSError, ValueError, TypeError, NotAuthentic) as error:
        raise SystemExit(f"not authentic: {error}") from None
    sys.stdout.write(f"{content['request_id']}: erased in {len(content['reports']) + 1} stores\n")


async def invite_first(settings: ApiSettings, arguments: argparse.Namespace) -> None:
    """Invites an operator to register a key while nobody has one, and prints the code once."""
    pool, clock, macs = (
        await db.create_pool(settings.database_url),
        SystemClock(),
        SignInMacs(settings.outbox_key_bytes()),
    )
    service = FirstInvitations(pool=pool, outbox=_outbox(settings, clock), clock=clock, macs=macs)
    try:
        code = await service.invite(arguments.operator, by=tuple(arguments.by))
    except Conflict as error:
        raise SystemExit(error.detail) from None
    finally:
        await pool.close()
    sys.stdout.write(f"{code}\n")


def add_invitation_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `invite-first`."""
    parser.add_argument("operator", type=operator_id)
    parser.add_argument("--by", nargs=2, required=True, type=operator_id, metavar="NAME", help="the two who agree")


def operator_id(text: str) -> str:
    """An operator's id.

    Raises:
        ValueError: another form.
    """
    if re.fullmatch(OPERATOR_PATTERN, text) is None:
        raise ValueError("not an operator's id")
    return text


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "api": Command(run_api, ApiSettings, help="serve operators"),
    "worker": Command(run_worker, WorkerSettings, help="relay the outbox, consume events, watch SLAs"),
    **parked_commands(WorkerSettings, open_parked),
    "reconcile": Command(reconcile, ApiSettings, help="compare lenders' access with what was ordered"),
    "invite-first": Command(
        invite_first,
        ApiSettings,
        help="invite an operator to register a key while nobody has one",
        arguments=add_invitation_arguments,
    ),
    **rotation_commands(
        ApiSettings, {"rotate-key": lambda _: SIGNING_KEY, "rotate-report-key": lambda _: REPORT_KEY_LABEL}
    ),
    "permissions": Command(print_permissions, help="print the table of roles and routes"),
    "openapi": Command(print_openapi, help="print the OpenAPI document"),
    "verify-erasure": Command(
        verify_erasure, help="verify the report of an erasure, offline", arguments=add_verify_arguments
    ),
    "portal": Command(serve_portal, portal.ApiSettings, help="serve distributors and lenders", process="portal"),
    "portal-worker": Command(
        work_for_portal, portal.WorkerSettings, help="relay the portal's outbox, send codes", process="portal-worker"
    ),
    "portal-migrate": Command(migrate_portal, portal.MigrateSettings, help="bring the portal's database up to date"),
    "portal-openapi": Command(print_portal_openapi, help="print the OpenAPI document of the portal"),
    "dev-operators": Command(
        write_operators, help="write a development operators file", arguments=add_operator_arguments
    ),
}


def main() -> None:
    """Runs the command that the arguments name."""
    run_commands("altscore_admin", COMMANDS)
