"""What the admin service refuses, beyond the common errors."""

from altscore_libs.errors import AltScoreError, Conflict, Forbidden, Unauthorized, Unavailable


class SameOperator(Conflict):
    """The second approval must come from another person."""

    code = "SECOND_OPERATOR_REQUIRED"


class PromotionConflict(Conflict):
    """Another proposal for this model is open, or states something else."""

    code = "PROMOTION_CONFLICT"


class EvaluationBelowThreshold(Conflict):
    """The evaluation misses a threshold; `errors` names which."""

    code = "MODEL_GATE_MISSED"


class NoEarlierModel(Conflict):
    """There is no earlier model to roll back to."""

    code = "NO_EARLIER_MODEL"


class GrievanceResolved(Conflict):
    """The grievance is already resolved; a resolution is never rewritten."""

    code = "GRIEVANCE_RESOLVED"


class AnomalyReviewed(Conflict):
    """The anomaly was reviewed before; a review stands."""

    code = "ANOMALY_REVIEWED"


class ApprovalConflict(Conflict):
    """Another request about the same is open, or this one was changed or has ended since it was shown."""

    code = "APPROVAL_CONFLICT"


class ApprovalInProgress(Conflict):
    """Another approval of the same request is being carried out at this moment; repeat for its result."""

    code = "APPROVAL_IN_PROGRESS"


class SignInLocked(AltScoreError):
    """Too many failed sign-ins from this address."""

    code, status = "SIGN_IN_LOCKED", 429


class UpstreamRefused(Conflict):
    """The service that owns this refused; detail names its code."""

    code = "OWNER_REFUSED"


class UpstreamGone(AltScoreError):
    """What was asked for was kept for its time and is gone; detail names the owner's code."""

    code, status = "GONE", 410


class CommandConflict(Conflict):
    """The same X-Request-ID asked for something else before."""

    code = "IDEMPOTENCY_CONFLICT"


class IncidentClosed(Conflict):
    """The incident is closed; nothing more is recorded of it."""

    code = "INCIDENT_CLOSED"


class StepsMissing(Conflict):
    """Required steps of the response are not stated; `errors` names them."""

    code = "STEPS_MISSING"


class ReportFailed(AltScoreError):
    """The compliance report could not be made; asking again makes another one."""

    code, status = "REPORT_FAILED", 503


class ReportLeaseLost(Exception):
    """Another attempt to make a compliance report began, so that this one ends without a trace."""


class ReportNotDrawn(AltScoreError):
    """The report has no PDF, since this process could not draw it; the JSON holds the same figures."""

    code, status = "REPORT_NOT_DRAWN", 503


class BadOperatorsFile(Exception):
    """The operators file cannot be used; the message holds none of its contents."""


class SamlRefused(AltScoreError):
    """The identity provider's response is not one that this browser asked for, or does not hold."""

    code, status = "SAML_RESPONSE_REFUSED", 400


class SamlNotConfigured(Conflict):
    """No identity provider is configured here."""

    code = "SAML_NOT_CONFIGURED"


class NoRole(Forbidden):
    """The identity provider knows the person, and gives them no role of ours."""

    code = "NO_ROLE"


class AdminTokenRequired(Unauthorized):
    """Signed in, and without a live admin token: touch the security key."""

    code = "ADMIN_TOKEN_REQUIRED"


class CsrfRefused(Forbidden):
    """A request with a session's cookies and without its CSRF token."""

    code = "CSRF_TOKEN_REFUSED"


class ConfirmationRequired(Forbidden):
    """The action needs a confirmation of its own, by the security key."""

    code = "ACTION_CONFIRMATION_REQUIRED"


class KeyRefused(Forbidden):
    """The security key, or its answer, is not accepted."""

    code = "SECURITY_KEY_REFUSED"


class NotInvited(Forbidden):
    """Nobody invited this operator with this code."""

    code = "NOT_INVITED"


class BadSignInConfiguration(Exception):
    """Certificates or keys of sign-in cannot be used; the message holds none of their contents."""


class RightsStepRefused(Conflict):
    """The step does not fit the request's kind or state; `detail` names both."""

    code = "RIGHTS_STEP_REFUSED"


class EvidenceRequired(Conflict):
    """A nominee or a guardian acts by documents alone; the request stays refused until they are attached."""

    code = "EVIDENCE_REQUIRED"


class NoticeRunning(Conflict):
    """The 48 hours after the notice of an erasure are not over."""

    code = "NOTICE_RUNNING"


class NoVerifiedRequest(Conflict):
    """Data of a retailer leave on a verified request of access alone."""

    code = "NO_VERIFIED_REQUEST"


class ExportIncomplete(Unavailable):
    """A part of the export cannot be read, and a partial one is never given; `errors` names the part."""


class PagesNotBuilt(Unavailable):
    """This process has no built pages; its API works."""

    code = "PAGES_NOT_BUILT"

    def __init__(self) -> None:
        super().__init__("the pages are not built: `make setup` builds them")
