"""The control port: `/_control/faults` arms faults and ends them."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulators_tally.faults import BadFaultError, Faults

_MAX_BODY = 1 << 20


class ControlHandler(BaseHTTPRequestHandler):
    """GET lists the waiting faults, POST adds one or a list of them, DELETE forgets all and clicks a dialog away."""

    faults: Faults

    def do_GET(self) -> None:
        """What still waits."""
        self._send(200)

    def do_POST(self) -> None:
        """Adds faults in their order, up to the first that cannot be."""
        length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY)
        try:
            content = json.loads(self.rfile.read(length) or b"null")
            for fault in content if isinstance(content, list) else [content]:
                self.faults.add(fault)
        except (ValueError, AttributeError, BadFaultError):
            self._send(400)
        else:
            self._send(200)

    def do_DELETE(self) -> None:
        """Ends every fault."""
        self.faults.clear()
        self._send(200)

    def _send(self, status: int) -> None:
        known = self.path == "/_control/faults"
        body = json.dumps({"faults": self.faults.waiting()} if known else {"error": "unknown path"}).encode()
        self.send_response(status if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: faults are listed by GET."""


def make_control(faults: Faults, port: int, *, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Binds the control port, on which a thread answers while Tally's own port hangs."""
    server = ThreadingHTTPServer((host, port), type("BoundControlHandler", (ControlHandler,), {"faults": faults}))
    server.daemon_threads = True
    return server
