"""Check, bulk check, snapshot and history."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.types import ShortText, StrictModel
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from altscore_consent.api.ids import RetailerId
from altscore_consent.api.parts import Caller, LenderId, TheChecks
from altscore_consent.checks import Checks
from altscore_consent.domain import CheckAnswer
from altscore_consent.errors import SnapshotChanged

router = make_router(tags=["checks"], responses=error_responses(Forbidden, Unavailable))
CHECKERS = ("score", "scoring")
MANY_CHECKERS = ("score",)
ONE = "ret_[0-9a-f]{16}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}"
Asked = Annotated[str, Query(pattern=f"^{ONE}(,{ONE}){{0,63}}$")]
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}:ret_[0-9a-f]{16}$")]


class CheckResponse(BaseModel):
    """Whether this lender may see this retailer; `reason` is for internal callers only."""

    consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: Literal["none", "expired", "revoked", "purpose", "fair_use"] | None


class ManyResponse(BaseModel):
    """In the order asked, each as by itself."""

    results: list[CheckResponse]


class BulkRequest(StrictModel):
    """Up to 5,000 retailers."""

    retailer_ids: list[RetailerId] = Field(min_length=1, max_length=5000)


class BulkResult(BaseModel):
    """One retailer: any active consent, and the number of his last change."""

    retailer_id: str
    consented: bool
    version: int


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


class InviteEntry(BaseModel):
    """An invite in a history."""

    invite_id: str
    distributor_id: str
    lender_scope: list[str]
    purpose: str
    language: str
    notice_id: str
    notice_version: str
    notice_sha256: str
    status: str
    created_at: datetime
    expires_at: datetime


class RecordEntry(BaseModel):
    """A signed record in a history; `record` is what was signed, None when it no longer verifies."""

    consent_id: str
    kind: str
    is_verified: bool
    record: dict[str, Any] | None
    signature: str


class HistoryResponse(BaseModel):
    """Everything recorded of a retailer's consent."""

    retailer_id: str
    invites: list[InviteEntry]
    records: list[RecordEntry]


def answer_of(found: CheckAnswer) -> CheckResponse:
    """The body of a check."""
    return CheckResponse.model_construct(
        consented=found.is_consented,
        consent_id=found.consent_id,
        expires_at=found.expires_at,
        version=found.version,
        reason=found.reason,
    )


async def answer_of_many(of: str, checks: Checks) -> ManyResponse:
    """The body of several checks."""
    asked = [checks.check(*one.split(":")) for one in of.split(",")]
    return ManyResponse.model_construct(results=[answer_of(one) for one in await asyncio.gather(*asked)])


@router.get("/v1/consent/check", dependencies=[Depends(allow_callers(*CHECKERS))])
async def check(
    retailer_id: RetailerId, lender_id: LenderId, checks: TheChecks, purpose: ShortText | None = None
) -> CheckResponse:
    """Whether a lender may see a retailer now."""
    return answer_of(await checks.check(retailer_id, lender_id, purpose))


@router.get("/internal/consents/check-many", dependencies=[Depends(allow_callers(*MANY_CHECKERS))])
async def check_many(of: Asked, checks: TheChecks) -> ManyResponse:
    """Checks that came together, `retailer:lender:purpose` each, comma between: for the serving path under load."""
    return await answer_of_many(of, checks)


@router.post("/internal/consents/check-bulk", dependencies=[Depends(allow_callers("scoring"))])
async def check_bulk(body: BulkRequest, checks: TheChecks, caller: Caller) -> BulkResponse:
    """Whether any consent stands, for many retailers."""
    found = await checks.check_many(body.retailer_ids, actor=caller)
    results = [BulkResult(retailer_id=one, consented=found[one][0], version=found[one][1]) for one in body.retailer_ids]
    return BulkResponse(results=results)


@router.get(
    "/internal/snapshot",
    dependencies=[Depends(allow_callers("pipeline"))],
    responses=error_responses(SnapshotChanged),
)
async def snapshot(
    checks: TheChecks,
    caller: Caller,
    after: Cursor | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 5000,
) -> SnapshotResponse:
    """All retailers with an active consent, page by page."""
    page = await checks.snapshot(after, limit, actor=caller)
    retailers = [SnapshotEntry(retailer_id=one, version=version) for one, version in page.retailers]
    return SnapshotResponse(version=page.version, retailers=retailers, next=page.next_cursor)


@router.get("/v1/consent/{retailer_id}/history", dependencies=[Depends(allow_callers("admin"))])
async def history(retailer_id: RetailerId, checks: TheChecks) -> HistoryResponse:
    """Every invite and every signed record of a retailer."""
    invites, records = await checks.history(retailer_id)
    return HistoryResponse(
        retailer_id=retailer_id,
        invites=[InviteEntry.model_validate(one, from_attributes=True) for one in invites],
        records=[
            RecordEntry(
                consent_id=row.consent_id,
                kind=row.kind,
                is_verified=content is not None,
                record=content,
                signature=row.signature.hex(),
            )
            for row, content in records
        ],
    )
