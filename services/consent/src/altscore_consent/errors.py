"""This service's error classes; their codes are what webhook and admin key on."""

from altscore_libs.errors import Conflict, Forbidden, NotFound


class InviteUnknown(NotFound):
    """No such invite."""

    code = "INVITE_UNKNOWN"


class ConsentUnknown(NotFound):
    """No such consent."""

    code = "CONSENT_UNKNOWN"


class InviteMismatch(Conflict):
    """The answer names another retailer, distributor, phone, scope or purpose than the invite."""

    code = "INVITE_MISMATCH"


class InviteClosed(Conflict):
    """The invite has expired, or a newer one for the same purpose has replaced it."""

    code = "INVITE_CLOSED"


class AnswerOutdated(Conflict):
    """The retailer sent a NAHI at the same time or later."""

    code = "ANSWER_OUTDATED"


class ConfirmationNeeded(Conflict):
    """The HAAN may be genuine and is not proven to be the invited phone's answer to this invite: a tap would be."""

    code = "CONFIRMATION_NEEDED"


class EvidenceInvalid(Forbidden):
    """The delivery that should prove an answer is not signed by the provider, or says something else."""

    code = "EVIDENCE_INVALID"


class RetailerErased(Conflict):
    """The retailer was erased at their own request: nothing is asked, and no answer counts."""

    code = "RETAILER_ERASED"


class SnapshotChanged(Conflict):
    """Consents changed between two pages; the caller starts again."""

    code = "SNAPSHOT_CHANGED"


class RecordDamaged(Conflict):
    """A stored record is not what was signed."""

    code = "RECORD_DAMAGED"
