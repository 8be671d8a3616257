"""What the portal may read of a lender's own access."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, router, services_of
from fastapi import Depends, Query, Request

from altscore_score.access.schemas import LenderId
from altscore_score.dependencies import Services
from altscore_score.lender_accounts.domain import is_rotation_due, secret_since
from altscore_score.lender_accounts.schemas import (
    AccountItem,
    CallsByDayOut,
    CredentialsOut,
    DayItem,
    QuotaItem,
    RefusalItem,
    UsageOut,
)
from altscore_score.limits.domain import DISCLOSURES
from altscore_score.portfolios.domain import Viewer
from altscore_score.portfolios.routes import BASE
from altscore_score.portfolios.schemas import ViewerIn

routes = router(
    tags=["Internal"],
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(InvalidRequest, Forbidden, Unavailable),
)


@routes.get(f"{BASE}/usage", operation_id="getUsage", summary="Read how much of a lender's quotas counts now")
async def get_usage(lender_id: LenderId, query: Annotated[ViewerIn, Query()], request: Request) -> UsageOut:
    quotas = await services_of(request, Services).dashboards.accounts.usage(Viewer(lender_id, query.person_id))
    return UsageOut(
        items=[QuotaItem(**quota._asdict(), remaining=max(0, quota.limit - quota.used)) for quota in quotas],
        disclosures_per_retailer_a_day=DISCLOSURES.limit,
    )


@routes.get(f"{BASE}/usage/days", operation_id="getCallsByDay", summary="Count a lender's calls by day and refusal")
async def get_calls_by_day(lender_id: LenderId, query: Annotated[ViewerIn, Query()], request: Request) -> CallsByDayOut:
    accounts = services_of(request, Services).dashboards.accounts
    counts = await accounts.calls_by_day(Viewer(lender_id, query.person_id))
    items = [
        DayItem(
            day=day.day,
            served=day.served,
            refusals=[RefusalItem(code=code, calls=calls) for code, calls in day.refusals.items()],
        )
        for day in counts.days
    ]
    return CallsByDayOut(counted_since=counts.since, items=items)


@routes.get(f"{BASE}/credentials", operation_id="getCredentials", summary="Read the state of a lender's credentials")
async def get_credentials(lender_id: LenderId, query: Annotated[ViewerIn, Query()], request: Request) -> CredentialsOut:
    accounts = services_of(request, Services).dashboards.accounts
    credentials = await accounts.credentials(Viewer(lender_id, query.person_id))
    now = accounts.clock.now()
    items = [
        AccountItem(
            client_id=account.client_id,
            is_active=account.is_active,
            onboarded_at=account.onboarded_at,
            secret_since=secret_since(account, now),
            rotation_due=is_rotation_due(account, now),
            former_valid_until=list(account.former_valid_until),
        )
        for account in credentials.accounts
    ]
    return CredentialsOut(items=items, purposes=list(credentials.purposes))
