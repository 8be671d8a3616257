"""The portal has a text in both languages for every rule by which ingestion quarantines a record."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from altscore_admin.portal.distributors.guidance import rule_of, texts
from altscore_ingestion.batches import bounds
from altscore_ingestion.batches.payload import _RULES

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "services/ingestion/src/altscore_ingestion"
FILES = ("batches/records.py", "batches/domain.py", "quarantine/domain.py")


def stated_rules() -> Iterator[str]:
    """Second arguments of FieldError and _InvalidRecord, and constants that name a rule."""
    for name in FILES:
        for node in ast.walk(ast.parse((SOURCES / name).read_text(encoding="utf-8"))):
            is_rule = isinstance(node, ast.Call) and ast.unparse(node.func) in ("FieldError", "_InvalidRecord")
            if isinstance(node, ast.Call) and is_rule and len(node.args) == 2:
                yield from (
                    part.value
                    for part in ast.walk(node.args[1])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_NO_AMOUNT":
                yield ast.literal_eval(node.value)


def bound_rules() -> set[str]:
    """What the bounds state, with the figures that they name."""
    at, day = datetime(2026, 5, 20, tzinfo=UTC), date(2026, 5, 20)
    early, late = date(1999, 1, 1), date(2027, 1, 1)
    faults = {
        bounds.day_fault(early, at),
        bounds.day_fault(late, at),
        bounds.due_day_fault(early, day),
        bounds.bounce_day_fault(early, day, at),
        bounds.amount_fault(Decimal(10**12), bounds.MAX_AMOUNT_INR),
    }
    assert None not in faults
    return {str(fault) for fault in faults}


def test_every_rule_of_ingestion_has_its_text() -> None:
    rules = {*stated_rules(), *bound_rules(), *(rule for _, rule in _RULES), "is missing", "breaks the schema"}
    assert len(rules) > 25, "the rules were not seen"
    assert sorted(rule for rule in rules if rule_of(rule) is None) == []


def test_every_text_stands_in_both_languages_and_belongs_to_a_rule() -> None:
    rules = {*stated_rules(), *bound_rules(), *(rule for _, rule in _RULES), "is missing", "breaks the schema"}
    assert all(text.en and text.hi and text.en != text.hi for text in texts().values())
    unused = set(texts()) - {rule_of(rule) for rule in rules} - {"an instant needs its offset"}
    assert sorted(unused) == []
