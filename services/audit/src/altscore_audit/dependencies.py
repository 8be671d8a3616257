"""What the routes depend on: the services, and the admin service's certificate."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.errors import Forbidden
from altscore_libs.web import allow_callers, peer, services_of
from fastapi import Depends, Request

from altscore_audit.chain.service import ChainService
from altscore_audit.counts.service import CountService
from altscore_audit.proofs.service import ProofService
from altscore_audit.search.service import SearchService

CALLERS = ("admin",)
_check_caller = allow_callers(*CALLERS)


@dataclass(frozen=True)
class Services:
    """The use cases behind the routes, wired once in main()."""

    chain: ChainService
    counts: CountService
    search: SearchService
    proofs: ProofService


def get_services(request: Request) -> Services:
    """The services that main() wired."""
    return services_of(request, Services)


ServicesDependency = Annotated[Services, Depends(get_services)]


async def only_admin(request: Request) -> None:
    """Refuses every other certificate and chains the refusal itself, without a detour over the broker.

    Raises:
        Forbidden: any other certificate, or none.
    """
    try:
        _check_caller(request)
    except Forbidden:
        route = str(getattr(request.scope.get("route"), "path", "unknown"))
        await get_services(request).chain.append_refusal(caller=peer(request).service, route=route)
        raise


only_admin.altscore_callers = CALLERS  # type: ignore[attr-defined]  # a mark that a test reads
