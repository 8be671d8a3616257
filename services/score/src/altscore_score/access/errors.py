"""Refusals of operators' orders."""

from altscore_libs.errors import Conflict


class OrderConflict(Conflict):
    """The order id was used for something else."""

    code = "IDEMPOTENCY_CONFLICT"


class TooManySecrets(Conflict):
    """Former secrets of two rotations still count; another overlap would make three."""

    code = "SECRETS_OVERLAP"


class LenderTampered(Conflict):
    """The lender's row was changed from outside; nothing is ordered on top of it."""

    code = "LENDER_TAMPERED"
