"""Command line of the simulator; certificate and key may also stand in the environment as SMTP_SIM_<NAME>."""

import argparse
import asyncio
import os
import ssl
import sys
from collections.abc import Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators_smtp.server import MODES, Mailbox, serve_mail


def options(arguments: Sequence[str], env: Mapping[str, str]) -> argparse.Namespace:
    """The command line over the environment."""
    parser = argparse.ArgumentParser(prog="simulators_smtp", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both ports")
    parser.add_argument("--port", type=int, required=True, help="submission, STARTTLS")
    parser.add_argument("--control-port", type=int, required=True, help="control API, plain, loopback")
    parser.add_argument("--cert", default=env.get("SMTP_SIM_TLS_CERT_FILE"))
    parser.add_argument("--key", default=env.get("SMTP_SIM_TLS_KEY_FILE"))
    chosen = parser.parse_args(arguments)
    for name in ("cert", "key"):
        if not getattr(chosen, name):
            parser.error(f"--{name} is required")
    return chosen


def control_app(mailbox: Mailbox) -> Starlette:
    """`GET /sim/messages`, `POST /sim/mode` {mode}, `POST /sim/reset`."""

    async def messages(_: Request) -> JSONResponse:
        return JSONResponse({"messages": mailbox.messages, "connections": mailbox.connections})

    async def mode(request: Request) -> JSONResponse:
        chosen = (await request.json()).get("mode")
        if chosen not in MODES:
            return JSONResponse({"error": f"one of {sorted(MODES)}"}, 400)
        mailbox.mode = chosen
        return JSONResponse({"mode": chosen})

    async def reset(_: Request) -> JSONResponse:
        mailbox.mode = "ok"
        mailbox.messages.clear()
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/sim/messages", messages),
            Route("/sim/mode", mode, methods=["POST"]),
            Route("/sim/reset", reset, methods=["POST"]),
        ]
    )


async def run(chosen: argparse.Namespace) -> None:
    """Serves both until it is stopped."""
    mailbox = Mailbox()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chosen.cert, chosen.key)
    server = await serve_mail(mailbox, context, chosen.host, port=chosen.port)
    control = uvicorn.Config(control_app(mailbox), host=chosen.host, port=chosen.control_port, log_level="warning")
    try:
        await uvicorn.Server(control).serve()
    finally:
        server.close()


def main() -> None:
    """Reads the command line and serves."""
    asyncio.run(run(options(sys.argv[1:], os.environ)))
