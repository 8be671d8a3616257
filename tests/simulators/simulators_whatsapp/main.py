"""Command line of the simulator; every option may also stand in the environment as WHATSAPP_SIM_<NAME>."""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import uvicorn

from simulators_whatsapp.apps import control_app, graph_app
from simulators_whatsapp.meta import Meta
from simulators_whatsapp.people import People
from simulators_whatsapp.webhooks import Courier, Envelope

DEFAULT_NUMBER = "100000000000001"


def options(arguments: Sequence[str], env: Mapping[str, str]) -> argparse.Namespace:
    """The command line over the environment."""

    def of(name: str) -> str | None:
        return env.get(f"WHATSAPP_SIM_{name}")

    parser = argparse.ArgumentParser(prog="simulators_whatsapp", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both ports")
    parser.add_argument("--port", type=int, required=True, help="Graph API, TLS")
    parser.add_argument("--control-port", type=int, required=True, help="control API, plain, loopback")
    parser.add_argument("--cert", default=of("TLS_CERT_FILE"))
    parser.add_argument("--key", default=of("TLS_KEY_FILE"))
    parser.add_argument("--token", default=of("TOKEN"), help="bearer token that callers must show")
    parser.add_argument("--app-secret", default=of("APP_SECRET"))
    parser.add_argument("--app-secret-file", type=Path, default=None)
    parser.add_argument("--webhook-url", default=of("WEBHOOK_URL"))
    parser.add_argument("--webhook-ca", default=of("CA_FILE"))
    parser.add_argument("--verify-token", default=of("VERIFY_TOKEN"))
    parser.add_argument("--phone-number-id", default=of("PHONE_NUMBER_ID"))
    parser.add_argument("--personas", type=Path, default=None)
    parser.add_argument("--data-dir", type=Path, default=None, help="personas.json is looked for here")
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args(arguments)
    if chosen.app_secret_file is not None:
        chosen.app_secret = chosen.app_secret_file.read_text(encoding="utf-8").strip()
    if chosen.personas is None and chosen.data_dir is not None:
        chosen.personas = chosen.data_dir / "personas.json"
    for name in ("cert", "key", "token", "app_secret"):
        if not getattr(chosen, name):
            parser.error(f"--{name.replace('_', '-')} is required")
    return chosen


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(chosen: argparse.Namespace) -> None:
    """Serves both APIs until SIGTERM or SIGINT."""
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    rng, stats = random.Random(seed), Counter[str]()
    courier = Courier(chosen.webhook_url, chosen.app_secret, chosen.webhook_ca, rng=rng, stats=stats)
    meta = Meta(
        people=People(chosen.personas),
        courier=courier,
        envelope=Envelope(chosen.phone_number_id or DEFAULT_NUMBER),
        rng=rng,
        stats=stats,
    )
    graph = uvicorn.Config(
        graph_app(meta, token=chosen.token, phone_number_id=chosen.phone_number_id),
        host=chosen.host,
        port=chosen.port,
        ssl_certfile=chosen.cert,
        ssl_keyfile=chosen.key,
        log_level="warning",
    )
    control = uvicorn.Config(
        control_app(meta, verify_token=chosen.verify_token),
        host=chosen.host,
        port=chosen.control_port,
        log_level="warning",
    )
    servers = [_Server(graph), _Server(control)]

    def end() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        async with asyncio.TaskGroup() as group:
            for server in servers:
                group.create_task(server.serve())
    finally:
        await courier.close()


def main() -> None:
    """Reads the command line and serves."""
    asyncio.run(run(options(sys.argv[1:], os.environ)))
