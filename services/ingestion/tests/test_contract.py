"""The OpenAPI documents of the repository are those of the code."""

from pathlib import Path

import pytest
from altscore_ingestion.api import create_ingestion_app
from altscore_ingestion.main import openapi_text
from altscore_ingestion.vault.api import create_vault_app
from fastapi import FastAPI

FOLDER = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("app", "name"),
    [(create_ingestion_app(None), "openapi.json"), (create_vault_app(None), "openapi_vault.json")],
)
def test_the_kept_document_is_the_codes_own(app: FastAPI, name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == openapi_text(app.openapi())
