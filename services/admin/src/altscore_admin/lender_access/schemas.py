"""Bodies of changes of a lender's access."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

MAX_OVERLAP_S = 7 * 86_400


class AccessIn(StrictModel):
    """Why; a UUID as X-Request-ID makes repeating safe."""

    reason: Literal["compromise", "lender_request", "misuse", "offboarding", "rotation", "drill", "resolved"]


class RevokeIn(AccessIn):
    """All tokens, or the one that is named."""

    jti: Annotated[str | None, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = None


class RotateIn(AccessIn):
    """A new secret."""

    overlap_s: Annotated[
        int, Field(ge=0, le=MAX_OVERLAP_S, description="How long the secrets before may still be used, seconds.")
    ] = 0


class AccessOut(BaseModel):
    """The result; a new secret only in the first answer, never again."""

    lender_id: str
    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None
