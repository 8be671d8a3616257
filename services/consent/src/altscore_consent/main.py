"""Entry points: reads the environment, opens pools and keys, wires, serves."""

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import Catalogue
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import PublicKeys, open_signer

from altscore_consent.announce import SERVICE, Announcer
from altscore_consent.api import build_app
from altscore_consent.authority import Authority
from altscore_consent.checks import Checks
from altscore_consent.expiry import Expiry
from altscore_consent.notices import Notices
from altscore_consent.records import Verifier
from altscore_consent.settings import ApiSettings, MigrateSettings, WorkerSettings

ROOT = Path(__file__).parents[2]


async def _api(settings: ApiSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=settings.pool_max_size)
    announcer = Announcer(Outbox(Catalogue.load(settings.schemas_dir), SERVICE, clock))
    signer = await open_signer(settings, settings.signer_key_label)
    authority = Authority(
        pool,
        announcer,
        signer,
        notices=Notices.load(),
        clock=clock,
        invite_ttl=timedelta(days=settings.invite_ttl_days),
    )
    checks = Checks(pool, Verifier(PublicKeys.load(settings.public_keys_dir)), announcer, clock)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(build_app(authority, checks, clock), settings.api_port, settings.server_tls())
    await serve(SERVICE, listeners=[listener], readiness=readiness, internal_port=settings.internal_port)


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    catalogue = Catalogue.load(settings.schemas_dir)
    expiry = Expiry(pool, Announcer(Outbox(catalogue, SERVICE, clock)), clock, interval_s=settings.expiry_interval_s)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    workers = {"relay": Relay(pool, catalogue, settings).run, "expiry": expiry.run}
    await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)


def openapi_document() -> str:
    """The committed OpenAPI document."""
    return json.dumps(build_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """`migrate`, `api`, `worker` or `openapi`."""
    parser = argparse.ArgumentParser(prog="altscore_consent")
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
