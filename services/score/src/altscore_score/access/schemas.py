"""Bodies of the internal routes that admin calls."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from fastapi import Path
from pydantic import BaseModel, Field, StringConstraints

MAX_OVERLAP_S = 7 * 86_400
LenderId = Annotated[str, Path(pattern=r"^lender_[a-z0-9_]{1,48}$")]
AccountId = Annotated[str, Path(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$", description="Live or test credentials.")]


class LenderRequest(StrictModel):
    """A lender to onboard."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class LenderResponse(BaseModel):
    """The lender's credentials, live and for the sandbox; a secret is shown once."""

    client_id: str
    client_secret: str | None = None
    test_client_id: str
    test_client_secret: str | None = None


class OrderRequest(StrictModel):
    """What an operator orders; the same `order_id` is carried out once."""

    order_id: Annotated[
        str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
    ]
    by: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
    reason: Literal["compromise", "lender_request", "misuse", "offboarding", "rotation", "drill", "resolved"]


class RevokeRequest(OrderRequest):
    """All tokens of a lender, or the one that is named."""

    jti: Annotated[str | None, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = None


class RotateRequest(OrderRequest):
    """A new client secret."""

    overlap_s: Annotated[
        int, Field(ge=0, le=MAX_OVERLAP_S, description="How long the secrets before may still be used, seconds.")
    ] = 0


class OrderResponse(BaseModel):
    """What became of it; a new secret is shown this once."""

    client_id: str
    is_repeated: bool
    client_secret: str | None = None
    former_valid_until: datetime | None = None


class LenderItem(BaseModel):
    """A lender's access as it stands in the database."""

    client_id: str
    is_genuine: Annotated[bool, Field(description="Whether its row is as the service wrote it.")]
    is_active: bool
    version: Annotated[int, Field(description="Grows by one with each change.")]


class OrderItem(BaseModel):
    """An order of the last 90 days that was carried out."""

    order_id: str
    kind: str
    client_id: str
    done_at: datetime
    is_in_force: Annotated[bool, Field(description="False where the revocation of a token that lives is gone.")]


class LendersResponse(BaseModel):
    """All lenders, live and test credentials, and the orders about them."""

    lenders: list[LenderItem]
    orders: list[OrderItem]
