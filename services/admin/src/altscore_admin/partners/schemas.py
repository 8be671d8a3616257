"""Bodies of onboarding, of backfill windows and of the largest amount."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints

DISTRIBUTOR_PATTERN = r"^dist_[a-z0-9_]{1,48}$"
DistributorId = Annotated[str, StringConstraints(pattern=DISTRIBUTOR_PATTERN)]
CsrPem = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]
LenderId = Annotated[str, StringConstraints(pattern=r"^lender_[a-z0-9_]{1,48}$")]
# What ingestion accepts from every distributor, and the most that the lake can hold (decision 86).
DEFAULT_MAX_AMOUNT_INR, HIGHEST_MAX_AMOUNT_INR = 1_000_000_000, 10_000_000_000
# Shown to retailers in a message template, which takes no line breaks and reads braces as places.
ShownName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f{}]{1,120}$")]


class DistributorIn(StrictModel):
    """A distributor and its connector's certificate request (PKCS#10, PEM)."""

    distributor_id: DistributorId | None = None
    name: ShownName
    csr_pem: CsrPem


class DistributorOut(BaseModel):
    """The distributor's certificate; secrets only in the first answer, never again."""

    distributor_id: str
    api_key: str | None = None
    signing_secret: str | None = None
    certificate_pem: str | None = None
    ca_pem: str | None = None


class RotateKeyIn(StrictModel):
    """How a distributor's API key is issued anew.

    `csr_pem`: request for a certificate over a new key, after a lost keystore or a revocation. `end_previous`: the
    older keys are refused at once; else they have seven days once the new one is in use.
    """

    csr_pem: CsrPem | None = None
    end_previous: bool = False


class RotateKeyOut(BaseModel):
    """API key and signing secret, shown this once; the certificate where one was asked for."""

    distributor_id: str
    api_key: str
    signing_secret: str
    valid_from: str
    expires_at: str
    previous_valid_until: str | None = None
    certificate_pem: str | None = None
    ca_pem: str | None = None


class RevokedOut(BaseModel):
    """How many API keys and certificates were accepted before and are refused now."""

    distributor_id: str
    revoked_at: str
    keys: int
    certificates: int


class SuspendIn(StrictModel):
    """Why a distributor is refused, or let in again."""

    reason: Literal["compromise", "distributor_request", "misuse", "offboarding", "drill", "resolved"]


class SftpKeyIn(StrictModel):
    """A public key as a line of OpenSSH: Ed25519, ECDSA (NIST) or RSA of at least 3072 bits."""

    public_key: Annotated[str, Field(min_length=40, max_length=4_096)]


class SftpKeyOut(BaseModel):
    """The account that the key opens, and the key's fingerprint to compare with the distributor's."""

    distributor_id: str
    user: str
    fingerprint: str


class SftpKeysRevokedOut(BaseModel):
    """How many SSH keys were accepted before and are refused now."""

    distributor_id: str
    sftp_keys: int


class LenderIn(StrictModel):
    """A lender."""

    lender_id: LenderId
    name: ShownName


class LenderOut(BaseModel):
    """The lender's client ids, live and for the sandbox; secrets only in the first answer, never again."""

    lender_id: str
    client_id: str
    client_secret: str | None = None
    test_client_id: str | None = None
    test_client_secret: str | None = None


class BackfillIn(StrictModel):
    """How long the window stays open."""

    hours: Annotated[int, Field(ge=1, le=24)]


class BackfillOut(BaseModel):
    """When the window closes."""

    distributor_id: str
    open_until: str


class MaxAmountIn(StrictModel):
    """The largest amount of one record, whole rupees; the lower bound is what every distributor starts with."""

    max_amount_inr: Annotated[int, Field(ge=DEFAULT_MAX_AMOUNT_INR, le=HIGHEST_MAX_AMOUNT_INR)]


class MaxAmountOut(BaseModel):
    """What holds from the distributor's next batch on, whole rupees."""

    distributor_id: str
    max_amount_inr: int
