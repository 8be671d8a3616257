"""`python -m simulators_whatsapp --port N --control-port N --data-dir DIR`; secrets come in WHATSAPP_SIM_*."""

import argparse
import asyncio
import os
import ssl
from pathlib import Path

import uvicorn

from simulators_whatsapp.control import Control
from simulators_whatsapp.delivery import Delivery
from simulators_whatsapp.graph import Graph
from simulators_whatsapp.world import World


def server(app: object, port: int, certificate: str | None = None, key: str | None = None) -> uvicorn.Server:
    """A quiet server on loopback."""
    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]  # uvicorn names ASGI apps in its own way
            host="127.0.0.1",
            port=port,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            log_level="warning",
        )
    )


async def serve(options: argparse.Namespace) -> None:
    """Runs both ports until a signal."""
    env = {name.removeprefix("WHATSAPP_SIM_"): value for name, value in os.environ.items()}
    world = World(personas_file=options.data_dir / "personas.json", seed=options.seed)
    context = ssl.create_default_context(cafile=env["CA_FILE"])
    delivery = Delivery(world, env["WEBHOOK_URL"], env["APP_SECRET"], context, env["PHONE_NUMBER_ID"])
    graph = Graph(world, delivery, env["TOKEN"], env["PHONE_NUMBER_ID"])
    meta = server(graph.app(), options.port, env["TLS_CERT_FILE"], env["TLS_KEY_FILE"])
    control = server(Control(world, delivery).app(), options.control_port)
    await asyncio.gather(meta.serve(), control.serve())


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="simulators_whatsapp", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds personas.json")
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
