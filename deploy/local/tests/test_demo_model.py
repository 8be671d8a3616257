"""The demo trains anew when anything that a model is made of changed, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from altscore_libs.testing_postgres import HANG_S
from altscore_local.layout import ROOT

from demo.steps.model import SCORING, imported_from, ingredients

LOADED = """
import sys
from altscore_scoring.training import dataset, fit, service
print("\\n".join(module.__file__ for name, module in sys.modules.items() if name.startswith("altscore_scoring")))
"""


def test_every_module_that_training_loads_is_an_ingredient() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        check=True,
        timeout=4 * HANG_S,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SCORING), str(ROOT / "libs/altscore_libs/src")])},
    )
    loaded = {Path(line) for line in done.stdout.split()}
    assert SCORING / "altscore_scoring/training/fit.py" in loaded
    assert loaded - set(ingredients()) == set()


def test_what_only_the_running_engine_needs_is_none() -> None:
    files = {path.relative_to(SCORING).as_posix() for path in ingredients() if path.is_relative_to(SCORING)}
    assert {"altscore_scoring/main.py", "altscore_scoring/training/templates/report.html.j2"} < files
    assert files.isdisjoint({"altscore_scoring/promotions/service.py", "altscore_scoring/runs/worker.py"})


def test_imports_are_followed_through_packages_and_functions_and_no_further(tmp_path: Path) -> None:
    for name, text in {
        "a/__init__.py": "",
        "a/start.py": "from a.b import c\nimport json\n",
        "a/b/__init__.py": "import a.d\n",
        "a/b/c.py": "def late():\n    from a.e import VALUE\n    return VALUE\n",
        "a/d.py": "",
        "a/e.py": "import a.start\nVALUE = 1\n",
        "a/unused.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    reached = imported_from({tmp_path / "a/start.py", tmp_path / "a/data.json"}, tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in reached} == {
        "a/__init__.py", "a/start.py", "a/b/__init__.py", "a/b/c.py", "a/d.py", "a/e.py",
    }  # fmt: skip


def test_a_relative_import_is_refused_rather_than_overlooked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from . import b\n")
    with pytest.raises(ValueError, match="relative import"):
        imported_from({tmp_path / "a.py"}, tmp_path)
