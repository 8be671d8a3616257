"""What the routes depend on: the services, and an operator who holds the permission that the route demands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from altscore_libs.errors import Forbidden, Unauthorized, Unavailable
from altscore_libs.web import services_of
from fastapi import Depends, Header, Request

from altscore_admin.anomalies.service import AnomalyService
from altscore_admin.audit_events.service import AuditEventService
from altscore_admin.errors import SignInLocked
from altscore_admin.grievances.service import GrievanceService
from altscore_admin.invitations.service import InvitationService
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.model_decisions.service import ModelDecisionService
from altscore_admin.models.service import PromotionService
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.operators.service import Attempt, SignInService
from altscore_admin.overview.service import OverviewService
from altscore_admin.partners.service import PartnerService
from altscore_admin.retailers.service import RetailerService

SIGN_IN_ERRORS = (Unauthorized, Forbidden, SignInLocked, Unavailable)
# The number of a ticket, too short for a phone number: the header enters the audit (decision 100).
TICKET_PATTERN = r"^[A-Z]{2,10}-[0-9]{1,8}$"
Ticket = Annotated[str | None, Header(pattern=TICKET_PATTERN)]


@dataclass(frozen=True)
class Services:
    """The use cases behind the routes, wired once in main()."""

    sign_in: SignInService
    partners: PartnerService
    invitations: InvitationService
    retailers: RetailerService
    lender_access: LenderAccessService
    models: PromotionService
    model_decisions: ModelDecisionService
    grievances: GrievanceService
    anomalies: AnomalyService
    audit_events: AuditEventService
    overview: OverviewService


def get_services(request: Request) -> Services:
    """The services that main() wired."""
    return services_of(request, Services)


ServicesDependency = Annotated[Services, Depends(get_services)]


def require(permission: Permission, *, by_browser: bool = False) -> Callable[[Request], Awaitable[Operator]]:
    """Dependency: an operator who holds this permission.

    Args:
        permission: one of the operator's roles must hold it.
        by_browser: also takes the token as the password of HTTP Basic, which browsers ask for.

    Raises:
        Unauthorized, SignInLocked, Forbidden: as SignInService.authorize.
    """

    async def authorize(request: Request) -> Operator:
        attempt = Attempt(
            authorization=request.headers.get("authorization"),
            by_browser=by_browser,
            route=_route_of(request),
            source=request.client.host if request.client else "unknown",
        )
        return await get_services(request).sign_in.authorize(attempt, permission)

    authorize.altscore_permission = permission  # type: ignore[attr-defined]  # a mark that a test reads
    return authorize


def _route_of(request: Request) -> str:
    """The route's template: the path itself holds what the caller wrote, and that must not enter the audit."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))
