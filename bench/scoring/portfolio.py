"""A model, and a Gold run of any number of retailers for it, by the generator of scoring's own tests."""

import hashlib
import json
from datetime import date
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from altscore_scoring.training.dataset import training_set_of
from altscore_scoring.training.fit import Recipe
from altscore_scoring.training.service import train

from bench.score.consent_population import retailer
from demo.context import ROOT

_GENERATOR = ROOT / "services/scoring/tests/synthetic.py"
RUN_ID = "run_bench"


class Portfolio(NamedTuple):
    """What is scored: the model's folder and identity, and the run's manifest with its digest."""

    bundle: Path
    model_sha256: str
    manifest: Path
    manifest_sha256: str


def make_portfolio(folder: Path, retailers: int, *, as_of_on: date) -> Portfolio:
    """Trains a model and writes a Gold run; equal arguments give equal bytes."""
    generator = _generator()
    folder.mkdir(parents=True, exist_ok=True)
    data = training_set_of(generator.training_table(), digest="0" * 64)
    files = {"features_file": generator.FEATURES_FILE, "schemas_dir": generator.SCHEMAS}
    bundle, report = train(data, folder / "bundle", recipe=Recipe(), **files)
    if report["failures"]:
        raise RuntimeError(f"the model misses {report['failures']}")
    table = generator.gold_table(retailers, seed=3, as_of_on=as_of_on)
    ids = pa.array([retailer(number) for number in range(retailers)])
    table = table.set_column(table.column_names.index("retailer_id"), "retailer_id", ids)
    part = folder / "gold/part-0.parquet"
    part.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, part)
    content = hashlib.sha256(part.read_bytes()).hexdigest()
    manifest = {"run_id": RUN_ID, "files": [{"name": part.name, "sha256": content, "rows": retailers}]}
    file = folder / "gold/manifest.json"
    file.write_text(json.dumps(manifest), encoding="utf-8")
    return Portfolio(
        bundle=folder / "bundle",
        model_sha256=bundle.model_sha256,
        manifest=file,
        manifest_sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def _generator() -> ModuleType:
    """A test module, by its path: the tests are no package that a program could import."""
    spec = util.spec_from_file_location("bench_scoring_generator", _GENERATOR)
    if spec is None or spec.loader is None:
        raise RuntimeError("the generator of the tests is not where it was")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
