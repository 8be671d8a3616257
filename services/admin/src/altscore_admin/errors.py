"""What the admin service refuses, beyond the common errors."""

from altscore_libs.errors import AltScoreError, Conflict


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


class SignInLocked(AltScoreError):
    """Too many failed sign-ins from this address."""

    code, status = "SIGN_IN_LOCKED", 429


class UpstreamRefused(Conflict):
    """The service that owns this refused; detail names its code."""

    code = "OWNER_REFUSED"


class UpstreamGone(AltScoreError):
    """What was asked for was kept for its time and is gone; detail names the owner's code."""

    code, status = "GONE", 410


class BadOperatorsFile(Exception):
    """The operators file cannot be used; the message holds none of its contents."""
