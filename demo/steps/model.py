"""A model from the training ledger: trained once per code, registered, and promoted by two different operators."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from altscore_local.env_files import environment_of

from demo.context import ROOT, Demo, DemoFailedError
from demo.operators import acting
from demo.sign_in import SignedInOperator

# What a model is made of; any change trains anew. The last day is fixed, so that the same code gives the same model.
TRAINING_AS_OF = "2026-10-31"
SNAPSHOTS = [
    *(f"2024-{month:02d}-01" for month in (11, 12)),
    *(f"2025-{month:02d}-01" for month in range(1, 13)),
    *(f"2026-{month:02d}-01" for month in (1, 2)),
]
INGREDIENTS = (
    "tests/simulators/simulators_ledger",
    "dbt/models",
    "dbt/macros",
    "pipelines/altscore_pipelines/jobs/training_set",
    "services/scoring/src/altscore_scoring/training",
    "schemas/reference",
)
# Of the scoring service what training imports, and the command that gives it its arguments: the rest makes no model.
SCORING = ROOT / "services/scoring/src"
TRAINING_COMMAND = SCORING / "altscore_scoring" / "main.py"


def run(demo: Demo) -> None:
    """Step 6 of the main job."""
    bundle = cache_folder() / "bundle"
    if (bundle / "manifest.json").exists():
        demo.say(
            f"nothing is trained: the same code trained a model before ({cache_folder().name} is the digest of its "
            "ingredients); its evaluation is read from the bundle, its digests are compared by the engine that loads it"
        )
    else:
        train(demo)
    registered = register(demo, bundle)
    promote(demo, registered)


def cache_folder() -> Path:
    """Where the model of this code is kept between runs; the name is the digest of all ingredients."""
    digest = hashlib.sha256(f"{TRAINING_AS_OF} {SNAPSHOTS}".encode())
    for path in ingredients():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "altscore" / "models" / digest.hexdigest()[:16]


def ingredients() -> list[Path]:
    """Every file that a model depends on, in order."""
    places = [path for place in INGREDIENTS for path in (ROOT / place).rglob("*")]
    files = {path for path in places if path.is_file() and "__pycache__" not in path.parts}
    return sorted(files | {TRAINING_COMMAND} | imported_from(files, SCORING))


def imported_from(files: set[Path], source: Path) -> set[Path]:
    """The modules below `source` that these files import, and those that they import, with the packages they lie in."""
    known: set[Path] = set()
    waiting = [path for path in files if path.is_relative_to(source) and path.suffix == ".py"]
    while waiting:
        path = waiting.pop()
        if path in known:
            continue
        known.add(path)
        for parts in imported_names(path):
            packages = [source.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
            modules = [*packages, source.joinpath(*parts).with_suffix(".py")]
            waiting += [module for module in modules if module.is_file()]
    return known


def imported_names(path: Path) -> list[list[str]]:
    """The dotted names that a file imports anywhere, in parts; of `from a import b` both `a` and `a.b`."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{path}: a relative import is not followed")
            names += [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name.split(".") for name in names]


def with_environment_of(path: Path) -> dict[str, str]:
    """This process's environment and that which the stack wrote for another one."""
    written = environment_of(path)
    if written is None:
        raise DemoFailedError(f"{path.name} is missing: was the stack started with its part?")
    return os.environ | written


def tool(demo: Demo, title: str, command: list[str], environment: dict[str, str]) -> str:
    """Runs one tool and returns what it printed."""
    demo.say(title)
    with demo.progress(title):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=900, cwd=ROOT
        )
    if done.returncode != 0:
        demo.check(title, False, (done.stdout + done.stderr)[-800:])
    return done.stdout


def train(demo: Demo) -> None:
    """Training ledger, the same dbt models at sixteen snapshots, two boosted models, evaluation out of time."""
    place = cache_folder()
    work = place.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    ledger = ["-m", "simulators_ledger", "training", "--out", str(work / "ledger"), "--as-of", TRAINING_AS_OF]
    tool(
        demo,
        "a 36-month ledger of 6,000 other retailers",
        command=[sys.executable, *ledger],
        environment=dict(os.environ),
    )
    lake_python = demo.stack["airflow"]["lake_python"]
    lake = with_environment_of(Path(demo.stack["airflow"]["pipeline_env_file"]))
    order = [
        "-m",
        "altscore_pipelines.jobs.training_set",
        "--bronze",
        str(work / "ledger"),
        "--snapshots",
        ",".join(SNAPSHOTS),
    ]
    order += ["--identity-map", str(work / "ledger" / "identity_map.parquet"), "--out", str(work / "set")]
    tool(
        demo,
        "features and labels at sixteen snapshots, by the same dbt models",
        command=[lake_python, *order],
        environment=lake,
    )
    order = ["-m", "altscore_scoring", "train", "--training-set", str(work / "set"), "--out", str(work / "bundle")]
    order += ["--about", "The demo's generated ledgers; no real retailer is in them."]
    tool(demo, "training and evaluation out of time", command=[sys.executable, *order], environment=dict(os.environ))
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shutil.move(work / "bundle", place / "bundle")
    shutil.rmtree(work)


def register(demo: Demo, bundle: Path) -> dict[str, Any]:
    """A version in MLflow with the digest of the whole bundle."""
    environment = with_environment_of(demo.var / "run" / "env" / "scoring-register.env")
    command = [sys.executable, "-m", "altscore_scoring", "register", "--bundle", str(bundle)]
    printed = tool(demo, "registering the bundle in MLflow", command=command, environment=environment)
    result: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    evaluation = result["evaluation"]
    names = ("auroc", "auroc_low", "ks", "ks_low", "brier", "air_min", "test_rows")
    figures = {name: evaluation[name] for name in names}
    good = evaluation["auroc_low"] >= 0.72 and evaluation["ks_low"] >= 0.35
    demo.check("AUROC >= 0.72 and KS >= 0.35 out of time, at the low end of 95 %", good, figures)
    demo.summary["model"] = {
        "name": result["model_name"],
        "version": str(result["version"]),
        "sha256": result["model_sha256"],
        "auroc": evaluation["auroc"],
        "ks": evaluation["ks"],
    }
    return result


def promote(demo: Demo, registered: dict[str, Any]) -> None:
    """One operator proposes and cannot approve alone; a second one promotes."""
    order = registered | {"version": str(registered["version"])}
    with acting(demo, asha="ops-1", banu="ops-2") as (first, second):
        if isinstance(first, SignedInOperator):
            bare = first.send("POST", "/v1/admin/models/promote", json=order)
            demo.check_answer("a promotion without the key's confirmation is refused", bare.status_code == 403, bare)
        proposed = first.post("/v1/admin/models/promote", json=order)
        demo.check_answer("one operator only proposes", proposed.json().get("status") == "proposed", proposed)
        alone = first.post("/v1/admin/models/promote", json=order)
        demo.check("the same operator cannot approve it", alone.status_code == 409, alone.json().get("code"))
        done = second.post("/v1/admin/models/promote", json=order)
        demo.check_answer("a second operator promotes", done.json().get("status") == "promoted", done)
    demo.summary["refusals"].append({"case": "promotion_by_one", "status": 409, "code": alone.json().get("code")})
    loaded = "SELECT count(*) FROM models WHERE state = 'active' AND model_sha256 = %s"
    sha256 = registered["model_sha256"]
    demo.until("the engine loads the model", lambda: demo.count("scoring", loaded, sha256), limit_s=60)
    demo.check("the engine verified every artifact and loaded the model", True, sha256[:16])
