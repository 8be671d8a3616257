"""Errors of the ingestion service that callers see."""

from collections.abc import Mapping, Sequence
from typing import Any

from altscore_libs.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    Unauthorized,
    Unavailable,
)

from altscore_ingestion.installations.domain import Installation


class BatchTooLarge(InvalidRequest):
    """More records in one batch than the contract allows."""

    code = "BATCH_TOO_LARGE"


class BatchConflict(Conflict):
    """This batch id was used before for another body."""

    code = "BATCH_CONFLICT"


class BatchAlreadyProcessed(Conflict):
    """This batch, or the same body under another id, is already in Bronze; the original result is attached."""

    code = "BATCH_ALREADY_PROCESSED"

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__("this batch was processed before; its original result is attached")
        self.result = dict(result)


class KeySuperseded(Conflict):
    """This API key has a successor that was already used; rotate with that one."""

    code = "KEY_SUPERSEDED"

    def __init__(self) -> None:
        super().__init__("this key has a successor that was already used; rotate with that one")


class OtherInstallation(Conflict):
    """Another installation of the connector sends for this distributor; it is attached."""

    code = "OTHER_INSTALLATION"

    def __init__(self, installation: Installation | None) -> None:
        super().__init__("another installation of the connector sends for this distributor")
        self.installation = installation


class BatchInProgress(Unavailable):
    """Another batch of this distributor is being written at this moment."""

    def __init__(self) -> None:
        super().__init__("another batch of this distributor is being written", headers={"Retry-After": "2"})


class DistributorRevoked(Conflict):
    """The distributor is revoked; nothing of it is taken."""

    code = "DISTRIBUTOR_REVOKED"

    def __init__(self) -> None:
        super().__init__("the distributor is revoked; nothing of it is taken")


class BatchIncomplete(Conflict):
    """The batch is not in Bronze yet; its connector has to send it again first."""

    code = "BATCH_INCOMPLETE"

    def __init__(self) -> None:
        super().__init__("the batch is not in Bronze yet; its connector has to send it again first")


class QuarantineExpired(NotFound):
    """The quarantined records were kept for their time and are gone; the distributor can send them again."""

    code, status = "QUARANTINE_EXPIRED", 410

    def __init__(self) -> None:
        super().__init__("the quarantined records are no longer kept; the distributor can send them again")


class QuarantineUnreadable(Conflict):
    """The object in quarantine cannot be decrypted, or is not what the batch left there."""

    code = "QUARANTINE_UNREADABLE"

    def __init__(self) -> None:
        super().__init__("the object in quarantine is not what the batch left there")


class UploadInProgress(Unavailable):
    """Another upload is being read at this moment."""

    def __init__(self) -> None:
        super().__init__("another upload is being read", headers={"Retry-After": "2"})


class UploadRefused(InvalidRequest):
    """Nothing of an uploaded file can be read; `findings` says why, by row."""

    code = "UPLOAD_REFUSED"

    def __init__(self, findings: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("nothing of the file was read; its findings say why and what to do")
        self.findings = [dict(finding) for finding in findings]


class UploadTooLarge(PayloadTooLarge):
    """An uploaded file asks for more batches than an hour may have."""

    code = "UPLOAD_TOO_LARGE"


class KeyRegistered(Conflict):
    """The SSH key was registered before; a revoked key never comes back."""

    code = "KEY_REGISTERED"

    def __init__(self) -> None:
        super().__init__("this key was registered before; make a new one")


class LandingsFull(RateLimited):
    """Too many files of the distributor wait to be read."""

    def __init__(self) -> None:
        super().__init__("too many files wait to be read")


class NotAuthenticated(Unauthorized):
    """Certificate, API key, signature and body do not agree.

    `cause` goes to the audit trail, never to the caller.
    """

    def __init__(self, cause: str, distributor_id: str | None = None) -> None:
        super().__init__("certificate, API key, signature and distributor must agree")
        self.cause = cause
        self.distributor_id = distributor_id


class BatchesExhausted(RateLimited):
    """The distributor has used up its batches of the last hour."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("too many batches in the last hour", headers=headers)


class LookupsExhausted(RateLimited):
    """More questions about phones were asked than the quota of the caller, or of the retailer, allows."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many questions about phones", headers={"Retry-After": str(retry_after_s)})


class ManifestOccupied(Unavailable):
    """Another object stands where the manifest of a batch belongs; the manifest stays owed until operations decide."""

    def __init__(self) -> None:
        super().__init__("the object store has another manifest of this batch")
