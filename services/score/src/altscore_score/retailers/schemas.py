"""Bodies of a lookup."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, StringConstraints

from altscore_score.scores.schemas import RetailerId


class LookupRequest(StrictModel):
    """A GSTIN; in a body, so that it stands in no URL."""

    gst: Annotated[str, StringConstraints(min_length=15, max_length=15)]


class LookupResponse(BaseModel):
    """The opaque id behind a GSTIN."""

    retailer_id: RetailerId
    consent_active: Literal[True]
