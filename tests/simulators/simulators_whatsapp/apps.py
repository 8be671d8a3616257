"""The two APIs: the Graph API as Meta offers it, and the control API of tests and demos (loopback, plain)."""

import hmac
import json
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators_whatsapp.meta import SAMPLES, Faults, Meta
from simulators_whatsapp.rules import Refusal


def graph_app(meta: Meta, *, token: str, phone_number_id: str | None) -> Starlette:
    """POST /{version}/{phone_number_id}/messages."""

    async def send(request: Request) -> Response:
        try:
            bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(bearer.encode(), token.encode()):
                raise Refusal(190)
            if phone_number_id is not None and request.path_params["number"] != phone_number_id:
                raise Refusal(100, "Unsupported post request.")
            message = await meta.accept(await _json(request))
        except Refusal as refusal:
            meta.stats["refused"] += 1
            meta.stats[f"refused_{refusal.code}"] += 1
            return JSONResponse(refusal.body(), refusal.status)
        contact = {"input": message.to, "wa_id": message.to}
        taken = {"id": message.wamid, "message_status": "accepted"}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [taken]})

    return Starlette(routes=[Route("/{version}/{number}/messages", send, methods=["POST"])])


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise Refusal(100, "The body is no JSON.") from error


def control_app(meta: Meta, *, verify_token: str | None) -> Starlette:
    """/sim/stats, /sim/messages, /sim/reply, /sim/change, /sim/faults, /sim/handshake."""

    async def stats(_: Request) -> Response:
        counts = {"people": meta.people.count(), "on_the_way": meta.courier.on_the_way}
        return JSONResponse({**counts, **dict(sorted(meta.stats.items()))})

    async def list_messages(request: Request) -> Response:
        phone = request.query_params.get("phone", "").strip().removeprefix("+")
        messages = [asdict(message) for message in meta.messages if not phone or message.to == phone]
        return JSONResponse({"messages": messages})

    async def reply(request: Request) -> Response:
        body = json.loads(await request.body())
        wamid = _send(meta, str(body["phone"]).removeprefix("+"), body)
        if wamid is None:
            return JSONResponse({"error": "no question was put to this phone, or no sample is of that type"}, 404)
        return JSONResponse({"wamid": wamid}, 202)

    async def change(request: Request) -> Response:
        body = json.loads(await request.body())
        phone = str(body["phone"]).removeprefix("+")
        to = body.get("to")
        wamid = meta.change_user_id(phone) if to is None else meta.change_number(phone, str(to).removeprefix("+"))
        return JSONResponse({"wamid": wamid}, 202)

    async def faults(request: Request) -> Response:
        body = json.loads(await request.body())
        meta.faults = Faults(**{name: body[name] for name in ("fail_next", "code", "delay_s") if name in body})
        return JSONResponse(asdict(meta.faults))

    async def handshake(_: Request) -> Response:
        return JSONResponse({"ok": await meta.courier.handshake(verify_token or "")})

    return Starlette(
        routes=[
            Route("/sim/stats", stats),
            Route("/sim/messages", list_messages),
            Route("/sim/reply", reply, methods=["POST"]),
            Route("/sim/change", change, methods=["POST"]),
            Route("/sim/faults", faults, methods=["POST"]),
            Route("/sim/handshake", handshake, methods=["POST"]),
        ]
    )


def _send(meta: Meta, phone: str, body: dict[str, Any]) -> str | None:
    """What a person sends, by the fields of the request; the message's id, None where there is nothing to send."""
    if "deletes" in body:
        return meta.delete(phone, body["deletes"])
    if "edits" in body:
        return meta.edit(phone, body["edits"], body["text"])
    if "text" in body:
        return meta.write(phone, body["text"], context=body.get("in_reply_to"))
    if "content" in body:
        return meta.send_content(phone, body["content"])
    if "type" in body:
        return meta.send_sample(phone, body["type"]) if body["type"] in SAMPLES else None
    payload = _payload(str(body["button"]), meta.last_buttons(phone))
    return meta.tap(phone, meta.people.get(phone), payload) if payload is not None else None


def _payload(button: str, buttons: tuple[str, ...]) -> str | None:
    """`yes` and `no` mean the buttons of the last question; anything else is a payload itself."""
    index = {"yes": 0, "no": 1}.get(button.lower())
    if index is None:
        return button
    return buttons[index] if index < len(buttons) else None
