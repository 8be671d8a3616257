"""Bodies of the checks and the snapshot."""

from datetime import datetime
from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints

from altscore_consent.checks.domain import CheckResult
from altscore_consent.dependencies import RetailerId

TRIPLE = "ret_[0-9a-f]{16}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}"
Triples = Annotated[str, Query(pattern=f"^{TRIPLE}(,{TRIPLE}){{0,63}}$")]
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}:ret_[0-9a-f]{16}$")]


class CheckResponse(BaseModel):
    """Whether this lender may see this retailer; `reason` is for internal callers only."""

    consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: Literal["none", "expired", "revoked", "purpose", "fair_use"] | None

    @classmethod
    def of(cls, result: CheckResult) -> "CheckResponse":
        """The body of a check; not validated again, since every lender's call waits for one."""
        return cls.model_construct(
            consented=result.is_consented,
            consent_id=result.consent_id,
            expires_at=result.expires_at,
            version=result.version,
            reason=result.reason,
        )


class ManyResponse(BaseModel):
    """In the order asked, each as by itself."""

    results: list[CheckResponse]

    @classmethod
    def of(cls, results: list[CheckResult]) -> "ManyResponse":
        """The body of several checks."""
        return cls.model_construct(results=[CheckResponse.of(result) for result in results])


class BulkRequest(StrictModel):
    """Up to 5,000 retailers."""

    retailer_ids: list[RetailerId] = Field(min_length=1, max_length=5000)


class BulkResult(BaseModel):
    """One retailer: any active consent, the number of its last change, and which of its consents was found active."""

    retailer_id: str
    consented: bool
    version: int
    consent_id: str | None


class BulkResponse(BaseModel):
    """In the order asked."""

    results: list[BulkResult]


class SnapshotEntry(BaseModel):
    """A retailer with an active consent."""

    retailer_id: str
    version: int


class SnapshotResponse(BaseModel):
    """One page; `next` goes into `after`, None on the last page."""

    version: int
    retailers: list[SnapshotEntry]
    next: str | None
