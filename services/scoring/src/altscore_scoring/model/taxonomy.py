"""The reason-code taxonomy: which code a group of features and a direction give; every score names its digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path("reference") / "reason_codes.yml"


@dataclass(frozen=True)
class Taxonomy:
    """Codes by (group, direction), the groups in index order, and the SHA-256 of the file they came from."""

    codes: Mapping[tuple[str, str], str]
    groups: tuple[str, ...]
    digest: str


def parse_taxonomy(raw: bytes) -> Taxonomy:
    """Reads the bytes of `reason_codes.yml`.

    Raises:
        ValueError: two codes claim the same group and direction, or a direction is unknown.
    """
    entries = yaml.safe_load(raw)
    codes: dict[tuple[str, str], str] = {}
    for code, entry in entries.items():
        key = (entry["group"], entry["direction"])
        if key in codes or key[1] not in {"positive", "negative"}:
            raise ValueError(f"code {code} repeats a group and direction or names an unknown direction")
        codes[key] = code
    groups = tuple(dict.fromkeys(group for group, _ in codes))
    return Taxonomy(codes, groups, hashlib.sha256(raw).hexdigest())


def load_taxonomy(schemas_dir: Path) -> Taxonomy:
    """The taxonomy of the schema folder."""
    return parse_taxonomy((schemas_dir / FILE).read_bytes())
