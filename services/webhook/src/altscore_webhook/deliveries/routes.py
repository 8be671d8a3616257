"""Meta's endpoints: the handshake, and signed deliveries. 200 means stored; the decision comes later."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import public, read_body
from altscore_libs.web import router as make_router
from fastapi import Query, Request
from fastapi.responses import PlainTextResponse, Response

from altscore_webhook.deliveries.domain import MAX_BODY_BYTES
from altscore_webhook.dependencies import Deliveries
from altscore_webhook.errors import HandshakeRefused, SignatureInvalid

router = make_router(tags=["whatsapp"], responses=error_responses(Unavailable))
_DELIVERY = {
    "parameters": [
        {
            "name": "X-Hub-Signature-256",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": "^sha256=[0-9a-f]{64}$"},
        }
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
}


@router.get("/webhooks/whatsapp", response_class=PlainTextResponse, responses=error_responses(HandshakeRefused))
@public
async def handshake(
    deliveries: Deliveries,
    mode: Annotated[str, Query(alias="hub.mode", max_length=64)],
    token: Annotated[str, Query(alias="hub.verify_token", max_length=512)],
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=512, pattern=r"^[A-Za-z0-9_-]+$")],
) -> Response:
    """Answers Meta's question whether this address is ours."""
    if mode != "subscribe" or not deliveries.is_our_verify_token(token):
        raise HandshakeRefused("the handshake is not for this service")
    return PlainTextResponse(challenge)


@router.post(
    "/webhooks/whatsapp",
    response_class=Response,
    responses=error_responses(InvalidRequest, SignatureInvalid),
    openapi_extra=_DELIVERY,
)
@public
async def deliver(request: Request, deliveries: Deliveries) -> Response:
    """Takes one delivery; identity is the signature over the raw body (X-Hub-Signature-256)."""
    raw = await read_body(request, MAX_BODY_BYTES)
    await deliveries.receive(raw, request.headers.get("x-hub-signature-256", ""))
    return Response(status_code=200)
