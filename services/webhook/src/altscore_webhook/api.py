"""Meta's door: the handshake and signed deliveries. 200 means stored; the decision comes later."""

import logging
from typing import Annotated

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.ids import uuid7
from altscore_libs.openapi import refusals
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from altscore_libs.web import create_app, public, read_body
from altscore_libs.web import router as make_router
from fastapi import FastAPI, Query, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import Counter

from altscore_webhook import domain, store
from altscore_webhook.domain import MAX_BODY_BYTES, Item
from altscore_webhook.errors import HandshakeRefused, SignatureInvalid
from altscore_webhook.sealing import seal
from altscore_webhook.signature import is_same_token, is_signed

_log = logging.getLogger("altscore.webhook")
_received = Counter("altscore_webhook_items_total", "Messages and statuses taken for the first time.", ["kind"])
_failed = Counter("altscore_webhook_send_failures_total", "Sends that failed after acceptance.", ["code"])
router = make_router(tags=["whatsapp"], responses=refusals(Unavailable))
DELIVERY = {
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


class Inbox:
    """Takes deliveries in.

    Args:
        pool: of the webhook database.
        outbox: for the audit of refused deliveries.
        wrapper: seals and hashes.
        clock: the present.
        wamid_label: name of the secret that hashes message ids.
        app_secret: Meta's.
        verify_token: of the handshake.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        wrapper: KeyWrapper,
        *,
        clock: Clock,
        wamid_label: str,
        app_secret: str,
        verify_token: str,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._wrapper = wrapper
        self._clock = clock
        self._wamid_label = wamid_label
        self._app_secret = app_secret
        self._verify_token = verify_token

    def is_our_token(self, token: str) -> bool:
        """Whether a handshake is meant for us."""
        return is_same_token(token, self._verify_token)

    async def take(self, raw: bytes, signature: str) -> None:
        """Checks and stores a delivery; what was received before is not stored again.

        Raises:
            SignatureInvalid: not signed by Meta; audited.
            InvalidRequest: signed, and no JSON.
            Unavailable: cannot be stored; Meta sends it again.
        """
        if not is_signed(raw, signature, self._app_secret):
            await self._refuse()
        found = domain.items(domain.parse(raw))
        if not found:
            return
        hashed = await self._wrapper.hmac_many(
            self._wamid_label, [item.identity.encode(errors="replace") for item in found]
        )
        by_hash = {digest.hex(): item for digest, item in zip(hashed, found, strict=True)}
        sent = await self._sent(found)
        replaced = await self._replaced(found)
        now, delivery_id = self._clock.now(), uuid7()
        async with transaction(self._pool) as connection:
            await store.add_sent(connection, sent, now)
            known = await store.known(connection, list(by_hash))
            fresh = [(name, item) for name, item in by_hash.items() if name not in known]
            if not fresh:
                return
            await store.add_delivery(connection, delivery_id, await seal(self._wrapper, delivery_id, raw), now)
            await store.add_items(connection, delivery_id, fresh, now, replaced=replaced)
        _count([item for _, item in fresh])

    async def _sent(self, found: list[Item]) -> dict[str, str]:
        """Invites by the hash of the message of ours that was about them, as statuses tell."""
        told = {one.message_id: one.invite_id for one in found if one.message_id and one.invite_id}
        hashed = await self._wrapper.hmac_many(self._wamid_label, [one.encode(errors="replace") for one in told])
        return {digest.hex(): invite_id for digest, invite_id in zip(hashed, told.values(), strict=True)}

    async def _replaced(self, found: list[Item]) -> dict[str, str]:
        """Hashes of the messages that were edited or deleted, by their ids."""
        ids = sorted({item.replaces for item in found if item.replaces})
        hashed = await self._wrapper.hmac_many(self._wamid_label, [name.encode(errors="replace") for name in ids])
        return {name: digest.hex() for name, digest in zip(ids, hashed, strict=True)}

    async def _refuse(self) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection, "failed_auth", actor="unknown", outcome="refused", reason="webhook signature"
            )
        raise SignatureInvalid("the delivery is not signed")


def _count(items: list[Item]) -> None:
    for item in items:
        _received.labels(item.kind).inc()
        if item.error_code is not None:
            _failed.labels(str(item.error_code)).inc()
            _log.warning("a send failed after acceptance", extra={"code": item.error_code})


@router.get("/webhooks/whatsapp", response_class=PlainTextResponse, responses=refusals(HandshakeRefused))
@public
async def handshake(
    request: Request,
    mode: Annotated[str, Query(alias="hub.mode", max_length=64)],
    token: Annotated[str, Query(alias="hub.verify_token", max_length=512)],
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=512, pattern=r"^[A-Za-z0-9_-]+$")],
) -> Response:
    """Answers Meta's question whether this address is ours."""
    inbox: Inbox = request.app.state.inbox
    if mode != "subscribe" or not inbox.is_our_token(token):
        raise HandshakeRefused("the handshake is not for this service")
    return PlainTextResponse(challenge)


@router.post(
    "/webhooks/whatsapp",
    response_class=Response,
    responses=refusals(InvalidRequest, SignatureInvalid),
    openapi_extra=DELIVERY,
)
@public
async def deliver(request: Request) -> Response:
    """Takes one delivery; identity is the signature over the raw body (X-Hub-Signature-256)."""
    inbox: Inbox = request.app.state.inbox
    raw = await read_body(request, MAX_BODY_BYTES)
    await inbox.take(raw, request.headers.get("x-hub-signature-256", ""))
    return Response(status_code=200)


def build_app(inbox: Inbox | None = None) -> FastAPI:
    """The application; without its inbox it only describes itself."""
    app = create_app("webhook", max_body_bytes=MAX_BODY_BYTES)
    app.state.inbox = inbox
    app.include_router(router)
    return app
