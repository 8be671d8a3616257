"""dbt's documentation is built, and every model and every column of Gold is described in it."""

import os
import re
from pathlib import Path

import pytest
import yaml
from altscore_pipelines.docs import write_docs
from altscore_pipelines.hooks.dbt import PROJECT

pytestmark = pytest.mark.timeout(600)
MODELS = sorted((PROJECT / "models").rglob("*.sql"))


def described() -> dict[str, dict[str, str]]:
    """Models by name with the words of their columns; the model's own under an empty name."""
    models: dict[str, dict[str, str]] = {}
    for path in (PROJECT / "models").rglob("*.yml"):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for model in document.get("models", ()) if "version" in document else ():
            columns = {column["name"]: str(column.get("description", "")) for column in model.get("columns", ())}
            models[model["name"]] = columns | {"": str(model.get("description", ""))}
    return models


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_is_described(path: Path) -> None:
    assert len(described().get(path.stem, {}).get("", "")) > 20, "a description in the folder's schema.yml"


def test_nothing_is_described_that_is_not_there() -> None:
    assert len(MODELS) > 20
    assert described().keys() == {path.stem for path in MODELS}


def test_the_page_holds_every_model(tmp_path: Path) -> None:
    page = write_docs(tmp_path / "lake-docs", dict(os.environ))
    text = page.read_text(encoding="utf-8")
    assert page == tmp_path / "lake-docs/index.html"
    assert [path.stem for path in MODELS if f"model.altscore.{path.stem}" not in text] == []
    assert "mean days from due date to settlement" in text
    assert re.search(r"<script[^>]+src=", text) is None  # one file, nothing from outside
    assert sorted(path.name for path in page.parent.iterdir()) == ["index.html"]
