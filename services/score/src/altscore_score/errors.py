"""Errors of the lender's contract (API §03, §08)."""

from altscore_libs import web
from altscore_libs.errors import AltScoreError, InvalidRequest, NotFound
from starlette.responses import Response

PROBLEM_TYPES = "https://api.altscore.in/errors/"


def problem(error: AltScoreError, identifier: str) -> Response:
    """The problem response of a refusal; its `type` is the page of its code."""
    return web.problem(error, identifier, types=PROBLEM_TYPES)


class InvalidRetailerId(InvalidRequest):
    """The retailer id is not `ret_` and sixteen hex digits."""

    code = "INVALID_RETAILER_ID"


class TokenError(AltScoreError):
    """Base of the refusals that count as a failed authentication."""

    status = 401
    code = "TOKEN_INVALID"

    def __init__(self, reason: str) -> None:
        super().__init__("", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        self.reason = reason


class TokenMissing(TokenError):
    """No bearer token came with the call."""

    code = "TOKEN_MISSING"

    def __init__(self) -> None:
        super().__init__("missing")
        self.headers = {"WWW-Authenticate": "Bearer"}


class TokenExpired(TokenError):
    """The token's hour is over."""

    code = "TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("expired")


class TokenInvalid(TokenError):
    """The token is not ours, not theirs, revoked or malformed; the answer does not say which."""


class SecretRefused(TokenError):
    """The X-Client-Secret that came along is wrong, or too many were; the token itself may be good."""

    code = "UNAUTHORIZED"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.headers = {"WWW-Authenticate": "Bearer"}


class ConsentNotGranted(AltScoreError):
    """No active consent names this lender, or nobody knows the retailer: one answer for both."""

    code, status = "CONSENT_NOT_GRANTED", 403


class ScopeMismatch(AltScoreError):
    """The retailer named this lender, for another purpose."""

    code, status = "SCOPE_MISMATCH", 403


class RetailerNotScored(AltScoreError):
    """Consent stands and no score does: not computed yet, or older than its life."""

    code, status = "RETAILER_NOT_SCORED", 404
    RETRY_AFTER_S = 60

    def __init__(self) -> None:
        super().__init__("", headers={"Retry-After": str(self.RETRY_AFTER_S)})


class IdempotencyConflict(AltScoreError):
    """The X-Request-ID already answered another body."""

    code, status = "IDEMPOTENCY_CONFLICT", 409


class GrievanceNotFound(NotFound):
    """No such grievance, or another lender's: one answer for both."""

    code = "GRIEVANCE_NOT_FOUND"


class AuditEntryNotFound(NotFound):
    """No entry of this lender has the id, or it is another lender's: one answer for both."""

    code = "AUDIT_ENTRY_NOT_FOUND"


class AuditProofPending(NotFound):
    """The entry is there, and no signed checkpoint covers it yet."""

    code = "AUDIT_PROOF_PENDING"
    RETRY_AFTER_S = 60

    def __init__(self) -> None:
        super().__init__("", headers={"Retry-After": str(self.RETRY_AFTER_S)})


class DataInsufficient(AltScoreError):
    """Guardrail GR-5 keeps the books of this retailer from being scored."""

    code, status = "DATA_INSUFFICIENT", 422


class ManualReviewRequired(AltScoreError):
    """Guardrail GR-2 or GR-3, or the rule EXISTING_DEFAULT, wants a person to look first."""

    code, status = "MANUAL_REVIEW_REQUIRED", 422
