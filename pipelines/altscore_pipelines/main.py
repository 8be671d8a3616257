"""Command line: `python -m altscore_pipelines migrate | bronze_to_silver | silver_to_gold | announce | run`.

`bronze_to_silver` prints the run's id as its last line, or exits with 99 when there is nothing to do: Airflow then
skips the rest.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from altscore_libs.clock import SystemClock
from altscore_libs.db import create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.logs import configure
from altscore_libs.outbox import Outbox, Relay
from altscore_libs.settings import OwnerSettings
from pydantic_settings import SettingsConfigDict

from altscore_pipelines.errors import PipelineError
from altscore_pipelines.hooks.consent import read_snapshot
from altscore_pipelines.hooks.dbt import Dbt
from altscore_pipelines.hooks.ledger import is_announced
from altscore_pipelines.hooks.vault import read_identities
from altscore_pipelines.jobs.announce import PRODUCER, announce, report_stop
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes, Sources, Started, bronze_to_silver, seconds_to_rest
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.settings import PipelineSettings
from altscore_pipelines.storage import open_storage

NOTHING_TO_DO = 99
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
_SERVICE_TIMEOUT_S = 30.0
_log = logging.getLogger("altscore.pipeline")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "JAVA_HOME", "JAVA_TOOL_OPTIONS")


class PipelineOwnerSettings(OwnerSettings):
    """For `migrate` alone."""

    model_config = SettingsConfigDict(env_prefix="PIPELINE_", frozen=True, hide_input_in_errors=True, extra="ignore")


def make_engine(settings: PipelineSettings) -> Engine:
    """dbt on the engine of the settings; its process sees only what it needs."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | settings.dbt_environment()

    def make_dbt(run_id: str) -> Dbt:
        work = settings.work_dir.resolve() / run_id
        return Dbt(settings.dbt_project_dir, work, target=settings.dbt_target(), environment=environment)

    return Engine(settings.engine, settings.dbt_project_dir, make_dbt)


@asynccontextmanager
async def _database(settings: PipelineSettings) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(settings.database_url, max_size=2)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def _outbox(settings: PipelineSettings) -> AsyncIterator[tuple[asyncpg.Pool, Outbox, Relay]]:
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    async with _database(settings) as pool:
        yield pool, Outbox(catalogue, PRODUCER, SystemClock()), Relay(pool, catalogue, settings)


async def start(settings: PipelineSettings) -> Started | None:
    """Runs `bronze_to_silver` with the real services."""
    tls, clock = settings.client_tls(), SystemClock()
    lakes = Lakes(open_storage(settings.bronze_root, settings), open_storage(settings.lake_root, settings))
    await asyncio.sleep(seconds_to_rest(lakes.lake, clock, settings.min_interval_s))
    async with (
        ServiceClient(settings.consent_url, tls=tls, timeout_s=_SERVICE_TIMEOUT_S) as consent,
        ServiceClient(settings.vault_url, tls=tls, timeout_s=_SERVICE_TIMEOUT_S) as vault,
        _database(settings) as pool,
    ):

        async def announced(run_id: str) -> bool:
            async with pool.acquire() as connection:
                return await is_announced(connection, run_id)

        sources = Sources(lambda: read_snapshot(consent), lambda ids: read_identities(vault, ids))
        return await bronze_to_silver(
            lakes,
            sources,
            make_engine(settings),
            clock=clock,
            is_announced=announced,
            as_of_on=settings.as_of_on,
        )


def finish(settings: PipelineSettings, run_id: str) -> str:
    """Runs `silver_to_gold`."""
    lake = open_storage(settings.lake_root, settings)
    return silver_to_gold(lake, make_engine(settings), run_id, clock=SystemClock(), keep_runs=settings.keep_runs)


async def tell(settings: PipelineSettings, run_id: str) -> None:
    """Runs `announce` and sends what waits in the outbox, of earlier runs too."""
    async with _outbox(settings) as (pool, outbox, relay):
        is_new = await announce(open_storage(settings.lake_root, settings), pool, outbox, run_id)
        sent = await relay.drain_once()
    _log.info("announced", extra={"run_id": run_id, "is_new": is_new, "events_sent": sent})


async def tell_stop(settings: PipelineSettings, step: str, error: PipelineError) -> None:
    """Audits why a step stopped; its sending may wait for the next run."""
    async with _outbox(settings) as (pool, outbox, _relay):
        await report_stop(pool, outbox, step, error)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one step, or all."""
    options = _parser().parse_args(argv)
    if options.command == "migrate":
        upgrade(PipelineOwnerSettings().owner_database_url, MIGRATIONS)  # type: ignore[call-arg]
        return 0
    settings = PipelineSettings()  # type: ignore[call-arg]  # filled from the environment
    configure(PRODUCER)
    try:
        run_id = _run(options.command, settings, getattr(options, "run", ""))
    except PipelineError as error:
        _log.error("run stopped", extra={"reason": type(error).__name__, "what": str(error)})
        asyncio.run(tell_stop(settings, options.command, error))
        return 1
    if run_id is None:
        return NOTHING_TO_DO
    sys.stdout.write(f"{run_id}\n")
    return 0


def _run(command: str, settings: PipelineSettings, run_id: str) -> str | None:
    if command in ("bronze_to_silver", "run"):
        started = asyncio.run(start(settings))
        _log.info("bronze_to_silver", extra={"run": started and started.run_id, "is_new": started and started.is_new})
        if started is None:
            return None
        run_id = started.run_id
    if command in ("silver_to_gold", "run"):
        _log.info("silver_to_gold", extra={"manifest": finish(settings, run_id)})
    if command in ("announce", "run"):
        asyncio.run(tell(settings, run_id))
    return run_id


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore_pipelines", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("migrate", "bronze_to_silver", "run"):
        commands.add_parser(name)
    for name in ("silver_to_gold", "announce"):
        commands.add_parser(name).add_argument("--run", required=True, metavar="RUN_ID")
    return parser
