"""The only place of the admin service that reads the environment, opens pools and wires."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from altscore_libs import db, service
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.events import SchemaCatalog
from altscore_libs.hpke import HpkeDecryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Listener, Readiness
from altscore_libs.signer import open_signer

from altscore_admin import api, operators
from altscore_admin.clients import Owners
from altscore_admin.desk import Desk
from altscore_admin.grievances import SlaWatch, grievance_filed
from altscore_admin.handlers import anomaly_detected
from altscore_admin.operators import BadOperatorsFile, DevelopmentOperators
from altscore_admin.settings import ApiSettings, MigrateSettings, WorkerSettings

SERVICE = "admin"
SIGNING_KEY = "promotion"


def sign_in_of(settings: ApiSettings) -> DevelopmentOperators:
    """Who may sign in.

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


async def run_api(settings: ApiSettings) -> None:
    """The operators' door."""
    sign_in, clock, tls = sign_in_of(settings), SystemClock(), settings.client_tls()
    pool = await db.create_pool(settings.database_url)

    def client(url: str) -> ServiceClient:
        return ServiceClient(url, tls=tls, timeout_s=settings.call_timeout_s)

    owners = Owners(
        ingestion=client(settings.ingestion_url),
        score=client(settings.score_url),
        consent=client(settings.consent_url),
        vault=client(settings.vault_url),
        audit=client(settings.audit_url),
    )
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock)
    box = HpkeDecryptor.load(settings.grievance_keys_dir)
    desk = Desk(pool, outbox, clock, owners, await open_signer(settings, SIGNING_KEY), sign_in, box)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(api.build(desk), settings.api_port, settings.server_tls(), require_client_certificate=False)
    try:
        await service.serve("admin", listeners=[listener], readiness=readiness, internal_port=settings.internal_port)
    finally:
        for one in (owners.ingestion, owners.score, owners.consent, owners.vault, owners.audit):
            await one.close()
        await pool.close()


async def run_worker(settings: WorkerSettings) -> None:
    """The relay, and the events that wait for a person."""
    pool, catalogue = await db.create_pool(settings.database_url), SchemaCatalog.load(settings.schemas_dir)
    consumer = Consumer(
        pool,
        catalogue,
        settings,
        group=SERVICE,
        topics=["altscore.anomaly", "altscore.grievances"],
        handlers={"erp.anomaly.detected": anomaly_detected, "grievance.filed": grievance_filed},
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    clock = SystemClock()
    watch = SlaWatch(pool, Outbox(catalogue, SERVICE, clock), clock)
    workers = {"relay": Relay(pool, catalogue, settings).run, "consumer": consumer.run, "promises": watch.run}
    try:
        await service.serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)
    finally:
        await pool.close()


def migrate() -> None:
    """Brings the database to the newest version, as its owner."""
    settings = MigrateSettings.model_validate({})
    db.upgrade(settings.owner_database_url, settings.migrations_dir)


def openapi() -> None:
    """Prints the OpenAPI document; it needs no database."""
    sys.stdout.write(json.dumps(api.build(None).openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def dev_operators(arguments: Sequence[str]) -> None:
    """`dev-operators FILE name=role,role ...`: writes the hashes, prints the tokens once."""
    if len(arguments) < 2:
        raise SystemExit("usage: python -m altscore_admin dev-operators FILE NAME=ROLE[,ROLE] ...")
    wanted = [(name, roles.split(",")) for name, _, roles in (one.partition("=") for one in arguments[1:])]
    try:
        content, tokens = operators.new_file(wanted)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    path = Path(arguments[0])
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    sys.stdout.write(json.dumps(tokens, indent=2) + "\n")


def main() -> None:
    """`migrate`, `api`, `worker`, `openapi` or `dev-operators`."""
    starts: dict[str, Callable[[], Awaitable[None]]] = {
        "api": lambda: run_api(ApiSettings.model_validate({})),
        "worker": lambda: run_worker(WorkerSettings.model_validate({})),
    }
    plain: dict[str, Callable[[], None]] = {
        "migrate": migrate,
        "openapi": openapi,
        "dev-operators": lambda: dev_operators(sys.argv[2:]),
    }
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in plain:
        plain[command]()
    elif command in starts:
        service.run(starts[command]())
    else:
        raise SystemExit("usage: python -m altscore_admin migrate|api|worker|openapi|dev-operators")
