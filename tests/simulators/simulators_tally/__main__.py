"""Command line: `python -m simulators_tally --port 21010 --data-dir DIR`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from simulators_tally.server import make_server


def main(argv: list[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="simulators_tally", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of the port")
    parser.add_argument("--port", type=int, default=21010)
    parser.add_argument("--data-dir", type=Path, help="folder with generated companies (*.json)")
    options = parser.parse_args(argv)
    server = make_server(options.port, options.data_dir, host=options.host)

    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for the loop, so it must not run inside it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"tally simulator on {options.host}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
