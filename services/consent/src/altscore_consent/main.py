"""Commands of the consent service: each reads its settings from the environment, wires and runs."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import asyncpg
from altscore_libs import db
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.consumer import BatchConsumer, Decoder
from altscore_libs.events import Catalogue
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.registry import Registry
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.settings import ServiceSettings
from altscore_libs.signer import Signer, derive_key, open_signer

from altscore_consent.app import create_app
from altscore_consent.checks.service import CheckService
from altscore_consent.dependencies import Services
from altscore_consent.exports.service import ExportService
from altscore_consent.grants import signing_keys
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.grants.records import RecordVerifier
from altscore_consent.grants.row_mac import CONTEXT, RowMac
from altscore_consent.grants.service import ConsentService
from altscore_consent.grants.worker import Expiry
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.notices import Notices
from altscore_consent.invites.service import InviteService
from altscore_consent.maintenance.service import MaintenanceService
from altscore_consent.platform.batched_reads import BatchedReads
from altscore_consent.platform.raw_routes import with_raw_checks
from altscore_consent.settings import (
    SERVICE,
    ApiSettings,
    MaintenanceSettings,
    MigrateSettings,
    SigningSettings,
    WorkerSettings,
)
from altscore_consent.usage.events import TOPICS, UsageMeter

ROOT = Path(__file__).parents[2]


class Parts(NamedTuple):
    """What every command that changes the database needs."""

    pool: asyncpg.Pool
    catalogue: Catalogue
    outbox: Outbox
    clock: Clock


async def _parts(settings: ServiceSettings, *, max_size: int = 8, statement_timeout_s: float = 5.0) -> Parts:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=max_size, statement_timeout_s=statement_timeout_s)
    catalogue = Catalogue.load(settings.schemas_dir)
    return Parts(pool=pool, catalogue=catalogue, outbox=Outbox(catalogue, SERVICE, clock), clock=clock)


async def _verifier(settings: SigningSettings, parts: Parts) -> StateVerifier:
    labels = [label for label in (settings.mac_key_label, settings.mac_key_label_before) if label is not None]
    return StateVerifier(
        pool=parts.pool,
        records=RecordVerifier(signing_keys.KeyRing(settings.public_keys_dir)),
        row_mac=RowMac([await derive_key(settings, label, CONTEXT) for label in labels]),
        outbox=parts.outbox,
        clock=parts.clock,
    )


def build_services(
    parts: Parts, verifier: StateVerifier, signer: Signer, *, reads: BatchedReads, invite_ttl: timedelta
) -> Services:
    """The use cases of the api."""
    pool, outbox, clock, notices = parts.pool, parts.outbox, parts.clock, Notices.load()
    invite_publisher = InvitePublisher(outbox)
    return Services(
        invites=InviteService(
            pool=pool, publisher=invite_publisher, notices=notices, clock=clock, invite_ttl=invite_ttl
        ),
        consents=ConsentService(
            pool=pool,
            publisher=ConsentPublisher(outbox),
            invite_publisher=invite_publisher,
            signer=signer,
            verifier=verifier,
            notices=notices,
            clock=clock,
        ),
        checks=CheckService(pool=pool, reads=reads, verifier=verifier, outbox=outbox, clock=clock),
        exports=ExportService(pool=pool, verifier=verifier, outbox=outbox, signer=signer, clock=clock),
    )


async def _api(settings: ApiSettings) -> None:
    parts = await _parts(settings, max_size=settings.pool_max_size)
    signer = await open_signer(settings, await signing_keys.signing_label(settings))
    services = build_services(
        parts,
        await _verifier(settings, parts),
        signer,
        reads=BatchedReads(parts.pool, parts.clock),
        invite_ttl=timedelta(days=settings.invite_ttl_days),
    )
    readiness = Readiness()
    readiness.add("database", lambda: db.check(parts.pool))
    app = with_raw_checks(create_app(services), services.checks)
    listener = Listener(app, settings.api_port, settings.server_tls())
    await serve(SERVICE, listeners=[listener], readiness=readiness, internal_port=settings.internal_port)


async def _worker(settings: WorkerSettings) -> None:
    parts = await _parts(settings)
    expiry = Expiry(
        pool=parts.pool,
        publisher=ConsentPublisher(parts.outbox),
        invite_publisher=InvitePublisher(parts.outbox),
        clock=parts.clock,
        interval_s=settings.expiry_interval_s,
    )
    meter = UsageMeter(parts.pool, Decoder(parts.catalogue, Registry(settings.registry_url)))
    uses = BatchConsumer(settings, group=SERVICE, topics=TOPICS, handler=meter.count)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(parts.pool))
    workers = {
        "relay": Relay(parts.pool, parts.catalogue, settings).run,
        "expiry": expiry.run,
        "uses": uses.run,
    }
    await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)


async def _rotate_key(settings: MaintenanceSettings) -> int:
    parts = await _parts(settings, max_size=1)
    label = await signing_keys.rotate(settings)
    signer = await open_signer(settings, label)
    async with db.transaction(parts.pool) as connection:
        details = {"label": label, "key_id": signer.key_id}
        await parts.outbox.audit(connection, "consent_key_rotated", actor=SERVICE, outcome="ok", details=details)
    await parts.pool.close()
    _print({"label": label, "key_id": signer.key_id, "next": "restart the api; keep every older public key"})
    return 0


async def _maintain(settings: MaintenanceSettings, work: Callable[[MaintenanceService], Awaitable[int]]) -> int:
    parts = await _parts(settings, max_size=2, statement_timeout_s=60)
    status = await work(MaintenanceService(parts.pool, await _verifier(settings, parts)))
    await parts.pool.close()
    return status


async def _remac(maintenance: MaintenanceService, *, is_first: bool = False) -> int:
    report = await maintenance.remac(is_first=is_first)
    _print(report._asdict())
    return 1 if report.refused else 0


async def _sweep(maintenance: MaintenanceService) -> int:
    report = await maintenance.sweep()
    _print(report._asdict())
    return 1 if report.bad_records or report.bad_states else 0


def _print(report: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")


def openapi_document() -> str:
    """The committed OpenAPI document."""
    return json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """`migrate`, `api`, `worker`, `openapi`, `rotate-key`, `remac` or `sweep`."""
    parser = argparse.ArgumentParser(prog="altscore_consent")
    commands = ["migrate", "api", "worker", "openapi", "rotate-key", "remac", "sweep"]
    parser.add_argument("command", choices=commands)
    parser.add_argument("--first", action="store_true", help="remac: take states that never had a MAC")
    arguments = parser.parse_args()
    command = arguments.command
    if command == "migrate":
        db.upgrade(MigrateSettings().owner_database_url, ROOT / "migrations")  # type: ignore[call-arg]  # environment
    elif command == "api":
        run(_api(ApiSettings()))  # type: ignore[call-arg]  # from the environment
    elif command == "worker":
        run(_worker(WorkerSettings()))  # type: ignore[call-arg]  # from the environment
    elif command == "openapi":
        sys.stdout.write(openapi_document())
    elif command == "rotate-key":
        sys.exit(asyncio.run(_rotate_key(MaintenanceSettings())))  # type: ignore[call-arg]  # from the environment
    else:
        work = _sweep if command == "sweep" else partial(_remac, is_first=arguments.first)
        sys.exit(asyncio.run(_maintain(MaintenanceSettings(), work)))  # type: ignore[call-arg]  # environment
