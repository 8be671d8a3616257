"""`python -m bench.ceiling`: trains on the generator's ledger by the product's jobs and compares with what is known.

Steps whose result lies in the work folder already are not done again. Needs the lake's Python and no running stack.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from altscore_local.environments import python_of
from altscore_local.layout import Layout
from altscore_scoring.clients import FileReader, join
from altscore_scoring.digests import digest_of, guardrail_digest
from altscore_scoring.model.bundle import MANIFEST, Bundle, load_bundle
from altscore_scoring.model.taxonomy import load_taxonomy
from altscore_scoring.training.dataset import load_training_set, split
from rich.console import Console
from rich.table import Table
from simulators_ledger.oddities import FRAUDS, REALISTIC, Oddities
from simulators_ledger.runs import run_training

from bench.ceiling import frauds, ranking
from demo.context import ROOT
from demo.steps.model import SNAPSHOTS, TRAINING_AS_OF

INSTANCE = "var-bench-ceiling"
SCHEMAS = ROOT / "schemas"
DISTRIBUTORS, MONTHS = 12, 36
FRAUD_SEED, FRAUD_RETAILERS, FRAUD_SHARE = 8, 1_500, 0.03
FRAUD_SNAPSHOTS = [*(f"2025-{month:02d}-01" for month in (4, 6, 8, 10, 12)), "2026-02-01"]
FREE_BEYOND_MODEL_MAX = 0.02


def main() -> int:
    """Measures, prints, writes var/bench/ceiling.json; status 1 when the model is too far from the free learner."""
    parser = argparse.ArgumentParser(prog="bench.ceiling", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    parser.add_argument("--work", type=Path, help="folder of the ledgers and the model; kept where it is given")
    parser.add_argument("--retailers", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    work: Path = options.work or Layout(ROOT, 0, INSTANCE).var
    figures = measure(work, retailers=options.retailers, seed=options.seed)
    out = options.var / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "ceiling.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    if options.work is None:
        shutil.rmtree(work)
    return 0 if figures["ranking"]["free_beyond_model"] <= FREE_BEYOND_MODEL_MAX else 1


def measure(work: Path, *, retailers: int, seed: int) -> dict[str, Any]:
    """All figures; `work` holds the ledgers, the training sets and the model afterwards."""
    training = prepare(work / "training", retailers=retailers, seed=seed, oddities=REALISTIC, snapshots=SNAPSHOTS)
    data = load_training_set(training / "set")
    bundle = trained(training)
    forged = prepare(
        work / "frauds",
        retailers=FRAUD_RETAILERS,
        seed=FRAUD_SEED,
        oddities=replace(REALISTIC, **dict.fromkeys(FRAUDS, FRAUD_SHARE)),
        snapshots=FRAUD_SNAPSHOTS,
    )
    report = bundle.evaluation
    names = ("rows", "auroc", "auroc_low", "ks", "ks_low", "is_calibrated", "air_min", "failures", "outcomes")
    return {
        "retailers": retailers,
        "evaluation": {name: report[name] for name in names} | {"intervals": report["intervals"]},
        "ranking": ranking.compare(training / "ledger", data, split(data), bundle),
        "frauds": frauds.measure(forged / "ledger", forged / "set", bundle, load_taxonomy(SCHEMAS)),
    }


def prepare(place: Path, *, retailers: int, seed: int, oddities: Oddities, snapshots: Sequence[str]) -> Path:
    """A ledger and its training set, by the pipeline's own job."""
    ledger, rows = place / "ledger", place / "set"
    if not (ledger / "truth.json").exists():
        options = argparse.Namespace(
            out=ledger,
            seed=seed,
            as_of=date.fromisoformat(TRAINING_AS_OF),
            months=MONTHS,
            retailers=retailers,
            distributors=DISTRIBUTORS,
        )
        Console().print(run_training(options, oddities=oddities))
    if not (rows / "manifest.json").exists():
        places = [ROOT / "pipelines", ROOT / "libs/altscore_libs/src"]
        environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(map(str, places))}
        order = ["--bronze", str(ledger), "--identity-map", str(ledger / "identity_map.parquet"), "--out", str(rows)]
        python = str(python_of(Layout(ROOT, 0, INSTANCE), "lake"))
        command = [python, "-m", "altscore_pipelines.jobs.training_set", *order, "--snapshots", ",".join(snapshots)]
        subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return place


def trained(place: Path) -> Bundle:
    """The model of a training set, by the product's own command; one below a bar is looked at all the same."""
    folder = place / "bundle"
    if not (folder / MANIFEST).exists():
        order = ["train", "--training-set", str(place / "set"), "--out", str(folder)]
        environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-m", "altscore_scoring", *order], env=environment, cwd=ROOT, check=False)
    objects, digest = FileReader(), digest_of(json.loads((folder / MANIFEST).read_bytes()))
    return load_bundle(
        lambda name: objects.read(join(str(folder), name)),
        digest,
        taxonomy_digest=load_taxonomy(SCHEMAS).digest,
        guardrail_digest=guardrail_digest(),
    )


def show(figures: dict[str, Any]) -> None:
    """The tables for people."""
    console, compared = Console(), figures["ranking"]
    rows, bad = compared["rows"], compared["bad_rows"]
    console.print(f"{figures['retailers']:,} retailers; {rows:,} test rows, {bad} of them bad")
    console.print(figures["evaluation"])
    table = Table("what ranks", "AUROC", "95 % by retailer")
    best = compared["best_feature"]
    measured = compared["auroc"] | {f"best feature, {best['feature']}": best}
    for name, entry in measured.items():
        low, high = entry["interval_95"]
        table.add_row(name, f"{entry['auroc']:.3f}", f"{low:.3f} to {high:.3f}")
    low, high = compared["free_beyond_model_interval_95"]
    table.add_row("free learner less model", f"{compared['free_beyond_model']:+.3f}", f"{low:+.3f} to {high:+.3f}")
    console.print(table)
    names = ("rows", "judged_by_gr2", "blocked_by_gr2", "retailers", "retailers_blocked_once")
    table = Table("ledger", "rows", "judged by GR-2", "blocked by it", "retailers", "blocked once", "answers")
    for kind, entry in figures["frauds"].items():
        answers = ", ".join(f"{answer}: {count}" for answer, count in entry["answers"].items())
        table.add_row(kind, *(str(entry[name]) for name in names), answers)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
