"""First step: verify Bronze, ask who consents, fix the plan, build Silver; or find that there is nothing to do."""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from altscore_libs.clock import Clock
from altscore_libs.signer import PublicKeys

from altscore_pipelines.bounds import EARLIEST_ON
from altscore_pipelines.bronze import Batch, SetAside, changed_since, read_bronze, snapshot_day
from altscore_pipelines.errors import BronzeChanged, NoSoundBatch
from altscore_pipelines.hooks.consent import ConsentSnapshot
from altscore_pipelines.hooks.dbt import Dbt, Invocation
from altscore_pipelines.lineage.recording import recorded
from altscore_pipelines.plan import Identity, RunPlan, code_version, run_key, write_plan
from altscore_pipelines.storage import Storage, read_if_any

POINTER = "gold/current.json"
_log = logging.getLogger("altscore.pipeline")
SILVER = ("path:models/stage", "path:models/silver")
_SILVER_TABLES = ("invoice", "payment", "return", "retailer")
_FOLDERS = {
    "silver": (
        *(f"stage/{name}" for name in _SILVER_TABLES),
        *_SILVER_TABLES,
        "allocation",
        "ledger",
        "control/totals",
        "control/unreconciled",
        "control/erp",
    ),
    "gold": ("retailer_features", "labels"),
}


@dataclass(frozen=True)
class Engine:
    """How dbt is run: on which engine, with which project, in which scratch folder."""

    name: str
    project: Path
    make_dbt: Callable[[str], Dbt]


@dataclass(frozen=True)
class Sources:
    """The two services a run asks."""

    consent: Callable[[], Awaitable[ConsentSnapshot]]
    identities: Callable[[Sequence[str]], Awaitable[list[Identity]]]


@dataclass(frozen=True)
class Lakes:
    """Where a run reads and writes, and by whose keys the manifests of Bronze are signed (None: a folder of tests)."""

    bronze: Storage
    lake: Storage
    manifest_keys: PublicKeys | None = None


@dataclass(frozen=True)
class Started:
    """A run to be continued; `is_new` False: it is the current one, only its announcement is missing."""

    run_id: str
    is_new: bool
    set_aside: tuple[SetAside, ...] = ()


async def bronze_to_silver(
    lakes: Lakes,
    sources: Sources,
    engine: Engine,
    *,
    clock: Clock,
    is_announced: Callable[[str], Awaitable[bool]],
    as_of_on: date | None = None,
) -> Started | None:
    """Builds Silver of a new run.

    Args:
        lakes: Bronze and the lake.
        sources: consent and vault.
        engine: of the SQL.
        clock: for the run's id and for batches that say they come from the future; no feature sees it.
        is_announced: whether the current run reached the broker.
        as_of_on: snapshot day; by default the day after the last ledger's end.

    Returns:
        The run to go on with; None when Gold already is what this run would make, or Bronze is empty.

    Raises:
        NoSoundBatch: every batch would have to be set aside; some are named.
        BronzeChanged: an object that the engines read by name was written again; the next run sets its batch aside.
        DbtFailed: a model or test failed.
    """
    content = read_bronze(lakes.bronze, keys=lakes.manifest_keys, now=clock.now())
    batches, set_aside = content.batches, tuple(content.set_aside)
    _tell(set_aside)
    if not batches:
        if set_aside:
            raise NoSoundBatch(set_aside)
        return None
    snapshot = await sources.consent()
    code = code_version(engine.name, engine.project)
    day = as_of_on or snapshot_day(batches)
    if day <= EARLIEST_ON:  # every ledger is in the middle of its first sync: invoices may be there without payments
        _log.info("no ledger has told a whole day yet")
        return None
    key = run_key(content, consent_version=snapshot.version, code_version=code, as_of_on=day)
    present = read_if_any(lakes.lake, POINTER)
    current = json.loads(present.body) if present else {}
    if current.get("run_key") == key:
        run_id = str(current["run_id"])
        return None if await is_announced(run_id) else Started(run_id, is_new=False, set_aside=set_aside)
    plan = RunPlan(
        run_id=new_run_id(clock.now()),
        run_key=key,
        as_of_on=day,
        consent_version=snapshot.version,
        code_version=code,
        bronze=tuple(sorted((batch.batch_id, batch.manifest_sha256) for batch in batches)),
        set_aside=set_aside,
    )
    identities = await sources.identities(snapshot.retailer_ids)
    _build(lakes.lake, engine, plan=plan, batches=batches, identities=identities, clock=clock)
    if changed := changed_since(lakes.bronze, batches):
        raise BronzeChanged(f"{changed[0]} was written again during the run, {len(changed)} in all")
    return Started(plan.run_id, is_new=True, set_aside=set_aside)


def _tell(set_aside: Sequence[SetAside]) -> None:
    for batch in set_aside:
        names = {"batch": batch.folder, "object": batch.object_name, "reason": batch.reason}
        _log.error("batch set aside", extra=names)


def _build(
    lake: Storage,
    engine: Engine,
    *,
    plan: RunPlan,
    batches: Sequence[Batch],
    identities: Sequence[Identity],
    clock: Clock,
) -> None:
    write_plan(lake, plan, batches=batches, identities=identities)
    make_folders(lake, plan.run_id)
    dbt = engine.make_dbt(plan.run_id)
    with recorded(lake, plan, dbt, job="bronze_to_silver", clock=clock):
        dbt.run([Invocation("build", SILVER, {"lake_root": lake.root, **plan.variables()})])


def seconds_to_rest(lake: Storage, clock: Clock, min_interval_s: int) -> float:
    """How long a woken run waits, so that a burst of events makes one run per interval; it then sees all of them."""
    present = read_if_any(lake, POINTER)
    if present is None:
        return 0.0
    finished_at = datetime.fromisoformat(json.loads(present.body)["finished_at"])
    return max(0.0, min_interval_s - (clock.now() - finished_at).total_seconds())


def make_folders(lake: Storage, run_id: str) -> None:
    """A folder lake needs its folders before DuckDB writes; an object store has none."""
    if lake.locks:
        return
    for layer, names in _FOLDERS.items():
        for name in names:
            (Path(lake.root) / layer / f"run={run_id}" / name).mkdir(parents=True, exist_ok=True)


def new_run_id(at: datetime) -> str:
    """`run_` and 26 hexadecimal digits: 12 of milliseconds, so that runs sort by time, and 14 random ones."""
    return f"run_{int(at.timestamp() * 1000):012x}{secrets.token_hex(7)}"
