"""The Graph API's messages endpoint: bearer, templates and their parameters, the 24-hour window, Meta's errors."""

import asyncio
import hmac
import json
import re
import time
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators_whatsapp.delivery import Delivery
from simulators_whatsapp.people import react
from simulators_whatsapp.world import Message, World, new_wamid

TEMPLATES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "templates.json").read_text(encoding="utf-8")
)
PHONE = re.compile(r"\d{8,15}")
HTTP_STATUS = {190: 401, 130429: 429, 131056: 429, 131000: 500, 131016: 503, 4: 429, 80007: 429}


def failure(code: int, text: str) -> Response:
    """Meta's error body; callers key on `error.code`, the HTTP status varies."""
    error = {"message": f"(#{code}) {text}", "type": "OAuthException", "code": code, "fbtrace_id": "Atrace"}
    return JSONResponse({"error": error}, status_code=HTTP_STATUS.get(code, 400))


def template_problem(template: dict[str, Any]) -> tuple[int, str] | None:
    """What Meta would refuse in a template message."""
    known = TEMPLATES.get(template.get("name", ""))
    if known is None or template.get("language", {}).get("code") not in known["languages"]:
        return 132001, "Template name does not exist in the translation"
    if len(body_parameters(template)) != known["body_parameters"]:
        return 132000, "Number of parameters does not match the expected number of params"
    if len(quick_replies(template)) != known["quick_replies"]:
        return 132018, "Buttons do not match the template"
    if any(not value or "\n" in value or "\t" in value or "     " in value for value in body_parameters(template)):
        return 132005, "Translated text has a parameter Meta does not take"
    return None


def components(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Components of one type."""
    return [one for one in template.get("components", []) if str(one.get("type", "")).lower() == kind]


def body_parameters(template: dict[str, Any]) -> list[str]:
    """Texts that fill the body."""
    return [str(value.get("text", "")) for one in components(template, "body") for value in one.get("parameters", [])]


def quick_replies(template: dict[str, Any]) -> list[str]:
    """Payloads of the buttons, in order."""
    buttons = sorted(components(template, "button"), key=lambda one: int(one.get("index", 0)))
    return [str(value.get("payload", "")) for one in buttons for value in one.get("parameters", [])]


class Graph:
    """The endpoint, its token and its world."""

    def __init__(self, world: World, delivery: Delivery, token: str, phone_number_id: str) -> None:
        self._world = world
        self._delivery = delivery
        self._token = token
        self._phone_number_id = phone_number_id

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[Route("/{version}/{phone_number_id}/messages", self.messages, methods=["POST"])])

    async def messages(self, request: Request) -> Response:
        """Accepts a message: accepted is not delivered."""
        world = self._world
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given, f"Bearer {self._token}"):
            return failure(190, "Invalid OAuth access token")
        if request.path_params["phone_number_id"] != self._phone_number_id:
            return failure(100, "Unsupported post request")
        if world.faults.delay_s:
            await asyncio.sleep(world.faults.delay_s)
        if world.faults.fail_next > 0:
            world.faults.fail_next -= 1
            world.count("failed")
            return failure(world.faults.code, "ordered by a test")
        try:
            order = await request.json()
        except ValueError:
            return failure(100, "Invalid JSON")
        problem = self._problem(order)
        if problem is not None:
            world.count("refused")
            return failure(*problem)
        message = self._accept(order)
        contact = {"input": message.to, "wa_id": message.to}
        sent = {"id": message.wamid, "message_status": "accepted"}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]})

    def _problem(self, order: Any) -> tuple[int, str] | None:
        if not isinstance(order, dict) or order.get("messaging_product") != "whatsapp":
            return 100, "Invalid parameter"
        if not PHONE.fullmatch(str(order.get("to", ""))):
            return 131009, "Parameter value is not valid"
        if order.get("type") == "template" and isinstance(order.get("template"), dict):
            return template_problem(order["template"])
        if order.get("type") == "text" and order.get("text", {}).get("body"):
            return None if self._world.window_is_open(order["to"]) else (131047, "Re-engagement message")
        return 131009, "Parameter value is not valid"

    def _accept(self, order: dict[str, Any]) -> Message:
        template = order.get("template", {})
        message = Message(
            wamid=new_wamid(order["to"]),
            to=order["to"],
            kind=order["type"],
            template=template.get("name"),
            language=template.get("language", {}).get("code"),
            parameters=body_parameters(template) or [order.get("text", {}).get("body", "")],
            payloads=quick_replies(template),
            sent_at=time.time(),
        )
        self._world.messages.append(message)
        self._world.count("accepted")
        react(self._world, self._delivery, message)
        return message
