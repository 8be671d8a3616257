"""Command line: `python -m altscore_pipelines migrate | bronze_to_silver | silver_to_gold | announce | run | explain`.

`bronze_to_silver` prints the run's id as its last line, or exits with 99 when there is nothing to do: Airflow then
skips the rest.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from altscore_libs import tracing
from altscore_libs.clock import SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.db import create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.logs import configure
from altscore_libs.outbox import Outbox
from altscore_libs.relay import open_relay
from altscore_libs.signer import PublicKeys
from altscore_libs.trace_context import trace_id_of

from altscore_pipelines.docs import write_docs
from altscore_pipelines.errors import NothingToExplain, PipelineError
from altscore_pipelines.explain.report import to_json, to_table
from altscore_pipelines.explain.service import Explainer, is_known, newest_run
from altscore_pipelines.hooks.consent import read_snapshot
from altscore_pipelines.hooks.dbt import Dbt
from altscore_pipelines.hooks.run_store import is_announced
from altscore_pipelines.hooks.vault import read_identities
from altscore_pipelines.jobs.announce import PRODUCER, announce, report_stop
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes, Sources, Started, bronze_to_silver, seconds_to_rest
from altscore_pipelines.jobs.silver_to_gold import silver_to_gold
from altscore_pipelines.lineage.drawing import draw, graph_of
from altscore_pipelines.lineage.recording import kept_if_possible, read_lineage, record_announcement
from altscore_pipelines.settings import MigrateSettings, PipelineSettings
from altscore_pipelines.status import check_bronze, describe_run
from altscore_pipelines.storage import open_storage

NOTHING_TO_DO = 99
UNEXPLAINED = 2
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
_SERVICE_TIMEOUT_S = 30.0
_log = logging.getLogger("altscore.pipeline")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "JAVA_HOME", "JAVA_TOOL_OPTIONS")


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
async def _outbox(settings: PipelineSettings) -> AsyncIterator[tuple[asyncpg.Pool, Outbox]]:
    catalogue = SchemaCatalog.load(settings.schemas_dir)
    async with _database(settings) as pool:
        yield pool, Outbox(catalogue, PRODUCER, SystemClock(), mac_key=settings.outbox_key_bytes())


async def _send(settings: PipelineSettings) -> int:
    """Sends what waits in the outbox; how many events the broker took."""
    relay = await open_relay(settings, SchemaCatalog.load(settings.schemas_dir), PRODUCER)
    try:
        return await relay.drain_once()
    finally:
        await relay.close()


async def start(settings: PipelineSettings) -> Started | None:
    """Runs `bronze_to_silver` with the real services."""
    tls, clock = settings.client_tls(), SystemClock()
    lakes = Lakes(
        open_storage(settings.bronze_root, settings),
        open_storage(settings.lake_root, settings),
        PublicKeys.load(settings.public_keys_dir),
    )
    await asyncio.sleep(seconds_to_rest(lakes.lake, clock, settings.min_interval_s))
    async with (
        ServiceClient(settings.consent_url, tls=tls, neighbour="consent", timeout_s=_SERVICE_TIMEOUT_S) as consent,
        ServiceClient(settings.vault_url, tls=tls, neighbour="vault", timeout_s=_SERVICE_TIMEOUT_S) as vault,
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


def finish(settings: PipelineSettings, run_id: str) -> None:
    """Runs `silver_to_gold`."""
    lake = open_storage(settings.lake_root, settings)
    key = silver_to_gold(lake, make_engine(settings), run_id, clock=SystemClock(), keep_runs=settings.keep_runs)
    _log.info("silver_to_gold", extra={"manifest": key})


def tell(settings: PipelineSettings, run_id: str) -> None:
    """Runs `announce` and sends what waits in the outbox, of earlier runs too."""
    asyncio.run(_tell(settings, run_id))


async def _tell(settings: PipelineSettings, run_id: str) -> None:
    async with _outbox(settings) as (pool, outbox):
        lake = open_storage(settings.lake_root, settings)
        is_new = await announce(lake, pool, outbox=outbox, run_id=run_id)
        sent = await _send(settings)
        if is_new:
            with kept_if_possible(run_id):
                record_announcement(lake, run_id, clock=SystemClock())
    _log.info("announced", extra={"run_id": run_id, "is_new": is_new, "events_sent": sent})


async def tell_stop(settings: PipelineSettings, step: str, error: PipelineError) -> None:
    """Audits why a step stopped; its sending may wait for the next run."""
    async with _outbox(settings) as (pool, outbox):
        await report_stop(pool, outbox, step=step, error=error)


def migrate(settings: MigrateSettings) -> None:
    """Brings the pipeline's database to the newest schema."""
    upgrade(settings.owner_database_url, MIGRATIONS)


def to_silver(settings: PipelineSettings) -> int:
    """First step; prints the run's id."""
    return _stopping("bronze_to_silver", settings, lambda: _begin(settings))


def to_gold(settings: PipelineSettings, options: argparse.Namespace) -> int:
    """Second step of the run that `--run` names."""
    return _stopping("silver_to_gold", settings, lambda: _continue(settings, options.run, (finish,)))


def tell_all(settings: PipelineSettings, options: argparse.Namespace) -> int:
    """Last step of the run that `--run` names."""
    return _stopping("announce", settings, lambda: _continue(settings, options.run, (tell,)))


def run(settings: PipelineSettings) -> int:
    """All steps."""

    def steps() -> str | None:
        run_id = _begin(settings)
        return None if run_id is None else _continue(settings, run_id, (finish, tell))

    return _stopping("run", settings, steps)


def _begin(settings: PipelineSettings) -> str | None:
    started = asyncio.run(start(settings))
    if started is None:
        _log.info("bronze_to_silver", extra={"run": None})
        return None
    names = [str(batch) for batch in started.set_aside]
    with trace_of(started.run_id):
        _log.info("bronze_to_silver", extra={"run": started.run_id, "is_new": started.is_new, "set_aside": names})
    return started.run_id


def _continue(settings: PipelineSettings, run_id: str, steps: Sequence[Callable[[PipelineSettings, str], None]]) -> str:
    with trace_of(run_id):
        for step in steps:
            step(settings, run_id)
    return run_id


def trace_of(run_id: str) -> tracing.Scope:
    """A block of a run: its log lines, calls and events have the trace id that follows from the run's id."""
    return tracing.step("pipeline", trace_id_of(run_id))


def _stopping(step: str, settings: PipelineSettings, steps: Callable[[], str | None]) -> int:
    """Exit status of a step: 0, 1 after a stop (logged and audited), or 99 when there is nothing to do."""
    configure(PRODUCER)
    try:
        run_id = steps()
    except PipelineError as error:
        _log.error("run stopped", extra={"reason": type(error).__name__, "what": str(error)})
        asyncio.run(tell_stop(settings, step, error))
        return 1
    if run_id is None:
        return NOTHING_TO_DO
    sys.stdout.write(f"{run_id}\n")
    return 0


def explain(settings: PipelineSettings, options: argparse.Namespace) -> int:
    """Lists the source records behind a value of Gold; 1 where they do not give the value again, 2 where there is none.

    The folder of the retailer's rows is removed before the command ends.
    """
    lakes = Lakes(open_storage(settings.bronze_root, settings), open_storage(settings.lake_root, settings))
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="explain-", dir=settings.work_dir.resolve()) as work:
        try:
            newest = newest_run(lakes.lake)
            run_id = options.run or newest
            if run_id != newest and not is_known(lakes.lake, newest, options.retailer_id):
                raise NothingToExplain("the newest run does not know this retailer: withdrawn or erased since")
            here = {"engine": "duckdb", "bronze_root": work, "lake_root": work, "work_dir": Path(work)}
            local = settings.model_copy(update=here)
            explainer = Explainer(lakes, make_engine(local), run_id=run_id, work=Path(work) / "rows")
            explanation = explainer.explain(options.retailer_id, options.feature)
        except PipelineError as error:
            sys.stderr.write(f"{error}\n")
            return UNEXPLAINED
    sys.stdout.write((to_json(explanation) if options.json else to_table(explanation)) + "\n")
    return 0 if explanation.agrees else 1


def describe(settings: PipelineSettings, options: argparse.Namespace) -> int:
    """Tells what a run worked on and left out; 2 where there is no such run."""
    lake = open_storage(settings.lake_root, settings)
    try:
        lines = list(describe_run(lake, options.run or newest_run(lake)))
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return UNEXPLAINED
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def check(settings: PipelineSettings) -> int:
    """Reads Bronze as a run does and names what it would set aside; 1 where there is any. Changes nothing."""
    bronze, keys = open_storage(settings.bronze_root, settings), PublicKeys.load(settings.public_keys_dir)
    lines = list(check_bronze(bronze, keys, SystemClock().now()))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0 if len(lines) == 1 else 1


def draw_lineage(settings: PipelineSettings, options: argparse.Namespace) -> int:
    """Draws what a run's tables were made of, from its OpenLineage events; 2 where none are kept."""
    lake = open_storage(settings.lake_root, settings)
    try:
        run_id = options.run or newest_run(lake)
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return UNEXPLAINED
    events = read_lineage(lake, run_id)
    if not events:
        sys.stderr.write(f"run {run_id} has no events\n")
        return UNEXPLAINED
    if options.json:
        sys.stdout.writelines(json.dumps(event, sort_keys=True) + "\n" for event in events)
        return 0
    picture = draw(graph_of(events), f"run {run_id}: tables and their rows")
    options.out.write_text(picture, encoding="utf-8")
    sys.stdout.write(f"{options.out}\n")
    return 0


def _may_name_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="RUN_ID", help="by default the newest")


def _names_picture(parser: argparse.ArgumentParser) -> None:
    _may_name_run(parser)
    parser.add_argument("--out", type=Path, default=Path("lineage.svg"), help="the picture's file")
    parser.add_argument("--json", action="store_true", help="prints the events instead")


def make_docs(options: argparse.Namespace) -> int:
    """Writes dbt's documentation as one HTML file; needs no environment and no lake."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        sys.stdout.write(f"{write_docs(options.out.resolve(), environment)}\n")
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _names_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder of index.html")


def _names_value(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("retailer_id")
    parser.add_argument("feature", help="a column of Gold")
    _may_name_run(parser)
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def _names_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", required=True, metavar="RUN_ID")


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="creates or upgrades the pipeline's tables"),
    "bronze_to_silver": Command(to_silver, PipelineSettings, help="first step; prints the run's id"),
    "silver_to_gold": Command(to_gold, PipelineSettings, help="second step", arguments=_names_run),
    "announce": Command(tell_all, PipelineSettings, help="last step", arguments=_names_run),
    "run": Command(run, PipelineSettings, help="all steps"),
    "check": Command(check, PipelineSettings, help="names the batches that the next run would set aside"),
    "describe": Command(describe, PipelineSettings, help="what a run left out", arguments=_may_name_run),
    "docs": Command(make_docs, help="dbt's documentation of the lake", arguments=_names_folder),
    "lineage": Command(draw_lineage, PipelineSettings, help="draws a run's lineage", arguments=_names_picture),
    "explain": Command(explain, PipelineSettings, help="the source records behind a value", arguments=_names_value),
}


def main() -> None:
    """Runs the command that the arguments name."""
    run_commands("altscore_pipelines", COMMANDS)
