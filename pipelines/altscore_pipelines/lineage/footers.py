"""Rows and columns of a table from the ends of its Parquet files: nothing else of them is read."""

import io
from typing import NamedTuple

import pyarrow.parquet as pq

from altscore_pipelines.storage import Storage

_FIRST_READ = 64 * 1024
_TRAILER = 8  # four bytes of length, four of the format's name


class TableFacts(NamedTuple):
    """What the footers say."""

    rows: int
    files: int
    columns: tuple[tuple[str, str], ...]


def table_facts(lake: Storage, prefix: str) -> TableFacts | None:
    """Of the Parquet files below `prefix`; None where there is none."""
    keys = [key for key in lake.keys(prefix) if key.endswith(".parquet") and "/." not in key and "/_" not in key]
    footers = [_footer(lake, key) for key in keys]
    if not footers:
        return None
    schema = footers[0].schema.to_arrow_schema()
    columns = tuple((field.name, str(field.type)) for field in schema)
    return TableFacts(sum(footer.num_rows for footer in footers), len(keys), columns)


def _footer(lake: Storage, key: str) -> pq.FileMetaData:
    end = lake.read_end(key, _FIRST_READ)
    needed = int.from_bytes(end[-_TRAILER:-4], "little") + _TRAILER
    if needed > len(end):
        end = lake.read_end(key, needed)
    return pq.read_metadata(io.BytesIO(end))
