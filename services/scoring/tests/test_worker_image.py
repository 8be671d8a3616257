"""What the worker's image lacks, nothing in it needs: the code that trains, and that code's libraries."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

SERVICE = Path(__file__).parents[1]
# Scipy is no dependency of ours: the Python package of XGBoost loads its sparse matrices.
IMPORTED_AS = {"mlflow-skinny": "mlflow", "psycopg2-binary": "psycopg2", "scikit-learn": "sklearn"}
PROGRAM = """
import importlib, json, pkgutil, sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent}:
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Absent())
import altscore_scoring.main

names = [module.name for module in pkgutil.walk_packages(altscore_scoring.__path__, "altscore_scoring.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps([names, sorted(altscore_scoring.main.COMMANDS)]))
"""


def extra() -> set[str]:
    """What only training needs, as it is imported; sqlalchemy is a dependency of the shared libraries too."""
    project = tomllib.loads((SERVICE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {item.split("==")[0] for item in project["optional-dependencies"]["training"]} - {"sqlalchemy"}
    assert names == set(IMPORTED_AS)
    return {IMPORTED_AS[name] for name in names} | {"joblib", "databricks"}


def test_the_worker_loads_and_offers_all_but_training_without_its_code_and_libraries(tmp_path: Path) -> None:
    code = SERVICE / "src" / "altscore_scoring"
    shutil.copytree(code, tmp_path / code.name, ignore=shutil.ignore_patterns("training", "__pycache__"))
    program = PROGRAM.replace("{absent}", repr(extra()))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100, env=environment
    )
    assert done.returncode == 0, done.stderr
    loaded, commands = json.loads(done.stdout)

    assert len(loaded) > 50
    assert {"altscore_scoring.runs.worker", "altscore_scoring.model.bundle"} <= set(loaded)
    assert set(commands) >= {"worker", "migrate", "replay", "improve", "compare", "score-run"}
    assert set(commands).isdisjoint({"train", "train-table", "evaluate", "reasons", "register"})


def test_the_lock_of_training_is_that_of_the_worker_and_more() -> None:
    worker, training = (
        {line.split(" ")[0] for line in (SERVICE / name).read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("requirements.txt", "requirements-training.txt")
    )
    assert len(worker) > 50
    assert worker < training
    assert not [line for line in worker if line.split("==")[0] in IMPORTED_AS]
