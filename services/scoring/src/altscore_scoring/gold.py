"""A Gold run as it was announced: manifest and files are verified before a row is read."""

import json

from altscore_libs.errors import NotFound

from altscore_scoring.canon import sha256_hex
from altscore_scoring.errors import DigestMismatch, GoldUnusable
from altscore_scoring.frame import GoldFrame, frame_of_table, read_parquet
from altscore_scoring.objects import Objects, join


def load_gold(objects: Objects, manifest_uri: str, manifest_sha256: str, *, run_id: str) -> GoldFrame:
    """The verified retailers of a run, sorted by id.

    Args:
        objects: where the lake is.
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
