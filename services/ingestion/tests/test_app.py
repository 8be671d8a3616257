"""The OpenAPI documents of the repository are those of the code, and the README's table has every refusal in them."""

import json
import re
from pathlib import Path

import pytest
from altscore_ingestion.app import create_app
from altscore_ingestion.vault import app as vault
from altscore_libs.openapi import openapi_json
from fastapi import FastAPI

FOLDER = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("app", "name"),
    [(create_app(None), "openapi.json"), (vault.create_app(None), "openapi_vault.json")],
)
def test_the_kept_document_is_the_codes_own(app: FastAPI, name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == openapi_json(app)


def test_the_table_of_refusals_has_every_code_that_a_connector_may_get() -> None:
    document = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))
    documented = {
        (status, code)
        for path, operations in document["paths"].items()
        if path.startswith("/v1/")
        for operation in operations.values()
        for status, response in operation["responses"].items()
        for code in re.findall(r"^([A-Z][A-Z_]+): ", response["description"], re.MULTILINE)
    }
    assert ("409", "KEY_SUPERSEDED") in documented
    table = re.findall(
        r"^\| (\d{3}) \| `([A-Z_]+)` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(table) == sorted(documented)
