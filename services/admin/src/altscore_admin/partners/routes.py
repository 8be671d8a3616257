"""Onboarding of distributors and lenders; credentials, windows, amounts and quarantined records of distributors."""

from typing import Annotated, Any

from altscore_libs.ids import new_id
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Response
from pydantic import BaseModel

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.partners.schemas import (
    DISTRIBUTOR_PATTERN,
    BackfillIn,
    BackfillOut,
    DistributorIn,
    DistributorOut,
    LenderIn,
    LenderOut,
    MaxAmountIn,
    MaxAmountOut,
    RevokedOut,
    RotateKeyIn,
    RotateKeyOut,
    SftpKeyIn,
    SftpKeyOut,
    SftpKeysRevokedOut,
    SuspendIn,
)

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS))
Onboarder = Annotated[Operator, Depends(require(Permission.ONBOARD, is_sensitive=True))]
AccessManager = Annotated[Operator, Depends(require(Permission.CONNECTOR_ACCESS, is_sensitive=True))]
DistributorPath = Annotated[str, Path(pattern=DISTRIBUTOR_PATTERN)]
BatchPath = Annotated[str, Path(pattern=r"^bat_[0-9a-f]{32}$")]


def _created(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {201: {"model": model, "description": "Onboarded; the only time that secrets are shown"}}


@router.post("/distributors", response_model_exclude_none=True, responses=_created(DistributorOut))
async def post_distributor(
    services: ServicesDependency, operator: Onboarder, response: Response, body: DistributorIn
) -> DistributorOut:
    """Onboards a distributor: 201 with its secrets the first time, 200 without them afterwards."""
    distributor_id = body.distributor_id or new_id("dist")
    result = await services.partners.onboard_distributor(operator, distributor_id, name=body.name, csr_pem=body.csr_pem)
    response.status_code = 201 if result.get("api_key") else 200
    shown = {name: result.get(name) for name in ("api_key", "signing_secret", "certificate_pem", "ca_pem")}
    return DistributorOut(distributor_id=distributor_id, **shown)


@router.post("/lenders", response_model_exclude_none=True, responses=_created(LenderOut))
async def post_lender(
    services: ServicesDependency, operator: Onboarder, response: Response, body: LenderIn
) -> LenderOut:
    """Onboards a lender: 201 with its secret the first time, 200 without it afterwards."""
    result = await services.partners.onboard_lender(operator, body.lender_id, name=body.name)
    response.status_code = 201 if result.get("client_secret") else 200
    return LenderOut(
        lender_id=body.lender_id,
        client_id=str(result.get("client_id", body.lender_id)),
        client_secret=result.get("client_secret"),
        test_client_id=result.get("test_client_id"),
        test_client_secret=result.get("test_client_secret"),
    )


@router.post("/distributors/{distributor_id}/backfill")
async def post_backfill(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.BACKFILL))],
    distributor_id: DistributorPath,
    body: BackfillIn,
) -> BackfillOut:
    """Opens the window of the higher quota."""
    open_until = await services.partners.open_backfill(operator, distributor_id, hours=body.hours)
    return BackfillOut(distributor_id=distributor_id, open_until=open_until)


@router.post("/distributors/{distributor_id}/max-amount")
async def post_max_amount(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.MAX_AMOUNT, is_sensitive=True))],
    distributor_id: DistributorPath,
    body: MaxAmountIn,
) -> MaxAmountOut:
    """Sets the largest amount that is accepted from one distributor; above it a record is quarantined."""
    await services.partners.set_max_amount(operator, distributor_id, max_amount_inr=body.max_amount_inr)
    return MaxAmountOut(distributor_id=distributor_id, max_amount_inr=body.max_amount_inr)


@router.post("/distributors/{distributor_id}/rotate-key", status_code=201, response_model_exclude_none=True)
async def post_rotate_key(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath, body: RotateKeyIn
) -> RotateKeyOut:
    """Issues a distributor's API key and signing secret anew, and its certificate where `csr_pem` asks for one."""
    result = await services.partners.rotate_connector_key(
        operator, distributor_id, csr_pem=body.csr_pem, end_previous=body.end_previous
    )
    return RotateKeyOut.model_validate(result | {"distributor_id": distributor_id})


@router.post("/distributors/{distributor_id}/suspend", status_code=202, responses=error_responses(ApprovalConflict))
async def post_suspend_distributor(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath, body: SuspendIn
) -> RequestedOut:
    """Requests that a distributor is refused until that is undone, its keys staying; another person approves it."""
    content = {"reason": body.reason}
    request = await services.approvals.ask(
        operator, kind="distributor_suspend", subject=distributor_id, content=content
    )
    return requested_out(request)


@router.post("/distributors/{distributor_id}/reactivate", status_code=202, responses=error_responses(ApprovalConflict))
async def post_reactivate_distributor(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath, body: SuspendIn
) -> RequestedOut:
    """Requests the end of a distributor's suspension; another person approves it."""
    content = {"reason": body.reason}
    request = await services.approvals.ask(
        operator, kind="distributor_reactivate", subject=distributor_id, content=content
    )
    return requested_out(request)


@router.post("/distributors/{distributor_id}/revoke")
async def post_revoke(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath
) -> RevokedOut:
    """Revokes every API key and certificate of a distributor: refused within a second, on open connections too."""
    result = await services.partners.revoke_connector(operator, distributor_id)
    return RevokedOut.model_validate(result | {"distributor_id": distributor_id})


@router.post("/distributors/{distributor_id}/sftp-keys", status_code=201)
async def post_sftp_key(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath, body: SftpKeyIn
) -> SftpKeyOut:
    """Lets a distributor put files by SFTP with this key, beside its other keys."""
    result = await services.partners.register_sftp_key(operator, distributor_id, public_key=body.public_key)
    return SftpKeyOut.model_validate(result | {"distributor_id": distributor_id})


@router.post("/distributors/{distributor_id}/sftp-keys/revoke")
async def post_sftp_keys_revoke(
    services: ServicesDependency, operator: AccessManager, distributor_id: DistributorPath
) -> SftpKeysRevokedOut:
    """Ends every SSH key of a distributor at once, on open connections too; its connector's keys stay."""
    count = await services.partners.revoke_sftp_keys(operator, distributor_id)
    return SftpKeysRevokedOut(distributor_id=distributor_id, sftp_keys=count)


@router.post(
    "/distributors/{distributor_id}/quarantine/{batch_id}/reprocess",
    status_code=202,
    responses=error_responses(ApprovalConflict),
)
async def post_reprocess(
    services: ServicesDependency,
    operator: Annotated[Operator, Depends(require(Permission.REPROCESS, is_sensitive=True))],
    distributor_id: DistributorPath,
    batch_id: BatchPath,
) -> RequestedOut:
    """Requests that what passes today's rules of a batch's quarantined records goes to Bronze; another approves it."""
    request = await services.approvals.ask(
        operator, kind="quarantine_release", subject=batch_id, content={"distributor_id": distributor_id}
    )
    return requested_out(request)
