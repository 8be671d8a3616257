"""Which installation sends, and how another one takes over; each with the second signature."""

from typing import Any

from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as strict_router
from fastapi import Request

from altscore_ingestion.connectors.schemas import SIGNED_HEADERS
from altscore_ingestion.dependencies import ServicesDep, SignedConnectorDep, caller_of
from altscore_ingestion.errors import NotAuthenticated
from altscore_ingestion.installations.schemas import (
    CurrentInstallation,
    InstallationOut,
    TakeOverIn,
    refused_installation,
)

router = strict_router(prefix="/v1/connector", responses=error_responses(InvalidRequest, NotAuthenticated, Unavailable))
_SIGNED: dict[str, Any] = {"parameters": SIGNED_HEADERS}


@router.get("/installation", openapi_extra=_SIGNED)
async def get_installation(services: ServicesDep, connector: SignedConnectorDep) -> CurrentInstallation:
    """The installation that sends for the caller's distributor."""
    current = await services.installations.current(connector)
    return CurrentInstallation(installation=None if current is None else InstallationOut.of(current))


@router.post("/installation", responses=refused_installation(), openapi_extra=_SIGNED)
async def post_installation(
    request: Request, services: ServicesDep, connector: SignedConnectorDep, body: TakeOverIn
) -> CurrentInstallation:
    """Lets the caller's installation send from now on, instead of the one that it names; audited."""
    own = connector.installation_id
    if own is None:
        raise InvalidRequest("the request is not valid", errors=[FieldError("X-Installation-ID", "is missing")])
    taken = await services.installations.take_over(
        caller_of(request), connector, installation_id=own, instead_of=body.instead_of
    )
    return CurrentInstallation(installation=InstallationOut.of(taken))
