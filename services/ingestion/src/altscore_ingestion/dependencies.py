"""What the routes work with: the services, created once in the wiring, and the authenticated connector."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.web import peer, services_of
from fastapi import Depends, Request

from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator
from altscore_ingestion.distributors.domain import Connector
from altscore_ingestion.distributors.service import DistributorService
from altscore_ingestion.totals.service import TotalsService


@dataclass(frozen=True)
class Services:
    """The use cases behind the API."""

    authenticator: ConnectorAuthenticator
    batches: BatchService
    totals: TotalsService
    distributors: DistributorService


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
    """
    return await services.authenticator.authenticate(caller_of(request), request.headers.get("x-api-key", ""))


authenticated_connector.altscore_callers = ("distributor",)  # type: ignore[attr-defined]  # read by the route test
ConnectorDep = Annotated[Connector, Depends(authenticated_connector)]
