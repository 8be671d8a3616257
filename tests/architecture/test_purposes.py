"""What a consent can be for is told in one way: what the notices explain, everywhere else the same."""

import json
import re

import pytest
import yaml
from altscore_score.audit.service import KNOWN_PURPOSES

from .conftest import ROOT

INVITES = ROOT / "services/consent/src/altscore_consent/invites"
PURPOSES = set(json.loads((INVITES / "notices.json").read_text(encoding="utf-8"))["purposes"])
NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)*_(?:loan|credit|financing)\b")


def test_the_audit_knows_the_purposes_of_the_notices() -> None:
    assert len(PURPOSES) == 4
    assert PURPOSES == KNOWN_PURPOSES


def test_every_purpose_has_its_fair_use() -> None:
    assert set(json.loads((INVITES / "fair_use.json").read_text(encoding="utf-8"))["1"]) == PURPOSES


def test_the_contract_lists_the_purposes() -> None:
    contract = json.loads((ROOT / "services/score/openapi.json").read_text(encoding="utf-8"))
    described = contract["components"]["schemas"]["ScoreRequest"]["properties"]["purpose"]["description"]
    assert set(NAME.findall(described)) == PURPOSES


@pytest.mark.parametrize("page", ["docs/lenders/README.md", "docs/lenders/consent.md", "docs/glossary.md"])
def test_a_page_that_lists_purposes_lists_them_all_and_no_other(page: str) -> None:
    assert set(NAME.findall((ROOT / page).read_text(encoding="utf-8"))) == PURPOSES


def test_the_sandbox_knows_no_other_purpose() -> None:
    personas = yaml.safe_load((ROOT / "services/score/src/altscore_score/sandbox/personas.yml").read_text("utf-8"))
    named = {purpose for persona in personas.values() for purpose in persona.get("purposes", [])}
    assert named
    assert named <= PURPOSES
    assert set(NAME.findall((ROOT / "docs/lenders/sandbox.md").read_text(encoding="utf-8"))) <= PURPOSES
