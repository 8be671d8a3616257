"""Command line: `python -m simulators_sftp --port 21032 --control-port 21033 --state DIR`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from simulators_sftp.control import Server, make_control
from simulators_sftp.programs import ensure_programs
from simulators_sftp.relay import Relay
from simulators_sftp.sshd import Sshd, make_home, make_keys


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT; 2 when there is no sshd on this machine and none can be fetched."""
    parser = argparse.ArgumentParser(prog="simulators_sftp", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="SFTP; 0 for a free one")
    parser.add_argument("--control-port", type=int, required=True, help="control, plain HTTP; 0 for a free one")
    parser.add_argument("--state", type=Path, required=True, help="empty folder for keys, configuration and log")
    chosen = parser.parse_args(arguments)
    programs = ensure_programs()
    if programs is None:
        sys.stderr.write("no sshd: apt cannot fetch openssh-server, libwrap0 and libnss-wrapper\n")
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Set by a thread: a handler that interrupts `wait` while it holds the event's lock would wait for itself.
        signal.signal(number, lambda _signal, _frame: threading.Thread(target=ended.set).start())
    chosen.state.mkdir(parents=True, exist_ok=True)
    state = chosen.state.resolve()
    keys = make_keys(state)
    sshd = Sshd(programs, state=state, keys=keys, home=make_home(state))
    try:
        sshd.start()
        relay = Relay(chosen.port, lambda: sshd.port)
        control = make_control(Server(sshd, relay, user_key=str(keys.user)), chosen.control_port)
        threading.Thread(target=control.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        sys.stdout.write(
            f"sftp simulator, sftp and control on 127.0.0.1:{relay.port} 127.0.0.1:{control.server_port}\n"
        )
        sys.stdout.flush()
        while not ended.wait(0.5):  # a signal just before a wait is handled after it: short waits
            pass
        control.shutdown()
        control.server_close()
        relay.close()
    finally:
        sshd.stop()
        sshd.remove_home()
    return 0


if __name__ == "__main__":
    sys.exit(main())
