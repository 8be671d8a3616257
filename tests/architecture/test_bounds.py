"""What is accepted must never stop a run: the packages on the way of an amount state the same bound (decision 86)."""

import runpy
from pathlib import Path

from altscore_admin.partners import schemas as admin
from altscore_ingestion.batches import bounds as ingestion


def test_no_distributor_can_be_allowed_an_amount_that_the_lake_refuses(root: Path) -> None:
    lake = runpy.run_path(str(root / "pipelines/altscore_pipelines/bounds.py"))
    assert ingestion.HIGHEST_MAX_AMOUNT_INR == lake["MAX_AMOUNT_INR"] == admin.HIGHEST_MAX_AMOUNT_INR
    assert ingestion.MAX_AMOUNT_INR == admin.DEFAULT_MAX_AMOUNT_INR
    assert lake["MAX_ORDER"] == ingestion.MAX_ORDER


def test_both_bounds_of_a_largest_amount_stand_in_the_databases_rule(root: Path) -> None:
    migration = (root / "services/ingestion/migrations/0002_max_amount.py").read_text(encoding="utf-8")
    lowest, highest = ingestion.MAX_AMOUNT_INR, ingestion.HIGHEST_MAX_AMOUNT_INR
    assert f"DEFAULT {lowest}\n    CHECK (max_amount_inr BETWEEN {lowest} AND {highest})" in migration
