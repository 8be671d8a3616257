"""What the routes depend on: the services, and an operator who holds the permission that the route demands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from altscore_libs.errors import Forbidden, Unauthorized, Unavailable
from altscore_libs.web import read_body, services_of
from fastapi import Depends, Header, Request

from altscore_admin.anomalies.service import AnomalyService
from altscore_admin.approvals.service import ApprovalService
from altscore_admin.audit_events.service import AuditEventService
from altscore_admin.audit_segments.service import SegmentService
from altscore_admin.compliance.service import ComplianceService
from altscore_admin.confirmations.domain import HEADER, action_of
from altscore_admin.confirmations.service import ConfirmationService
from altscore_admin.erasures.service import ErasureService
from altscore_admin.errors import AdminTokenRequired, ConfirmationRequired, CsrfRefused, KeyRefused, SignInLocked
from altscore_admin.exports.service import ExportService
from altscore_admin.grievances.service import GrievanceService
from altscore_admin.incidents.affected import AffectedService
from altscore_admin.incidents.notices import NoticeService
from altscore_admin.incidents.service import IncidentService
from altscore_admin.incidents.switches import SwitchService as IncidentSwitchService
from altscore_admin.incidents.timeline import TimelineExport
from altscore_admin.invitations.service import InvitationService
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.model_decisions.service import ModelDecisionService
from altscore_admin.models.service import PromotionService
from altscore_admin.operator_saml.service import SamlService
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.operators.service import Attempt, Confirming, SignInService
from altscore_admin.overview.service import OverviewService
from altscore_admin.parked.service import ParkedService
from altscore_admin.partners.service import PartnerService
from altscore_admin.portal_people.service import PortalPeopleService
from altscore_admin.raw_access.service import RawAccessService
from altscore_admin.retailers.service import RetailerService
from altscore_admin.rights.service import RightsService
from altscore_admin.security_keys.invitations import InvitationService as KeyInvitationService
from altscore_admin.security_keys.service import SecurityKeyService
from altscore_admin.sessions.domain import CSRF_HEADER, SESSION, TOKEN, SignedIn
from altscore_admin.sessions.service import SessionService
from altscore_admin.switches.service import SwitchService

MAX_BODY_BYTES = 262_144  # 5,000 retailer ids, or a whole evaluation report
SESSION_ERRORS = (Unauthorized, AdminTokenRequired, CsrfRefused, SignInLocked, Unavailable)
SIGN_IN_ERRORS = (*SESSION_ERRORS, Forbidden, ConfirmationRequired, KeyRefused)
# The number of a ticket, too short for a phone number: the header enters the audit (decision 100).
TICKET_PATTERN = r"^[A-Z]{2,10}-[0-9]{1,8}$"
Ticket = Annotated[str | None, Header(pattern=TICKET_PATTERN)]


@dataclass(frozen=True)
class Services:
    """The use cases behind the routes, wired once in main()."""

    sign_in: SignInService
    saml: SamlService
    sessions: SessionService
    keys: SecurityKeyService
    invitations_of_keys: KeyInvitationService
    confirmations: ConfirmationService
    partners: PartnerService
    invitations: InvitationService
    retailers: RetailerService
    portal_people: PortalPeopleService
    lender_access: LenderAccessService
    models: PromotionService
    model_decisions: ModelDecisionService
    grievances: GrievanceService
    anomalies: AnomalyService
    audit_events: AuditEventService
    audit_segments: SegmentService
    overview: OverviewService
    approvals: ApprovalService
    rights: RightsService
    erasures: ErasureService
    exports: ExportService
    incidents: IncidentService
    incident_switches: IncidentSwitchService
    incident_affected: AffectedService
    incident_timeline: TimelineExport
    raw_access: RawAccessService
    switches: SwitchService
    parked: ParkedService
    incident_notices: NoticeService
    compliance: ComplianceService


def get_services(request: Request) -> Services:
    """The services that main() wired."""
    return services_of(request, Services)


ServicesDependency = Annotated[Services, Depends(get_services)]


def require(permission: Permission, *, is_sensitive: bool = False) -> Callable[[Request], Awaitable[Operator]]:
    """Dependency: an operator who holds this permission.

    Args:
        permission: one of the operator's roles must hold it.
        is_sensitive: the action needs a confirmation of its own by the operator's key (decision 24).

    Raises:
        Unauthorized, AdminTokenRequired, SignInLocked, CsrfRefused, Forbidden, ConfirmationRequired, KeyRefused: as
            SignInService.authorize.
    """

    async def authorize(request: Request) -> Operator:
        confirming = None
        if is_sensitive:
            action = action_of(request.method, request.url.path, await read_body(request, MAX_BODY_BYTES))
            confirming = Confirming(action, request.headers.get(HEADER), has_query=bool(request.url.query))
        return await get_services(request).sign_in.authorize(_attempt(request), permission, confirming)

    authorize.altscore_permission = permission  # type: ignore[attr-defined]  # a mark that a test reads
    authorize.altscore_is_sensitive = is_sensitive  # type: ignore[attr-defined]
    return authorize


def require_sign_in(*, needs_token: bool, is_session: bool = False) -> Callable[[Request], Awaitable[SignedIn]]:
    """Dependency: somebody who is signed in, for routes about their own session and keys; no role is asked for.

    Args:
        needs_token: a SAML session must have a live admin token.
        is_session: a development token is not enough.

    Raises:
        Unauthorized, AdminTokenRequired, SignInLocked, CsrfRefused: as SignInService.recognize.
    """

    async def recognize(request: Request) -> SignedIn:
        attempt = _attempt(request)
        sign_in = get_services(request).sign_in
        return await sign_in.recognize(attempt, needs_token=needs_token, is_session=is_session)

    recognize.altscore_own_session = True  # type: ignore[attr-defined]  # a mark that a test reads
    return recognize


Anybody = Annotated[SignedIn, Depends(require_sign_in(needs_token=False))]
SessionHolder = Annotated[SignedIn, Depends(require_sign_in(needs_token=False, is_session=True))]
TokenHolder = Annotated[SignedIn, Depends(require_sign_in(needs_token=True, is_session=True))]


def _attempt(request: Request) -> Attempt:
    return Attempt(
        authorization=request.headers.get("authorization"),
        route=_route_of(request),
        source=request.client.host if request.client else "unknown",
        method=request.method,
        session_cookie=request.cookies.get(SESSION),
        token_cookie=request.cookies.get(TOKEN),
        csrf_token=request.headers.get(CSRF_HEADER),
    )


def _route_of(request: Request) -> str:
    """The route's template: the path itself holds what the caller wrote, and that must not enter the audit."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))
