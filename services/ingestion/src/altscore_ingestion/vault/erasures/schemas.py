"""Bodies of the endpoint that erases."""

from typing import Annotated, Any

from altscore_libs.types import StrictModel, public_id
from pydantic import BaseModel

RequestId = Annotated[str, public_id("rgt")]


class EraseIn(StrictModel):
    """The approved request of the retailer."""

    request_id: RequestId


class ErasedOut(BaseModel):
    """What is certified, and the signature (r||s, hex) over SHA-256 of the certificate's RFC 8785 form."""

    certificate: dict[str, Any]
    signature: str
