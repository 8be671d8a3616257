"""The reason-code taxonomy: which code a group and a direction give, and when it is true; scores name its digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from altscore_libs.yaml_text import parse_yaml

from altscore_scoring.model.facts import Fact, parse_fact

FILE = Path("reference") / "reason_codes.yml"


@dataclass(frozen=True)
class Taxonomy:
    """Codes by (group, direction), the plain fact of each code, the groups in index order, and the file's SHA-256.

    Several codes of a group and a direction stand in the order in which they are tried: the first true one is given.
    """

    codes: Mapping[tuple[str, str], tuple[str, ...]]
    facts: Mapping[str, Fact]
    groups: tuple[str, ...]
    digest: str


def parse_taxonomy(raw: bytes) -> Taxonomy:
    """Reads the bytes of `reason_codes.yml`.

    Raises:
        ValueError: a direction is unknown, or a code has no fact.
    """
    entries = parse_yaml(raw)
    codes: dict[tuple[str, str], tuple[str, ...]] = {}
    for code, entry in entries.items():
        key = (entry["group"], entry["direction"])
        if key[1] not in {"positive", "negative"}:
            raise ValueError(f"code {code} names an unknown direction")
        codes[key] = (*codes.get(key, ()), code)
    groups = tuple(dict.fromkeys(group for group, _ in codes))
    facts = {code: parse_fact(entry.get("fact", ())) for code, entry in entries.items()}
    return Taxonomy(codes=codes, facts=facts, groups=groups, digest=hashlib.sha256(raw).hexdigest())


def load_taxonomy(schemas_dir: Path) -> Taxonomy:
    """The taxonomy of the schema folder."""
    return parse_taxonomy((schemas_dir / FILE).read_bytes())
