"""Command line of the simulator; certificate and key may also stand in the environment as SMS_SIM_<NAME>."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence

import uvicorn

from simulators_sms.apps import control_app, flow_app
from simulators_sms.gateway import Gateway


def options(arguments: Sequence[str], env: Mapping[str, str]) -> argparse.Namespace:
    """The command line over the environment."""
    parser = argparse.ArgumentParser(prog="simulators_sms", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both ports")
    parser.add_argument("--port", type=int, required=True, help="Flow API, TLS")
    parser.add_argument("--control-port", type=int, required=True, help="control API, plain, loopback")
    parser.add_argument("--cert", default=env.get("SMS_SIM_TLS_CERT_FILE"))
    parser.add_argument("--key", default=env.get("SMS_SIM_TLS_KEY_FILE"))
    parser.add_argument("--authkey", default=env.get("SMS_SIM_AUTHKEY"), help="that callers must show")
    chosen = parser.parse_args(arguments)
    for name in ("cert", "key", "authkey"):
        if not getattr(chosen, name):
            parser.error(f"--{name} is required")
    return chosen


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(chosen: argparse.Namespace) -> None:
    """Serves both APIs until SIGTERM or SIGINT; a request that hangs does not hold up the end."""
    gateway = Gateway(chosen.authkey)
    flow = uvicorn.Config(
        flow_app(gateway),
        host=chosen.host,
        port=chosen.port,
        ssl_certfile=chosen.cert,
        ssl_keyfile=chosen.key,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    control = uvicorn.Config(control_app(gateway), host=chosen.host, port=chosen.control_port, log_level="warning")
    servers = [_Server(flow), _Server(control)]

    def end() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    async with asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.serve())


def main() -> None:
    """Reads the command line and serves."""
    asyncio.run(run(options(sys.argv[1:], os.environ)))
