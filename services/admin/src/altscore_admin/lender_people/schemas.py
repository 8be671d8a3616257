"""Bodies about lenders' officers; the portal keeps them."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import StringConstraints


class OfficerIn(StrictModel):
    """An officer of a lender; the lender's identity provider must vouch for this address."""

    email: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    language: Literal["hi", "en"] = "en"
