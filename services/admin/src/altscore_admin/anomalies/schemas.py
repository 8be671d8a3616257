"""Query and bodies of anomalies."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.model_decisions.schemas import Ticket

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
Place = tuple[datetime, str]


class AnomaliesIn(BaseModel):
    """Which page; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,17}\.anm_[0-9a-f]{32}$")] | None = Field(
        default=None, description="`next` of the page before."
    )
    limit: int = Field(default=100, ge=1, le=500)

    def before(self) -> Place:
        """The page begins behind this anomaly."""
        if self.cursor is None:
            return _END_OF_TIME, ""
        micros, _, anomaly_id = self.cursor.partition(".")
        return _EPOCH + timedelta(microseconds=int(micros)), anomaly_id


class AnomalyOut(BaseModel):
    """Data of a retailer that look manipulated or broken."""

    anomaly_id: str
    retailer_id: str
    run_id: str
    score: float = Field(description="Anomaly score; above the threshold the retailer is sent to manual review.")
    threshold: float
    detected_at: IsoInstant
    status: str
    closed_at: IsoInstant | None
    review: str | None = Field(description="`released` or `confirmed`, by a person; null while nobody looked.")
    reviewed_by: str | None
    reviewed_at: IsoInstant | None


class ReviewIn(StrictModel):
    """What a person decides about an anomaly."""

    decision: Literal["release", "confirm"]
    ticket: Ticket


class AnomaliesOut(BaseModel):
    """A page, the newest first; `next` is the `cursor` of the following page, null at the end."""

    anomalies: list[AnomalyOut]
    next: str | None


def page_of(anomalies: list[AnomalyOut], limit: int) -> AnomaliesOut:
    """A page of at most `limit` anomalies."""
    cursor = None
    if len(anomalies) == limit:
        micros = (anomalies[-1].detected_at - _EPOCH) // timedelta(microseconds=1)
        cursor = f"{micros}.{anomalies[-1].anomaly_id}"
    return AnomaliesOut(anomalies=anomalies, next=cursor)
