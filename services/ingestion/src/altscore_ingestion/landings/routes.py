"""Admin's endpoints for the SSH keys with which a distributor puts files."""

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.dependencies import ServicesDep
from altscore_ingestion.distributors.schemas import DistributorId
from altscore_ingestion.errors import KeyRegistered
from altscore_ingestion.landings.schemas import SftpKeyIn, SftpKeyOut, SftpKeysRevokedOut

router = strict_router(
    prefix="/internal/admin/distributors",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.post(
    "/{distributor_id}/sftp-keys",
    status_code=201,
    responses=error_responses(InvalidRequest, NotFound, KeyRegistered),
)
async def post_sftp_key(services: ServicesDep, distributor_id: DistributorId, body: SftpKeyIn) -> SftpKeyOut:
    """Accepts a further SSH key of a distributor; the account's name is the distributor's id."""
    fingerprint = await services.sftp_keys.register(distributor_id, body.public_key)
    return SftpKeyOut(user=distributor_id, fingerprint=fingerprint)


@router.post("/{distributor_id}/sftp-keys/revoke", responses=error_responses(NotFound))
async def post_sftp_keys_revoke(services: ServicesDep, distributor_id: DistributorId) -> SftpKeysRevokedOut:
    """Ends every SSH key of a distributor at once, on open connections too; its connector keys stay."""
    return SftpKeysRevokedOut(sftp_keys=await services.sftp_keys.revoke(distributor_id))
