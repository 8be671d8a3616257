"""Reading a Gold run: nothing is used of a run whose manifest or files are not whole."""

import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_libs.errors import NotFound, Unavailable
from altscore_scoring.clients import FileReader
from altscore_scoring.digests import sha256_hex
from altscore_scoring.errors import DigestMismatch, GoldUnusable
from altscore_scoring.gold.frame import GoldFrame, frame_of_row
from altscore_scoring.gold.reader import GoldCache, load_gold
from altscore_scoring.gold.tables import frame_of_table, read_parquet
from altscore_scoring.runs.domain import GoldRun, added_counts, gold_run_of

from .. import synthetic
from ..worker_world import AS_OF

PART = "retailer_features/part-0.parquet"


def table(rows: int = 6) -> pa.Table:
    """A small Gold table."""
    return synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)


def parquet(content: pa.Table) -> bytes:
    """The table as a file."""
    buffer = io.BytesIO()
    pq.write_table(content, buffer)
    return buffer.getvalue()


class Lake:
    """A run's folder whose manifest a test may spoil before it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {PART: parquet(table())}
        self.manifest: dict[str, Any] = {"run_id": "run_01", "files": [self.entry(PART, 6)], "retailers": 6}

    def entry(self, name: str, rows: int) -> dict[str, Any]:
        """What a manifest says of a file."""
        return {"name": name, "sha256": sha256_hex(self.files[name]), "rows": rows}

    def load(self, raw: bytes | None = None, *, run_id: str = "run_01") -> GoldFrame:
        """Writes everything and reads it as a run that was announced so."""
        raw = json.dumps(self.manifest).encode() if raw is None else raw
        for name, content in self.files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        (self.folder / "manifest.json").write_bytes(raw)
        uri = str(self.folder / "manifest.json")
        return load_gold(FileReader(), manifest_uri=uri, manifest_sha256=sha256_hex(raw), run_id=run_id)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A whole run."""
    return Lake(tmp_path)


def test_a_whole_run_is_read_sorted_by_retailer(lake: Lake) -> None:
    lake.files[PART] = parquet(table().take([5, 3, 1, 0, 2, 4]))
    lake.manifest["files"] = [lake.entry(PART, 6)]
    frame = lake.load()
    assert list(frame.retailer_ids) == [synthetic.retailer_id(i) for i in range(6)]
    assert len(frame) == 6
    assert frame.data_as_of_on == (AS_OF,) * 6


def test_all_files_of_a_run_are_read(lake: Lake) -> None:
    other = "retailer_features/part-1.parquet"
    lake.files = {PART: parquet(table().slice(0, 2)), other: parquet(table().slice(2))}
    lake.manifest["files"] = [lake.entry(PART, 2), lake.entry(other, 4)]
    assert len(lake.load()) == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda lake: lake.manifest.pop("files"),
        lambda lake: lake.manifest.pop("run_id"),
        lambda lake: lake.manifest["files"][0].pop("name"),
        lambda lake: lake.manifest["files"][0].pop("sha256"),
        lambda lake: lake.manifest.update(files=None),
        lambda lake: lake.manifest.update(files=[]),
        lambda lake: lake.manifest.update(files=["part-0"]),
        lambda lake: lake.manifest.update(run_id="run_02"),
        lambda lake: lake.manifest["files"][0].update(rows=5),
        lambda lake: lake.files.clear(),
    ],
    ids=["no files", "no run", "no name", "no digest", "files null", "files empty", "files no objects", "other run",
         "fewer rows", "file missing"],
)  # fmt: skip
def test_a_manifest_that_cannot_be_followed_spoils_the_run(lake: Lake, change: Callable[[Lake], object]) -> None:
    change(lake)
    with pytest.raises(GoldUnusable):
        lake.load()


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'"text"', b"\xff\xfe", b"[1, 2]"])
def test_a_manifest_that_is_no_manifest_makes_the_run_unusable(lake: Lake, raw: bytes) -> None:
    with pytest.raises(GoldUnusable):
        lake.load(raw)


def test_a_manifest_of_another_digest_is_not_even_read(lake: Lake) -> None:
    lake.load()
    uri = str(lake.folder / "manifest.json")
    with pytest.raises(DigestMismatch, match="manifest"):
        load_gold(FileReader(), manifest_uri=uri, manifest_sha256="0" * 64, run_id="run_01")


def test_a_changed_file_is_named(lake: Lake) -> None:
    lake.files[PART] = parquet(table(7))
    with pytest.raises(DigestMismatch, match=r"part-0\.parquet"):
        lake.load()


def test_a_file_that_is_no_parquet_makes_the_run_unusable(lake: Lake) -> None:
    lake.files[PART] = b"PAR1 not really"
    lake.manifest["files"] = [lake.entry(PART, 6)]
    with pytest.raises(GoldUnusable):
        lake.load()


def test_a_manifest_that_is_gone_makes_the_run_unusable(tmp_path: Path) -> None:
    with pytest.raises(GoldUnusable, match="missing"):
        load_gold(FileReader(), manifest_uri=str(tmp_path / "m.json"), manifest_sha256="0" * 64, run_id="run_01")


@pytest.mark.parametrize("column", ["retailer_id", "data_as_of_on", "completeness", "gmv_6m_inr", "district"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(GoldUnusable, match=column):
        frame_of_table(table().drop_columns([column]))


def test_a_retailer_who_appears_twice_makes_the_run_unusable() -> None:
    with pytest.raises(GoldUnusable, match="twice"):
        frame_of_table(pa.concat_tables([table(), table(1)]))


def test_money_must_be_decimal() -> None:
    rows = table()
    index = rows.schema.get_field_index("gmv_6m_inr")
    with pytest.raises(GoldUnusable, match="decimal"):
        frame_of_table(rows.set_column(index, "gmv_6m_inr", pa.array([1.0] * 6)))


def test_no_file_at_all_is_no_run() -> None:
    with pytest.raises(GoldUnusable, match="no file"):
        read_parquet([])


def test_a_frame_lacks_a_feature_aloud() -> None:
    with pytest.raises(GoldUnusable, match="imagined"):
        frame_of_table(table()).matrix(["tenure_days", "imagined"])


def test_the_row_that_evidence_keeps_gives_the_same_frame_again() -> None:
    rows = table()
    unknown = pa.array([None, 1.5, None, 2.5, 3.5, None], pa.float64())
    rows = rows.set_column(rows.schema.get_field_index("cadence_cv"), "cadence_cv", unknown)
    rows = rows.set_column(rows.schema.get_field_index("district"), "district", pa.array([None, *["Kota"] * 5]))
    frame = frame_of_table(rows)
    for index in range(6):
        again = frame_of_row(json.loads(json.dumps(frame.row(index))))
        assert again.row(0) == frame.row(index)
        for name, values in frame.numbers.items():
            assert np.array_equal(again.numbers[name], values[[index]], equal_nan=True), name
        assert again.gmv_6m_inr == (frame.gmv_6m_inr[index],)
        assert isinstance(again.gmv_6m_inr[0], Decimal)


def test_the_unknown_in_evidence_is_null() -> None:
    frame = frame_of_row(
        {"retailer_id": "ret_1", "numbers": {"a": None, "b": 2}, "gmv_6m_inr": None, "data_as_of_on": None,
         "district": None, "size_band": "small"}
    )  # fmt: skip
    assert np.isnan(frame.numbers["a"][0])
    assert frame.row(0)["numbers"] == {"a": None, "b": 2.0}
    assert (frame.gmv_6m_inr, frame.data_as_of_on) == ((None,), (None,))


class CountingReader(FileReader):
    """Counts what is read; it can be out of reach."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_reachable = True

    def read(self, uri: str) -> bytes:
        """The bytes of a file."""
        self.reads += 1
        if not self.is_reachable:
            raise Unavailable("the object store is not available")
        return super().read(uri)


def run_of(lake: Lake, run_id: str) -> GoldRun:
    """The run as it was announced."""
    lake.manifest |= {"run_id": run_id, "run_key": "k", "as_of_on": AS_OF.isoformat(), "consent_version": 5}
    lake.load(run_id=run_id)
    return gold_run_of((lake.folder / "manifest.json").read_bytes(), manifest_uri=str(lake.folder / "manifest.json"))


async def test_a_run_is_read_once_and_another_run_replaces_it(lake: Lake) -> None:
    reader = CountingReader()
    cache, run = GoldCache(reader), run_of(lake, "run_01")
    assert await cache.frame(run) is await cache.frame(run)
    assert reader.reads == 2
    await cache.frame(run_of(lake, "run_02"))
    assert reader.reads == 4


async def test_a_failed_read_leaves_the_kept_run_alone(lake: Lake) -> None:
    reader = CountingReader()
    cache, run = GoldCache(reader), run_of(lake, "run_01")
    frame = await cache.frame(run)
    other = run_of(lake, "run_02")
    reader.is_reachable = False
    with pytest.raises(Unavailable):
        await cache.frame(other)
    assert await cache.frame(run) is frame


def test_a_manifest_queued_by_hand_names_what_the_announcement_would(lake: Lake) -> None:
    run = run_of(lake, "run_01")
    assert run == GoldRun(
        run_id="run_01",
        run_key="k",
        manifest_uri=str(lake.folder / "manifest.json"),
        manifest_sha256=sha256_hex((lake.folder / "manifest.json").read_bytes()),
        as_of_on=AS_OF,
        retailers=6,
        consent_version=5,
    )
    assert isinstance(run.as_of_on, date)


def test_counts_are_added_by_name() -> None:
    assert added_counts({"a": 1, "b": 2}, {"b": 3, "c": 4}) == {"a": 1, "b": 5, "c": 4}
    assert added_counts({}, {}) == {}


def test_a_file_is_named_by_path_or_file_address(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert FileReader().read(str(tmp_path / "a")) == FileReader().read(f"file://{tmp_path}/a") == b"x"
    with pytest.raises(NotFound):
        FileReader().read(str(tmp_path / "b"))
