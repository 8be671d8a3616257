"""Every ruling and clause that the code or a document refers to can be read in this repository."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT, tracked

DECISIONS = ROOT / "docs/decisions.md"
SUFFIXES = (".py", ".md", ".sql", ".yml", ".avsc", ".sh", ".lua", ".toml")
NUMBERS = r"\d{1,3}(?:(?:, | and |–|-)\d{1,3})*"
RULINGS = re.compile(rf"\b[Dd]ecisions? ({NUMBERS})\b")
CLAUSES = re.compile(r"\b(API §\d{2}|GR-\d+|C-0\d|ADR-\d{3})\b")
RECORDS = re.compile(r"\bADR (\d{4})\b")
# Texts that lie outside the repository: a reader could not look them up.
OUTSIDE = re.compile(r"\b(design §\d|FA §|SEC §|GRD-ALTSCORE|TM-[A-Z]+-\d)|\.\./shared/")


def texts() -> list[Path]:
    """Files that may refer to something; captured fixtures keep their authors' words."""
    return [
        path for path in tracked(*SUFFIXES) if "/data/" not in path.as_posix() and "captures" not in path.as_posix()
    ]


def known() -> set[str]:
    """What docs/decisions.md and docs/adr hold, as it is referred to."""
    rows = re.findall(r"^\| (\d+|API §\d{2}|GR-\d|C-0\d|ADR-\d{3}) \|", DECISIONS.read_text(encoding="utf-8"), re.M)
    records = {f"ADR {path.name[:4]}" for path in (ROOT / "docs/adr").glob("0*.md")}
    return set(rows) | records


def ruling_numbers(text: str) -> Iterator[str]:
    """Numbers of the decisions that a text names; a range stands for all in it."""
    for match in RULINGS.finditer(text):
        for part in re.split(r", | and ", match.group(1)):
            first, _, last = part.replace("–", "-").partition("-")
            yield from map(str, range(int(first), int(last or first) + 1))


def references(text: str) -> Iterator[str]:
    """Everything a text refers to, as `known` spells it."""
    yield from ruling_numbers(text)
    yield from CLAUSES.findall(text)
    yield from (f"ADR {number}" for number in RECORDS.findall(text))


def test_every_reference_resolves_inside_the_repository() -> None:
    held = known()
    assert len(held) > 100, "the list of decisions was not read"
    seen = 0
    dangling = []
    for path in texts():
        for reference in references(path.read_text(encoding="utf-8")):
            seen += 1
            if reference not in held:
                dangling.append(f"{path.relative_to(ROOT)}: {reference}")
    assert seen > 100, "no reference was looked at"
    assert not dangling


def test_no_text_refers_to_what_lies_outside_the_repository() -> None:
    here = Path(__file__).name
    outside = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in texts()
        if path.name != here
        for match in OUTSIDE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not outside


def test_decisions_are_numbered_once_and_without_a_gap() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", DECISIONS.read_text(encoding="utf-8"), re.M)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", sorted((ROOT / "docs/adr").glob("0*.md")), ids=lambda path: path.name)
def test_every_design_record_states_status_date_and_alternatives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^Status: (proposed|accepted|superseded by \d{4}).*· Date: \d{4}-\d{2}-\d{2}$", text, re.M)
    for heading in ("## Context", "## Decision", "## Alternatives", "## Consequences"):
        assert heading in text, f"{heading} is missing"
    assert f"({path.name})" in (ROOT / "docs/adr/README.md").read_text(encoding="utf-8"), "not in the index"


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("path", tracked(".md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []
