"""The personas of the sandbox: one for each outcome, told apart, possible as real scores, and told to lenders."""

import math
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from altscore_libs.testing import SCHEMAS
from altscore_score.retailers.domain import is_gstin
from altscore_score.sandbox.personas import Persona, load_personas

from .expectations import STATUS, is_low

PERSONAS = load_personas()
PAGE = Path(__file__).parents[4] / "docs" / "lenders" / "sandbox.md"


def test_there_is_a_persona_for_each_outcome() -> None:
    errors = {persona.error for persona in PERSONAS.values() if persona.error}
    assert errors == set(STATUS)
    scores = [persona.score for persona in PERSONAS.values() if persona.score is not None]
    assert {score.risk_band for score in scores} == set("ABCD")
    shown = {(guardrail.id, guardrail.action) for score in scores for guardrail in score.guardrails}
    assert shown == {("GR-1", "flagged"), ("GR-4", "capped"), ("GR-5", "flagged"), ("GR-6", "flagged")}
    assert {"gr_2_review", "gr_3_review", "gr_5_blocked"} <= PERSONAS.keys()
    assert any(score.is_low_confidence_data for score in scores)
    assert any(score.data_age_days > 14 for score in scores)
    assert any(score.is_outdated_by_run for score in scores)


def test_personas_are_told_apart_and_clearly_of_the_sandbox() -> None:
    assert len({persona.retailer_id for persona in PERSONAS.values()}) == len(PERSONAS)
    assert len({persona.gstin for persona in PERSONAS.values()}) == len(PERSONAS)
    assert all(is_gstin(persona.gstin) for persona in PERSONAS.values())


BANDS = (("A", Decimal("0.05")), ("B", Decimal("0.12")), ("C", Decimal("0.25")), ("D", Decimal(2)))


def band_of(pd: Decimal) -> str:
    """The risk band of a probability of default."""
    return next(band for band, below in BANDS if pd < below)


@pytest.mark.parametrize("name", [name for name, persona in PERSONAS.items() if persona.score is not None])
def test_a_persona_says_what_a_real_score_could_say(name: str) -> None:
    score = PERSONAS[name].score
    assert score is not None
    pd = Decimal(score.probability_of_default)
    scale = 550 + 50 / math.log(2) * math.log((1 - float(pd)) / float(pd))
    assert score.altscore == min(900, max(300, round(scale)))  # decision 53
    assert score.risk_band == band_of(pd)
    assert score.recommended_limit_inr % 1000 == 0
    assert (score.recommended_limit_inr == 0) == (score.risk_band == "D")
    assert (50 <= Decimal(score.completeness) < 70) == score.is_low_confidence_data
    for month in score.history:
        assert month.risk_band == band_of(Decimal(1 / (1 + 2 ** ((month.altscore - 550) / 50))))
    assert not score.history or (score.history[0].altscore, score.history[0].risk_band) == (
        score.altscore,
        score.risk_band,
    )
    taxonomy = yaml.safe_load((SCHEMAS / "reference" / "reason_codes.yml").read_text(encoding="utf-8"))
    assert {taxonomy[code]["direction"] for code in score.positive} == {"positive"}
    assert {taxonomy[code]["direction"] for code in score.negative} == {"negative"}


def row_of(name: str, persona: Persona) -> str:
    """The row of a persona on the page of the sandbox."""
    if persona.error is not None:
        answer = f"{STATUS[persona.error]} `{persona.error}`"
    else:
        assert persona.score is not None
        low = ", low confidence" if is_low(persona.score) else ""
        answer = f"200, {persona.score.altscore}, band {persona.score.risk_band}{low}"
    return f"| `{name}` | `{persona.retailer_id}` | `{persona.gstin}` | {persona.shows} | {answer} |"


def test_the_guide_for_lenders_tells_what_the_data_file_says() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "| `ret_" in line]
    assert rows == [row_of(*pair) for pair in PERSONAS.items()]
