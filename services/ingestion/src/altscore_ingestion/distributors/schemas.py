"""Bodies of the distributors' endpoints."""

from typing import Annotated

from altscore_libs.types import IsoInstant, ShortText, StrictModel
from fastapi import Path
from pydantic import BaseModel, Field

from altscore_ingestion.batches.bounds import HIGHEST_MAX_AMOUNT_INR, MAX_AMOUNT_INR

CsrPem = Annotated[str, Field(min_length=1, max_length=8_192)]
DistributorId = Annotated[str, Path(pattern=r"^dist_[a-z0-9_]{1,48}$")]


class DistributorIn(StrictModel):
    """A distributor and its connector's certificate request (PKCS#10, PEM)."""

    name: ShortText
    csr_pem: CsrPem


class DistributorOut(BaseModel):
    """The certificate; secrets only in the very first answer.

    `ca_pem` is the CA that the connector must trust when it calls the service.
    """

    distributor_id: str
    certificate_pem: str
    ca_pem: str
    api_key: str | None = None
    signing_secret: str | None = None


class SuspensionOut(BaseModel):
    """Whether the distributor is refused."""

    distributor_id: str
    is_suspended: bool


class RotateKeyIn(StrictModel):
    """How a key is issued anew."""

    csr_pem: CsrPem | None = None
    end_previous: bool = False


class KeyOut(BaseModel):
    """A new API key with its signing secret; this is the only time that they are shown.

    The key before it works until `previous_valid_until`, and on until its own end while the new one was never used;
    null: there is none.
    """

    api_key: str
    signing_secret: str
    valid_from: IsoInstant
    expires_at: IsoInstant
    previous_valid_until: IsoInstant | None


class ReissuedOut(KeyOut):
    """The same, with a certificate where the request asked for one."""

    certificate_pem: str | None
    ca_pem: str | None


class RevocationOut(BaseModel):
    """What was accepted before and is refused from now on."""

    revoked_at: IsoInstant
    keys: int
    certificates: int
    sftp_keys: int


class BackfillIn(StrictModel):
    """How long the window stays open."""

    hours: Annotated[int, Field(ge=1, le=24)]


class BackfillOut(BaseModel):
    """When the window closes."""

    open_until: IsoInstant


class MaxAmountIn(StrictModel):
    """The largest amount of a record, whole rupees; the lower bound is everybody's default."""

    max_amount_inr: Annotated[int, Field(ge=int(MAX_AMOUNT_INR), le=int(HIGHEST_MAX_AMOUNT_INR))]


class MaxAmountOut(BaseModel):
    """What holds from the distributor's next batch on, whole rupees."""

    max_amount_inr: int
