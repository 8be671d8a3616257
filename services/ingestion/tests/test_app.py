"""The OpenAPI documents of the repository are those of the code."""

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
