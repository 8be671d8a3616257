"""Bodies of a lookup."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_score.scores.schemas import RetailerId


class LookupRequest(StrictModel):
    """A GSTIN; in a body, so that it stands in no URL."""

    gst: Annotated[
        str,
        StringConstraints(min_length=15, max_length=15),
        Field(description="GSTIN, 15 characters, capital letters."),
    ]


class LookupResponse(BaseModel):
    """The opaque id behind a GSTIN."""

    retailer_id: Annotated[RetailerId, Field(description="The retailer's id in every other call.")]
    consent_active: Annotated[
        Literal[True], Field(description="Always true: without a consent that names you there is no answer.")
    ]
