"""The tools: train, evaluate, register, replay, score-run. Results are printed as one JSON line."""

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.errors import AltScoreError
from altscore_libs.signer import PublicKeys

from altscore_scoring import store
from altscore_scoring.canon import digest_of, sha256_hex
from altscore_scoring.objects import FolderObjects, S3Objects, join
from altscore_scoring.replay import Replayer
from altscore_scoring.settings import RegisterSettings, WorkerSettings
from altscore_scoring.taxonomy import load_taxonomy

_REPOSITORY = Path(__file__).parents[4]


class Environment(NamedTuple):
    """Settings, read only by the tools that need them."""

    worker: Callable[[], WorkerSettings]
    register: Callable[[], RegisterSettings]


def main(argv: Sequence[str], environment: Environment) -> int:
    """Runs one tool; 0 when it did what was asked, 1 with the error's code and sentence otherwise."""
    options = _parser().parse_args(argv)
    options.environment = environment
    try:
        found, is_good = options.tool(options)
    except AltScoreError as error:
        print(json.dumps({"error": error.code, "detail": error.detail}))
        return 1
    print(json.dumps(found, sort_keys=True))
    return 0 if is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore_scoring", description=__doc__)
    tools = parser.add_subparsers(dest="command", required=True)
    train = tools.add_parser("train", help="train a model and write its bundle and report")
    train.add_argument("--out", type=Path, required=True)
    evaluate = tools.add_parser("evaluate", help="evaluate a bundle on the out-of-time part of a training set")
    evaluate.add_argument("--bundle", type=Path, required=True)
    for tool in (train, evaluate):
        tool.add_argument("--training-set", type=Path, required=True)
        tool.add_argument("--schemas-dir", type=Path, default=_REPOSITORY / "schemas")
        tool.add_argument("--seed", type=int, default=7)
        tool.add_argument("--embargo-days", type=int, default=182)
    train.add_argument("--features", type=Path, default=_REPOSITORY / "dbt/models/gold/feature_groups.yml")
    register = tools.add_parser("register", help="register a bundle in MLflow")
    register.add_argument("--bundle", type=Path, required=True)
    register.add_argument("--schemas-dir", type=Path, default=_REPOSITORY / "schemas")
    replay = tools.add_parser("replay", help="recompute a score from its evidence")
    replay.add_argument("score_id")
    score_run = tools.add_parser("score-run", help="queue a Gold run, or its blocked jobs again")
    score_run.add_argument("manifest_uri")
    for tool, function in (
        (train, _train), (evaluate, _evaluate), (register, _register), (replay, _replay), (score_run, _score_run)
    ):  # fmt: skip
        tool.set_defaults(tool=function)
    return parser


def _train(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from altscore_scoring.training import dataset, fit, produce  # noqa: PLC0415  # sklearn only where it is needed

    data = dataset.load_training_set(options.training_set)
    recipe = fit.Recipe(seed=options.seed, embargo_days=options.embargo_days)
    bundle, report = produce.train(
        data, options.out, features_file=options.features, schemas_dir=options.schemas_dir, recipe=recipe
    )
    found = {"model_sha256": bundle.model_sha256, **produce.figures_of(report), "failures": report["failures"]}
    return found, not report["failures"]


def _evaluate(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from altscore_scoring.guardrails.checks import guardrail_digest  # noqa: PLC0415
    from altscore_scoring.model.bundle import load_bundle  # noqa: PLC0415
    from altscore_scoring.training import dataset, evaluation, fit, produce  # noqa: PLC0415

    taxonomy, objects = load_taxonomy(options.schemas_dir), FolderObjects()
    manifest = json.loads((options.bundle / "manifest.json").read_bytes())
    bundle = load_bundle(
        lambda name: objects.read(join(str(options.bundle), name)),
        digest_of(manifest),
        taxonomy_digest=taxonomy.digest,
        guardrail_digest=guardrail_digest(),
    )
    data = dataset.load_training_set(options.training_set)
    recipe = fit.Recipe(seed=options.seed, embargo_days=options.embargo_days)
    parts = dataset.split(data, embargo_days=recipe.embargo_days)
    report = evaluation.evaluate(data, parts, bundle, taxonomy, recipe=recipe)
    return {**produce.figures_of(report), "failures": report["failures"]}, not report["failures"]


def _register(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    settings: RegisterSettings = options.environment.register()
    from altscore_scoring.training.register import register  # noqa: PLC0415  # mlflow takes 2 s to import

    found = register(
        options.bundle,
        tracking_uri=settings.mlflow_tracking_uri.get_secret_value(),
        models_uri=settings.models_uri,
        taxonomy=load_taxonomy(options.schemas_dir),
    )
    return found, True


def _replay(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    settings: WorkerSettings = options.environment.worker()
    keys = PublicKeys.load(settings.public_keys_dir)
    replayer = Replayer(S3Objects(settings), keys, load_taxonomy(settings.schemas_dir))

    async def work() -> dict[str, Any]:
        pool = await db.create_pool(settings.database_url)
        async with pool, db.transaction(pool) as connection:
            found = await replayer.replay(connection, options.score_id)
        return {"score_id": options.score_id, "answer": found.answer, "detail": found.detail}

    result = asyncio.run(work())
    return result, result["answer"] == "MATCH"


def _score_run(options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    settings: WorkerSettings = options.environment.worker()
    raw = S3Objects(settings).read(options.manifest_uri)
    manifest = json.loads(raw)
    gold = store.GoldRun(
        manifest["run_id"],
        manifest["run_key"],
        options.manifest_uri,
        sha256_hex(raw),
        date.fromisoformat(manifest["as_of_on"]),
        int(manifest["retailers"]),
        int(manifest["consent_version"]),
    )

    async def work() -> None:
        pool = await db.create_pool(settings.database_url)
        async with pool, db.transaction(pool) as connection:
            await store.add_gold_run(connection, gold, SystemClock().now())
            await store.requeue_job(connection, gold.run_id)

    asyncio.run(work())
    return {"run_id": gold.run_id, "state": "queued"}, True
