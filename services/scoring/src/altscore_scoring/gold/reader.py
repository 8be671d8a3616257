"""A Gold run as it was announced: manifest and files are verified before a row is read."""

import asyncio
import json

from altscore_libs.errors import NotFound

from altscore_scoring.clients import ObjectReader, join
from altscore_scoring.digests import sha256_hex
from altscore_scoring.errors import DigestMismatch, GoldUnusable
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.tables import frame_of_table, read_parquet
from altscore_scoring.runs.domain import GoldRun


def load_gold(objects: ObjectReader, *, manifest_uri: str, manifest_sha256: str, run_id: str) -> GoldFrame:
    """The verified retailers of a run, sorted by id.

    Args:
        objects: reads the lake's bucket.
        manifest_uri: address of the run's manifest.json.
        manifest_sha256: its digest as announced.
        run_id: the run it must belong to.

    Raises:
        DigestMismatch: the manifest or a file is not the announced one.
        GoldUnusable: a file is missing, a count disagrees, or the columns are not Gold's.
        Unavailable: the store does not answer.
    """
    try:
        raw = objects.read(manifest_uri)
        if sha256_hex(raw) != manifest_sha256:
            raise DigestMismatch("the Gold manifest is not the announced one")
        manifest = json.loads(raw)
        if manifest["run_id"] != run_id:
            raise GoldUnusable("the manifest belongs to another run")
        folder = manifest_uri.rpartition("/")[0]
        parts = []
        for entry in manifest["files"]:
            content = objects.read(join(folder, entry["name"]))
            if sha256_hex(content) != entry["sha256"]:
                raise DigestMismatch(f"{entry['name']} is not the file of the manifest")
            parts.append(content)
        table = read_parquet(parts)
    except NotFound as error:
        raise GoldUnusable("a file of the run is missing") from error
    except (ValueError, KeyError, TypeError) as error:
        raise GoldUnusable("the manifest or a file cannot be read") from error
    expected = sum(int(entry["rows"]) for entry in manifest["files"])
    if table.num_rows != expected:
        raise GoldUnusable("the run does not hold as many rows as its manifest says")
    return frame_of_table(table)


class GoldCache:
    """Reads runs and keeps the last one in memory between chunks."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._run_id: str | None = None
        self._frame: GoldFrame | None = None

    async def frame(self, run: GoldRun) -> GoldFrame:
        """The verified retailers of a run; raises what `load_gold` raises."""
        if self._run_id != run.run_id or self._frame is None:
            self._frame = await asyncio.to_thread(
                load_gold,
                self._objects,
                manifest_uri=run.manifest_uri,
                manifest_sha256=run.manifest_sha256,
                run_id=run.run_id,
            )
            self._run_id = run.run_id
        return self._frame
