"""Health check of a container: 0 when the process answers with 200, 1 otherwise. Standard library, little of it.

`healthcheck.py [PATH]` asks the internal port of a service, /livez by default; `healthcheck.py URL --ca FILE
[--cert FILE --key FILE] [--healthy PART]` asks any URL, with a client certificate where one is named, and, for Airflow,
whether it calls that part of itself healthy.
"""

import os
import socket
import sys

TIMEOUT_S = 4.0
_SUFFIX = "_INTERNAL_PORT"


def internal_port() -> int:
    """The service's internal port, from its environment or its environment file.

    Raises:
        SystemExit: no variable names it.
    """
    for name, value in os.environ.items():
        if name.endswith(_SUFFIX):
            return int(value)
    if named := os.environ.get("ALTSCORE_ENV_FILE"):
        with open(named, encoding="utf-8") as lines:
            for line in lines:
                name, _, value = line.partition("=")
                if name.endswith(_SUFFIX):
                    return int(value.strip().strip("'"))
    raise SystemExit(f"no variable ...{_SUFFIX}")


def answers(path: str) -> bool:
    """Whether the internal port answers 200 to a path; an HTTP client would take longer to load than to ask."""
    try:
        with socket.create_connection(("127.0.0.1", internal_port()), timeout=TIMEOUT_S) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False


def is_healthy(url: str, arguments: list[str]) -> bool:
    """Whether a URL answers with 200 and, where a part is named, calls it healthy."""
    import json  # noqa: PLC0415  # a service's check does without them
    import ssl  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    part = options.get("--healthy")
    try:
        context = ssl.create_default_context(cafile=options.get("--ca"))
        if "--cert" in options:
            context.load_cert_chain(options["--cert"], options["--key"])
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310  # our own URL
            return part is None or json.load(answer).get(part, {}).get("status") == "healthy"
    except (OSError, ValueError):
        return False


def main() -> int:
    """Asks once."""
    target = sys.argv[1] if len(sys.argv) > 1 else "/livez"
    return 0 if (answers(target) if target.startswith("/") else is_healthy(target, sys.argv[2:])) else 1


if __name__ == "__main__":
    sys.exit(main())
