"""What the routes depend on: the services, and the certificates that may call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from altscore_libs.errors import Forbidden
from altscore_libs.web import allow_callers, peer, services_of
from fastapi import Depends, Request

from altscore_audit.chain.service import ChainService
from altscore_audit.counts.service import CountService
from altscore_audit.proofs.service import ProofService
from altscore_audit.search.service import SearchService
from altscore_audit.segments.service import SegmentProofService


@dataclass(frozen=True)
class Services:
    """The use cases behind the routes, wired once in main()."""

    chain: ChainService
    counts: CountService
    search: SearchService
    proofs: ProofService
    segments: SegmentProofService


def get_services(request: Request) -> Services:
    """The services that main() wired."""
    return services_of(request, Services)


ServicesDependency = Annotated[Services, Depends(get_services)]


def only(service: str) -> Callable[[Request], Awaitable[None]]:
    """Dependency: this service's certificate alone; a refusal is chained at once, without a detour over the broker."""
    check_caller = allow_callers(service)

    async def check(request: Request) -> None:
        try:
            check_caller(request)
        except Forbidden:
            route = str(getattr(request.scope.get("route"), "path", "unknown"))
            await get_services(request).chain.append_refusal(caller=peer(request).service, route=route)
            raise

    check.altscore_callers = (service,)  # type: ignore[attr-defined]  # a mark that a test reads
    return check


only_admin = only("admin")
only_score = only("score")
