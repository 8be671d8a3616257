"""Reads the reason codes that this release knows."""

from pathlib import Path

from altscore_libs.yaml_text import parse_yaml

from altscore_score.scores.domain import Label, Taxonomy


def load_taxonomy(schemas_dir: Path) -> Taxonomy:
    """The reason codes of schemas/reference/reason_codes.yml."""
    text = (schemas_dir / "reference" / "reason_codes.yml").read_text(encoding="utf-8")
    rows = parse_yaml(text)
    return Taxonomy(
        labels={code: Label(row["label_en"], row["label_hi"]) for code, row in rows.items()},
        directions={code: row["direction"] for code, row in rows.items()},
    )
