"""The two APIs: the Flow API as the gateway offers it, and the control API of tests and demos (loopback, plain)."""

import json
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators_sms.gateway import FAULTS, Fault, Gateway, Refusal


def flow_app(gateway: Gateway) -> Starlette:
    """POST /api/v5/flow/."""

    async def send(request: Request) -> Response:
        try:
            request_id = await gateway.accept(request.headers.get("authkey", ""), _json(await request.body()))
        except Refusal as refusal:
            gateway.stats["refused"] += 1
            return JSONResponse(refusal.body(), refusal.status)
        return JSONResponse({"type": "success", "message": request_id})

    return Starlette(routes=[Route("/api/v5/flow/", send, methods=["POST"])])


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def control_app(gateway: Gateway) -> Starlette:
    """/sim/stats, /sim/messages, /sim/faults."""

    async def stats(_: Request) -> Response:
        return JSONResponse(dict(sorted(gateway.stats.items())))

    async def messages(request: Request) -> Response:
        phone = request.query_params.get("phone", "").strip().removeprefix("+")
        return JSONResponse({"messages": [asdict(item) for item in gateway.messages if not phone or item.to == phone]})

    async def faults(request: Request) -> Response:
        body = json.loads(await request.body())
        if body["mode"] not in (*FAULTS, None):
            return JSONResponse({"error": f"mode is one of {', '.join(FAULTS)} or null"}, 400)
        gateway.fault = Fault(body["mode"], int(body.get("fail_next", 1)) if body["mode"] else 0)
        return JSONResponse(asdict(gateway.fault))

    return Starlette(
        routes=[
            Route("/sim/stats", stats),
            Route("/sim/messages", messages),
            Route("/sim/faults", faults, methods=["POST"]),
        ]
    )
