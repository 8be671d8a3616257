"""In place of dbt_process.py: hands its streams, environment and folder to dbt_server.py, and ends as the fork does."""

import json
import os
import socket
import sys
from pathlib import Path

SOCKET = "dbt.socket"  # beside this file


def main() -> int:
    """Exit code of the process that the server forked."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(str(Path(__file__).with_name(SOCKET)))
        socket.send_fds(server, [b"-"], [0, 1, 2])
        server.sendall(json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode())
        server.shutdown(socket.SHUT_WR)
        return int(server.makefile().read())


if __name__ == "__main__":
    sys.exit(main())
