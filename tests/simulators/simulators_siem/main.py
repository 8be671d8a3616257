"""Command line of the simulator."""

import argparse
import asyncio
import ssl
import sys
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators_siem.messages import read_syslog
from simulators_siem.server import MODES, Inbox, Receiver


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="simulators_siem", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both ports")
    parser.add_argument("--port", type=int, required=True, help="syslog over TLS")
    parser.add_argument("--control-port", type=int, required=True, help="control API, plain, loopback")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--client-ca", required=True, help="authority of the clients' certificates")
    return parser.parse_args(arguments)


def control_app(inbox: Inbox) -> Starlette:
    """`GET /sim/messages`, `POST /sim/mode` {mode}, `POST /sim/reset`."""

    async def messages(_: Request) -> JSONResponse:
        read = [read_syslog(message) for message in inbox.messages]
        return JSONResponse({"messages": read, "connections": inbox.connections, "clients": inbox.subjects})

    async def mode(request: Request) -> JSONResponse:
        chosen = (await request.json()).get("mode")
        if chosen not in MODES:
            return JSONResponse({"error": f"one of {sorted(MODES)}"}, 400)
        inbox.mode = chosen
        return JSONResponse({"mode": chosen})

    async def reset(_: Request) -> JSONResponse:
        inbox.mode = "ok"
        inbox.messages.clear()
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
    inbox = Inbox()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chosen.cert, chosen.key)
    context.load_verify_locations(chosen.client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    Receiver(inbox, context, chosen.host, port=chosen.port).start()
    control = uvicorn.Config(control_app(inbox), host=chosen.host, port=chosen.control_port, log_level="warning")
    await uvicorn.Server(control).serve()


def main() -> None:
    """Reads the command line and serves."""
    asyncio.run(run(options(sys.argv[1:])))
