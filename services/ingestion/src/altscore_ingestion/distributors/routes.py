"""Admin's endpoints: onboarding, keys issued anew, revocation, backfill windows and the largest amount."""

from dataclasses import asdict
from decimal import Decimal

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends, Response

from altscore_ingestion.dependencies import ServicesDep
from altscore_ingestion.distributors.schemas import (
    BackfillIn,
    BackfillOut,
    DistributorId,
    DistributorIn,
    DistributorOut,
    MaxAmountIn,
    MaxAmountOut,
    ReissuedOut,
    RevocationOut,
    RotateKeyIn,
    SuspensionOut,
)

router = strict_router(
    prefix="/internal/admin/distributors",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.put(
    "/{distributor_id}",
    response_model_exclude_none=True,
    responses={201: {"model": DistributorOut, "description": "Onboarded; the only time that the secrets are shown"}},
)
async def put_distributor(
    services: ServicesDep, response: Response, distributor_id: DistributorId, body: DistributorIn
) -> DistributorOut:
    """Onboards a distributor, or gives a known one a certificate for the key in the request."""
    credentials = await services.distributors.onboard(distributor_id, body.name, body.csr_pem)
    response.status_code = 201 if credentials.is_first else 200
    return DistributorOut(
        distributor_id=distributor_id,
        certificate_pem=credentials.certificate_pem,
        ca_pem=credentials.ca_pem,
        api_key=credentials.api_key,
        signing_secret=credentials.signing_secret,
    )


@router.post("/{distributor_id}/backfill", responses=error_responses(NotFound))
async def post_backfill(services: ServicesDep, distributor_id: DistributorId, body: BackfillIn) -> BackfillOut:
    """Opens the window of the higher quota."""
    return BackfillOut(open_until=await services.distributors.open_backfill(distributor_id, body.hours))


@router.post("/{distributor_id}/max-amount", responses=error_responses(NotFound))
async def post_max_amount(services: ServicesDep, distributor_id: DistributorId, body: MaxAmountIn) -> MaxAmountOut:
    """Sets the largest amount that is accepted from the distributor."""
    await services.distributors.set_max_amount(distributor_id, Decimal(body.max_amount_inr))
    return MaxAmountOut(max_amount_inr=body.max_amount_inr)


@router.post("/{distributor_id}/rotate-key", status_code=201, responses=error_responses(NotFound))
async def post_rotate_key(services: ServicesDep, distributor_id: DistributorId, body: RotateKeyIn) -> ReissuedOut:
    """Issues API key and signing secret anew, after a lost keystore or a revocation too."""
    reissued = await services.distributors.rotate_key(
        distributor_id, csr_pem=body.csr_pem, ends_previous=body.end_previous
    )
    return ReissuedOut(**asdict(reissued.key), certificate_pem=reissued.certificate_pem, ca_pem=reissued.ca_pem)


@router.post("/{distributor_id}/suspend", responses=error_responses(NotFound))
async def post_suspend(services: ServicesDep, distributor_id: DistributorId) -> SuspensionOut:
    """Refuses a distributor from its next request on; what it has stays, so that this can be undone."""
    await services.distributors.suspend(distributor_id, is_suspended=True)
    return SuspensionOut(distributor_id=distributor_id, is_suspended=True)


@router.post("/{distributor_id}/reactivate", responses=error_responses(NotFound))
async def post_reactivate(services: ServicesDep, distributor_id: DistributorId) -> SuspensionOut:
    """Ends a suspension; keys that were revoked or ended meanwhile stay so."""
    await services.distributors.suspend(distributor_id, is_suspended=False)
    return SuspensionOut(distributor_id=distributor_id, is_suspended=False)


@router.post("/{distributor_id}/revoke", responses=error_responses(NotFound))
async def post_revoke(services: ServicesDep, distributor_id: DistributorId) -> RevocationOut:
    """Revokes every API key and certificate of a distributor, at once and on open connections too."""
    return RevocationOut(**asdict(await services.distributors.revoke(distributor_id)))
