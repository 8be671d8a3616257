"""Command line: `python -m simulators_tally --port 21010 --data-dir DIR`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from simulators_tally.control import make_control
from simulators_tally.server import Tally, make_server


def main(argv: list[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="simulators_tally", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of the port")
    parser.add_argument("--port", type=int, default=21010)
    parser.add_argument("--control-port", type=int, help="of faults; none when it is left out")
    parser.add_argument("--data-dir", type=Path, help="folder with generated companies (*.json)")
    options = parser.parse_args(argv)
    tally = Tally(options.data_dir)
    server = make_server(options.port, tally, host=options.host)

    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for the loop, so it must not run inside it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    place = f"{options.host}:{server.server_port}"
    if options.control_port is not None:
        control = make_control(tally.faults, options.control_port, host=options.host)
        threading.Thread(target=control.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        place += f", control on {options.host}:{control.server_port}"
    sys.stdout.write(f"tally simulator on {place}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
