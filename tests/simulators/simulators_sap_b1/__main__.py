"""Command line: `python -m simulators_sap_b1 --port 21030 --control-port 21031 --company FILE --plain`."""

import argparse
import ipaddress
import json
import signal
import sys
import threading
from pathlib import Path

from simulators_sap_b1.changes import load_company
from simulators_sap_b1.server import make_servers
from simulators_sap_b1.service import Service
from simulators_sap_b1.sessions import Sessions


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; without a certificate only `--plain` on loopback is allowed."""
    parser = argparse.ArgumentParser(prog="simulators_sap_b1", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both ports")
    parser.add_argument("--port", type=int, required=True, help="Service Layer; 0 for a free one")
    parser.add_argument(
        "--control-port", type=int, required=True, help="control and oracle, plain HTTP; 0 for a free one"
    )
    parser.add_argument("--company", type=Path, required=True, help="JSON file: settings and changes of the company")
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--plain", action="store_true", help="HTTP without TLS, on loopback only")
    parser.add_argument("--session-timeout-s", type=float, default=1800.0)
    parser.add_argument("--max-sessions", type=int, default=10)
    chosen = parser.parse_args(arguments)
    if chosen.plain and not ipaddress.ip_address(chosen.host).is_loopback:
        parser.error("--plain is for loopback only")
    if not chosen.plain and not (chosen.cert and chosen.key):
        parser.error("--cert and --key are required, or --plain")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT."""
    chosen = options(arguments)
    company = load_company(json.loads(chosen.company.read_text(encoding="utf-8")))
    service = Service(company, Sessions(timeout_s=chosen.session_timeout_s, limit=chosen.max_sessions))
    servers = make_servers(
        service,
        host=chosen.host,
        port=chosen.port,
        control_port=chosen.control_port,
        certificate=None if chosen.plain else (chosen.cert, chosen.key),
    )
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # taken by `sigwait` alone: a handler may miss the wait's beginning
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    ports = " ".join(f"{chosen.host}:{server.server_port}" for server in servers)
    sys.stdout.write(f"sap b1 simulator, service layer and control on {ports}\n")
    sys.stdout.flush()
    signal.sigwait(ends)
    for server in servers:
        server.shutdown()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
