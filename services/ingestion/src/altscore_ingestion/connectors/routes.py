"""The connectors' endpoints besides batches, each with the second signature."""

from dataclasses import asdict
from typing import Annotated, Any

from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as strict_router
from fastapi import Query, Request

from altscore_ingestion.batches import bounds
from altscore_ingestion.connectors.schemas import (
    SIGNED_HEADERS,
    AcceptedPage,
    CertificateOut,
    HeartbeatIn,
    HeartbeatOut,
    QuarantinedOut,
    QuarantinePage,
    RotateCertificateIn,
    RotateIn,
    SequenceOut,
    cursor,
)
from altscore_ingestion.dependencies import ServicesDep, SignedConnectorDep, caller_of
from altscore_ingestion.distributors.schemas import KeyOut
from altscore_ingestion.errors import KeySuperseded, NotAuthenticated
from altscore_ingestion.installations.schemas import refused_installation

router = strict_router(prefix="/v1/connector", responses=error_responses(InvalidRequest, NotAuthenticated, Unavailable))
_MAX_CURSOR_CHARS = bounds.MAX_IDENTIFIER_CHARS + len("payments.#") + len(str(bounds.MAX_LINE_NO))
_SIGNED: dict[str, Any] = {"parameters": SIGNED_HEADERS}


@router.post("/rotate-key", status_code=201, responses=refused_installation(KeySuperseded), openapi_extra=_SIGNED)
async def post_rotate_key(
    request: Request, services: ServicesDep, connector: SignedConnectorDep, _body: RotateIn
) -> KeyOut:
    """Gives the presented API key a successor; a lost answer can be asked for again with the same key."""
    await services.installations.require_own(connector)
    return KeyOut(**asdict(await services.connectors.rotate_key(caller_of(request), connector)))


@router.post("/rotate-certificate", status_code=201, responses=refused_installation(), openapi_extra=_SIGNED)
async def post_rotate_certificate(
    request: Request, services: ServicesDep, connector: SignedConnectorDep, body: RotateCertificateIn
) -> CertificateOut:
    """Signs a certificate over the connector's new key; the same key gets the same certificate while it lasts."""
    await services.installations.require_own(connector)
    issued = await services.connectors.rotate_certificate(caller_of(request), connector, body.csr_pem)
    return CertificateOut(certificate_pem=issued.pem, expires_at=issued.expires_at)


@router.post("/heartbeat", responses=refused_installation(), openapi_extra=_SIGNED)
async def post_heartbeat(services: ServicesDep, connector: SignedConnectorDep, body: HeartbeatIn) -> HeartbeatOut:
    """Takes what a connector says of itself; a site that is silent for 24 hours is told to operations."""
    await services.installations.require_own(connector)
    return HeartbeatOut(**asdict(await services.connectors.heartbeat(connector, body.heartbeat())))


@router.get("/quarantine", openapi_extra=_SIGNED)
async def get_quarantine(
    services: ServicesDep,
    connector: SignedConnectorDep,
    after: Annotated[str | None, Query(max_length=80)] = None,
) -> QuarantinePage:
    """The caller's records that went to quarantine in the last 30 days, named by key and rule."""
    records, place = await services.connectors.quarantine(connector, after)
    return QuarantinePage(records=[QuarantinedOut.of(record) for record in records], next=cursor(place))


@router.get("/sequence", responses=refused_installation(), openapi_extra=_SIGNED)
async def get_sequence(services: ServicesDep, connector: SignedConnectorDep) -> SequenceOut:
    """The last batch number that was accepted, which a connector asks for before it sends."""
    await services.installations.require_own(connector)
    highest = await services.connectors.highest_sequence(connector)
    return SequenceOut(distributor_id=connector.distributor_id, highest_sequence=highest)


@router.get("/records", openapi_extra=_SIGNED)
async def get_records(
    services: ServicesDep,
    connector: SignedConnectorDep,
    after: Annotated[str | None, Query(max_length=_MAX_CURSOR_CHARS)] = None,
) -> AcceptedPage:
    """What was accepted of the caller's ledger, cancelled records included, for a connector that has lost its memory.

    It holds what a withdrawal needs, and nothing of a retailer.
    """
    records, has_more = await services.connectors.accepted(connector, after)
    return AcceptedPage.of(records, has_more=has_more)
