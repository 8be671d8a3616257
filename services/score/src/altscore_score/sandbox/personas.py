"""The personas of personas.yml, read once and strictly: a file that breaks its own rules stops the process."""

from importlib import resources
from typing import Annotated, Literal

import msgspec
from altscore_libs.yaml_text import parse_yaml

from altscore_score.scores.domain import Guardrail

_PURPOSE = "working_capital_loan"
ErrorCode = Literal[
    "CONSENT_NOT_GRANTED",
    "DATA_INSUFFICIENT",
    "MANUAL_REVIEW_REQUIRED",
    "RATE_LIMIT_EXCEEDED",
    "RETAILER_NOT_SCORED",
    "SERVICE_UNAVAILABLE",
]


class PersonaMonth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A monthly snapshot of a persona."""

    altscore: Annotated[int, msgspec.Meta(ge=300, le=900)]
    risk_band: Literal["A", "B", "C", "D"]


class PersonaScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scored persona's record says; instants count back from the day of the call."""

    probability_of_default: str
    altscore: Annotated[int, msgspec.Meta(ge=300, le=900)]
    risk_band: Literal["A", "B", "C", "D"]
    recommended_limit_inr: Annotated[int, msgspec.Meta(ge=0)]
    positive: Annotated[list[str], msgspec.Meta(min_length=3)]
    negative: Annotated[list[str], msgspec.Meta(min_length=2)]
    completeness: str
    guardrails: list[Guardrail] = msgspec.field(default_factory=list)
    is_low_confidence_data: bool = False
    is_outdated_by_run: bool = False
    data_age_days: Annotated[int, msgspec.Meta(ge=1)] = 3
    scored_days_ago: Annotated[int, msgspec.Meta(ge=1, le=29)] = 1
    history: Annotated[list[PersonaMonth], msgspec.Meta(max_length=12)] = msgspec.field(default_factory=list)


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One retailer that does not exist: its score, or the error that hides it."""

    retailer_id: Annotated[str, msgspec.Meta(pattern=r"^ret_7e57[0-9a-f]{12}$")]
    gstin: Annotated[str, msgspec.Meta(pattern=r"^99TSTPT[0-9]{4}A1Z[0-9A-Z]$")]
    shows: str
    purposes: tuple[str, ...] = (_PURPOSE,)
    error: ErrorCode | None = None
    score: PersonaScore | None = None

    def __post_init__(self) -> None:
        is_shown = self.error in (None, "RATE_LIMIT_EXCEEDED")  # spent disclosures hide no history
        if is_shown != (self.score is not None):
            raise ValueError("a persona has a score, or an error that hides it")


def load_personas() -> dict[str, Persona]:
    """All personas by name, in the order of the file.

    Raises:
        msgspec.ValidationError: the file breaks its own rules.
    """
    text = resources.files("altscore_score.sandbox").joinpath("personas.yml").read_text(encoding="utf-8")
    return msgspec.convert(parse_yaml(text), dict[str, Persona], strict=True)
