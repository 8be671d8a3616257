"""GET /v1/audit-proofs."""

from typing import Any

from altscore_libs.openapi import error_responses
from altscore_libs.web import public, router, services_of
from fastapi import Request, Response

from altscore_score.audit_proofs.schemas import AuditKeysResponse, AuditProofsResponse
from altscore_score.calls.service import call_of
from altscore_score.dependencies import Services
from altscore_score.errors import AuditEntryNotFound, AuditProofPending, InvalidRetailerId
from altscore_score.openapi.parameters import BEARER, CALL_REFUSALS, HEADERS


def _parameter(name: str, description: str, pattern: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", "pattern": pattern}}


_PARAMETERS = [
    _parameter(
        "request_id",
        "Of the call whose entries are proven, as its answer named it.",
        "^(req_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
    ),
    _parameter("score_id", "Of a score that you were given, with its `retailer_id`.", "^scr_[0-9a-f]{32}$"),
    _parameter("grievance_id", "Of a grievance that you filed, with its `retailer_id`.", "^grv_[0-9a-f]{32}$"),
    _parameter("retailer_id", "With `score_id` or `grievance_id` alone.", "^ret_[0-9a-f]{16}$"),
]
routes = router(tags=["Audit"])


@routes.get(
    "/v1/audit-proofs",
    response_model=AuditProofsResponse,
    responses=error_responses(*CALL_REFUSALS, InvalidRetailerId, AuditEntryNotFound, AuditProofPending),
    operation_id="getAuditProofs",
    summary="Prove what you were told",
    description="Proofs that the entries of your own calls stand in the audit trail: of a score, a refusal, a history, "
    "a lookup or a grievance. The body is a file that is verified offline with the published key of the audit trail. "
    "Name exactly one of `request_id`, `score_id` and `grievance_id`. An entry is provable a minute after the call.",
    openapi_extra={**BEARER, "parameters": [*HEADERS, *_PARAMETERS]},
)
async def get_audit_proofs(request: Request) -> Response:
    query = request.query_params
    values = {name: query.getlist(name) for name in query}
    return await services_of(request, Services).audit_proofs.answer(await call_of(request, with_body=False), values)


@routes.get(
    "/.well-known/audit-keys.json",
    response_model=AuditKeysResponse,
    operation_id="getAuditKeys",
    summary="Retrieve the public keys of the audit trail",
    description="Those of the signed roots and of the witness, by which a proof is verified offline. Compare their "
    "digests with those that you were told by another way before you rely on them.",
)
@public
async def get_audit_keys(request: Request) -> Response:
    body = services_of(request, Services).audit_keys.document()
    return Response(body, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})
