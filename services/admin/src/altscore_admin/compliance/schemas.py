"""Bodies of compliance reports."""

from datetime import date, datetime
from typing import Any, Literal

from altscore_libs.types import IsoDate, StrictModel
from pydantic import BaseModel, Field


class ReportIn(StrictModel):
    """A range of days in India, both included."""

    first: IsoDate = Field(alias="from")
    last: IsoDate = Field(alias="to")


class ReportState(BaseModel):
    """How far a report is; `location` is where it will be."""

    report_id: str
    state: Literal["queued", "running", "done", "failed"]
    progress: int
    requested_at: datetime
    finished_at: datetime | None
    content_sha256: str | None
    attempts: int
    failure: str | None = Field(description="Why the newest attempt ended without a report: a code.")
    location: str


class MissingPart(BaseModel):
    """A section that is not complete, and why."""

    section: str
    problem: str


class SectionOut(BaseModel):
    """A part of the report; a figure that is not known is absent or null, never zero."""

    name: str
    title_en: str
    title_hi: str
    source: str
    is_complete: bool
    problem: str | None
    figures: dict[str, int | float | str | None]
    series: list[dict[str, Any]]


class ReportOut(BaseModel):
    """A compliance report; incomplete when a source did not answer or the range has not ended."""

    report_id: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    made_at: datetime
    is_complete: bool
    is_preliminary: bool
    missing: list[MissingPart]
    sections: list[SectionOut]
