"""Run inside an image: loads every module of the service, and uses the libraries of which the image lacks a part."""

import importlib
import importlib.util
import io
import os
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from zoneinfo import ZoneInfo

FOR_TESTS = "altscore_libs.testing"  # these need pytest, which no image has


def modules_of(package: ModuleType) -> Iterator[str]:
    """Names of everything in a package that a process could load."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__") and not module.name.startswith(FOR_TESTS):
            yield module.name


def writes_and_reads_parquet() -> bool:
    """As ingestion writes Bronze."""
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    amounts = [Decimal("12.50"), None]
    column = arrow.array(amounts, arrow.decimal128(15, 2))
    file = io.BytesIO()
    parquet.write_table(arrow.table({"amount": column}), file, compression="zstd")
    # Without threads: a process that ends while Arrow still starts one is aborted.
    table = parquet.read_table(io.BytesIO(file.getvalue()), use_threads=False)
    read: list[Decimal | None] = table["amount"].to_pylist()
    return read == amounts


names = [
    name
    for package in ("altscore_libs", f"altscore_{os.environ['ALTSCORE_SERVICE']}")
    for name in modules_of(importlib.import_module(package))
]
for name in names:
    importlib.import_module(name)
if importlib.util.find_spec("pyarrow") is not None:
    assert writes_and_reads_parquet()
assert datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")).utcoffset() is not None
print(len(names))
