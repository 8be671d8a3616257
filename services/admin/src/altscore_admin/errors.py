"""What the admin service refuses, beyond the common errors."""

from altscore_libs.errors import AltScoreError, Conflict


class SameOperator(Conflict):
    """The second approval must come from another person."""

    code = "SECOND_OPERATOR_REQUIRED"


class PromotionConflict(Conflict):
    """Another proposal for this model is open, or states something else."""

    code = "PROMOTION_CONFLICT"


class GateMissed(Conflict):
    """The evaluation misses a bar; `errors` names which."""

    code = "MODEL_GATE_MISSED"


class NoEarlierModel(Conflict):
    """There is nothing to roll back to."""

    code = "NO_EARLIER_MODEL"


class GrievanceResolved(Conflict):
    """A resolution stands; it is not rewritten."""

    code = "GRIEVANCE_RESOLVED"


class SignInLocked(AltScoreError):
    """Too many failed sign-ins from this address."""

    code, status = "SIGN_IN_LOCKED", 429


class PartnerRefused(Conflict):
    """The service that owns this refused; detail names its code."""

    code = "OWNER_REFUSED"
