"""Entry points: reads the environment, opens pools and keys, wires, serves."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import BatchConsumer, Decoder
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.registry import Registry
from altscore_libs.service import Listener, Readiness, run, serve
from altscore_libs.signer import derive_key, open_signer

from altscore_consent import keys
from altscore_consent.announce import SERVICE, Announcer
from altscore_consent.api import build_app
from altscore_consent.api.fast import with_fast_check
from altscore_consent.authority import Authority
from altscore_consent.belief import Belief
from altscore_consent.checks import Checks
from altscore_consent.disclosure import Disclosure
from altscore_consent.expiry import Expiry
from altscore_consent.notices import Notices
from altscore_consent.records import Verifier
from altscore_consent.seals import CONTEXT, Sealer
from altscore_consent.settings import ApiSettings, MigrateSettings, SigningSettings, UpkeepSettings, WorkerSettings
from altscore_consent.upkeep import Upkeep
from altscore_consent.usage import TOPICS, UsageMeter

ROOT = Path(__file__).parents[2]


async def _belief(settings: SigningSettings, pool: asyncpg.Pool, announcer: Announcer) -> Belief:
    labels = [one for one in (settings.seal_key_label, settings.seal_key_label_before) if one is not None]
    sealer = Sealer([await derive_key(settings, one, CONTEXT) for one in labels])
    verifier = Verifier(keys.KeyRing(settings.public_keys_dir))
    return Belief(pool, verifier, sealer, announcer, SystemClock())


async def _api(settings: ApiSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url, max_size=settings.pool_max_size)
    announcer = Announcer(Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock))
    signer = await open_signer(settings, await keys.signing_label(settings))
    belief = await _belief(settings, pool, announcer)
    authority = Authority(
        pool,
        announcer,
        signer,
        belief=belief,
        notices=Notices.load(),
        clock=clock,
        invite_ttl=timedelta(days=settings.invite_ttl_days),
    )
    checks = Checks(pool, belief, announcer, clock)
    app = build_app(authority, checks, Disclosure(pool, belief, announcer, signer, clock=clock), clock)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    listener = Listener(with_fast_check(app, checks), settings.api_port, settings.server_tls())
    await serve(SERVICE, listeners=[listener], readiness=readiness, internal_port=settings.internal_port)


async def _worker(settings: WorkerSettings) -> None:
    clock = SystemClock()
    pool = await db.create_pool(settings.database_url)
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    expiry = Expiry(pool, Announcer(Outbox(catalogue, SERVICE, clock)), clock, interval_s=settings.expiry_interval_s)
    meter = UsageMeter(pool, Decoder(catalogue, Registry(settings.registry_url)))
    uses = BatchConsumer(settings, group=SERVICE, topics=TOPICS, handler=meter.count)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    workers = {"relay": Relay(pool, catalogue, settings).run, "expiry": expiry.run, "uses": uses.run}
    await serve(SERVICE, workers=workers, readiness=readiness, internal_port=settings.internal_port)


async def _rotate_key(settings: UpkeepSettings) -> int:
    pool = await db.create_pool(settings.database_url, max_size=1)
    label = await keys.rotate(settings)
    signer = await open_signer(settings, label)
    announcer = Announcer(Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, SystemClock()))
    async with db.transaction(pool) as connection:
        await announcer.key_rotated(connection, label, signer.key_id)
    await pool.close()
    _say({"label": label, "key_id": signer.key_id, "next": "restart the api; keep every older public key"})
    return 0


async def _upkeep(settings: UpkeepSettings, work: Callable[[Upkeep], Awaitable[int]]) -> int:
    pool = await db.create_pool(settings.database_url, max_size=2, statement_timeout_s=60)
    announcer = Announcer(Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, SystemClock()))
    status = await work(Upkeep(pool, await _belief(settings, pool, announcer)))
    await pool.close()
    return status


async def _reseal(upkeep: Upkeep, *, is_first: bool = False) -> int:
    found = await upkeep.reseal(is_first=is_first)
    _say(found._asdict())
    return 1 if found.refused else 0


async def _sweep(upkeep: Upkeep) -> int:
    found = await upkeep.sweep()
    _say(found._asdict())
    return 1 if found.bad_records or found.bad_states else 0


def _say(found: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


def openapi_document() -> str:
    """The committed OpenAPI document."""
    return json.dumps(build_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """`migrate`, `api`, `worker`, `openapi`, `rotate-key`, `reseal` or `sweep`."""
    parser = argparse.ArgumentParser(prog="altscore_consent")
    commands = ["migrate", "api", "worker", "openapi", "rotate-key", "reseal", "sweep"]
    parser.add_argument("command", choices=commands)
    parser.add_argument("--first", action="store_true", help="reseal: take states that never had a seal")
    given = parser.parse_args()
    command = given.command
    if command == "migrate":
        db.upgrade(MigrateSettings().owner_database_url, ROOT / "migrations")  # type: ignore[call-arg]
    elif command == "api":
        run(_api(ApiSettings()))  # type: ignore[call-arg]  # filled from the environment
    elif command == "worker":
        run(_worker(WorkerSettings()))  # type: ignore[call-arg]
    elif command == "openapi":
        sys.stdout.write(openapi_document())
    elif command == "rotate-key":
        sys.exit(asyncio.run(_rotate_key(UpkeepSettings())))  # type: ignore[call-arg]
    else:
        work = _sweep if command == "sweep" else partial(_reseal, is_first=given.first)
        sys.exit(asyncio.run(_upkeep(UpkeepSettings(), work)))  # type: ignore[call-arg]
