"""dbt's own documentation of the lake: models, columns, tests and lineage in one HTML file."""

import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from altscore_pipelines.jobs.bronze_to_silver import make_folders
from altscore_pipelines.plan import write_tables
from altscore_pipelines.storage import FolderStorage

_RUN_ID = "documented"
_PAGE = "static_index.html"


def write_docs(out: Path, environment: Mapping[str, str]) -> Path:
    """Compiles the project over an empty lake and writes `index.html`.

    Args:
        out: folder of the page.
        environment: of the dbt process.

    Returns:
        The page.

    Raises:
        DbtFailed: the project does not compile.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="docs-", dir=out) as scratch:
        lake = FolderStorage(Path(scratch) / "lake")
        make_folders(lake, _RUN_ID)
        write_tables(lake, _RUN_ID, batches=(), identities=())
        dbt = Dbt(PROJECT, Path(scratch) / "work", target="duckdb", environment=environment)
        variables = {"lake_root": lake.root, "run_id": _RUN_ID, "as_of": date(2026, 6, 1).isoformat()}
        dbt.run([Invocation("docs generate", (), variables, options=("--static", "--empty-catalog"))])
        page = out / "index.html"
        shutil.copyfile(dbt.target_path / _PAGE, page)
    return page
