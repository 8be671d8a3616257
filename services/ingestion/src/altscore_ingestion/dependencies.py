"""What the routes work with: the services, created once in the wiring, and the authenticated connector."""

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated

from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.web import DEFAULT_BODY_BYTES, is_gzip, peer, read_body, services_of
from fastapi import Depends, Request

from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.connectors.service import ConnectorService
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator, SignedRequest
from altscore_ingestion.distributors.domain import Connector
from altscore_ingestion.distributors.service import DistributorService
from altscore_ingestion.installations.domain import is_installation_id
from altscore_ingestion.installations.service import InstallationService
from altscore_ingestion.landings.service import SftpKeyService
from altscore_ingestion.portal.service import PortalService
from altscore_ingestion.quarantine.service import QuarantineService
from altscore_ingestion.switches.service import SwitchService
from altscore_ingestion.totals.service import TotalsService
from altscore_ingestion.uploads.service import UploadService


@dataclass(frozen=True)
class Services:
    """The use cases behind the API."""

    authenticator: ConnectorAuthenticator
    batches: BatchService
    totals: TotalsService
    uploads: UploadService
    sftp_keys: SftpKeyService
    connectors: ConnectorService
    installations: InstallationService
    distributors: DistributorService
    quarantine: QuarantineService
    portal: PortalService
    switches: SwitchService


def _services(request: Request) -> Services:
    return services_of(request, Services)


ServicesDep = Annotated[Services, Depends(_services)]


def caller_of(request: Request) -> Caller:
    """Who is at the other end of the connection."""
    return Caller(peer(request), request.client.host if request.client else "unknown")


async def authenticated_connector(request: Request, services: ServicesDep) -> Connector:
    """The connector behind client certificate and X-API-Key.

    Raises:
        NotAuthenticated: they do not agree; audited.
        InvalidRequest: the header that names its installation names none.
    """
    connector = await services.authenticator.authenticate(caller_of(request), request.headers.get("x-api-key", ""))
    installation_id = request.headers.get("x-installation-id")
    if installation_id is None:
        return connector
    if not is_installation_id(installation_id):
        raise InvalidRequest("the request is not valid", errors=[FieldError("X-Installation-ID", "names none")])
    return replace(connector, installation_id=installation_id)


authenticated_connector.altscore_callers = ("distributor",)  # type: ignore[attr-defined]  # read by the route test
ConnectorDep = Annotated[Connector, Depends(authenticated_connector)]


def signed_request(request: Request, body: bytes) -> SignedRequest:
    """What the signatures of a request cover."""
    headers = request.headers
    return SignedRequest(
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        signature=headers.get("x-payload-signature", ""),
        signature_v2=headers.get("x-payload-signature-v2"),
        method=request.method,
        path=request.url.path,
        batch_id=headers.get("x-batch-id", ""),
        erp_type=headers.get("x-erp-type", ""),
        is_gzip=is_gzip(request.scope),
    )


async def signed_connector(request: Request, services: ServicesDep, connector: ConnectorDep) -> Connector:
    """The authenticated connector, whose second signature covers this request.

    Raises:
        NotAuthenticated: the signature is missing or wrong; audited.
    """
    body = await read_body(request, DEFAULT_BODY_BYTES)
    await services.authenticator.verify_request(caller_of(request), connector, signed_request(request, body))
    return connector


SignedConnectorDep = Annotated[Connector, Depends(signed_connector)]
