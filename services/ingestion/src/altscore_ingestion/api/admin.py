"""Admin's part: onboarding and backfill windows."""

from typing import Annotated

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.types import IsoInstant, ShortText, StrictModel
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, Field

from altscore_ingestion.api.services import services_of

DistributorId = Annotated[str, Path(pattern=r"^dist_[a-z0-9_]{1,48}$")]
router = strict_router(
    prefix="/internal/admin/distributors",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


class DistributorIn(StrictModel):
    """A distributor and his connector's certificate request (PKCS#10, PEM)."""

    name: ShortText
    csr_pem: Annotated[str, Field(min_length=1, max_length=8_192)]


class DistributorOut(BaseModel):
    """The certificate; secrets only in the very first answer.

    `ca_pem` is the CA that the connector must trust when it calls the door.
    """

    distributor_id: str
    certificate_pem: str
    ca_pem: str
    api_key: str | None = None
    signing_secret: str | None = None


class BackfillIn(StrictModel):
    """How long the window stays open."""

    hours: Annotated[int, Field(ge=1, le=24)]


class BackfillOut(BaseModel):
    """When the window closes."""

    open_until: IsoInstant


@router.put(
    "/{distributor_id}",
    response_model_exclude_none=True,
    responses={201: {"model": DistributorOut, "description": "Onboarded; the only time that the secrets are shown"}},
)
async def put_distributor(
    request: Request, response: Response, distributor_id: DistributorId, body: DistributorIn
) -> DistributorOut:
    """Onboards a distributor, or gives a known one a certificate for the key in the request."""
    made = await services_of(request).onboarding.onboard(distributor_id, body.name, body.csr_pem)
    response.status_code = 201 if made.api_key else 200
    return DistributorOut(
        distributor_id=distributor_id,
        certificate_pem=made.certificate_pem,
        ca_pem=made.ca_pem,
        api_key=made.api_key,
        signing_secret=made.signing_secret,
    )


@router.post("/{distributor_id}/backfill", responses=error_responses(NotFound))
async def post_backfill(request: Request, distributor_id: DistributorId, body: BackfillIn) -> BackfillOut:
    """Opens the window of the higher quota."""
    return BackfillOut(open_until=await services_of(request).onboarding.open_backfill(distributor_id, body.hours))
