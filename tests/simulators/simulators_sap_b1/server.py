"""The Service Layer's port, and the control port beside it: threads, plain sockets, so that replies can break."""

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from simulators_sap_b1.changes import apply_change, load_company
from simulators_sap_b1.faults import BadFaultError, Fault, Faults
from simulators_sap_b1.ledger import BadChangeError
from simulators_sap_b1.oracle import truth
from simulators_sap_b1.service import NEXT_LINK, Reply, Request, Service, error_reply, json_reply, translated

_MAX_BODY = 1 << 20
_HANG_S = 600
_PROXY = b"<html><head><title>%s</title></head><body><h1>%s</h1></body></html>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    service: Service
    faults: Faults

    def _request(self) -> Request:
        length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY)
        return Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
        )

    def _send(self, reply: Reply, *, sent: int | None = None) -> None:
        """Sends a reply; with `sent`, only that many bytes of its body, and then the connection ends."""
        try:
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[:sent])
        except (BrokenPipeError, ConnectionResetError):
            sys.stderr.write("the client left before its answer was ready\n")
            self.close_connection = True
        if sent is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing: the requests are listed by the control endpoint."""


class LayerHandler(_Handler):
    """`/b1s/v1` and `/b1s/v2`."""

    server_version = "Apache"
    sys_version = ""

    def do_GET(self) -> None:
        """Answers, unless a fault is waiting for this request."""
        request = self._request()
        path = request.target.split("/b1s/", 1)[-1].partition("/")[2]
        fault = self.faults.take(path)
        if fault is None:
            self._send(self.service.answer(request))
        elif not self._fails_before(fault, request):
            self._fails_after(fault, request)

    def do_POST(self) -> None:
        """As a reading: login and logout meet the same faults."""
        self.do_GET()

    def _fails_before(self, fault: Fault, request: Request) -> bool:
        """Whether the fault has answered, or has kept silent, instead of the service."""
        version = "v2" if "/b1s/v2" in request.target else "v1"
        pages = {"proxy_502": (502, b"502 Proxy Error"), "proxy_503": (503, b"503 Service Unavailable")}
        pages["login_page"] = (200, b"Sign in")
        if fault.kind in pages:
            status, title = pages[fault.kind]
            self._send(Reply(status=status, body=_PROXY % (title, title), content_type="text/html"))
        elif fault.kind == "busy":
            self._send(error_reply(500, -1, "(1) internal error", version="v2" if version == "v2" else "v1"))
        elif fault.kind == "hang":
            self.faults.released.wait(_HANG_S)
            self.close_connection = True
        else:
            if fault.kind == "expired_session":
                with self.service.lock:
                    self.service.sessions.expire()
            if fault.kind == "slow":
                time.sleep(fault.delay_s)
            return False
        return True

    def _fails_after(self, fault: Fault, request: Request) -> None:
        reply = self.service.answer(request)
        if fault.kind == "cut":
            self._send(reply, sent=len(reply.body) // 2)
            return
        if fault.kind == "foreign_next_link":
            reply = _moved(reply, fault.host)
        elif fault.kind == "wrong_content_type":
            reply.content_type = "text/plain"
        elif fault.kind == "translated_error":
            reply = translated(reply)
        elif fault.kind == "change_after":
            # Before the reply leaves: the client's next request must see it.
            with self.service.lock:
                for change in fault.changes:
                    apply_change(self.service.company, change)
        self._send(reply)


def _moved(reply: Reply, host: str) -> Reply:
    content = json.loads(reply.body)
    for version, name in NEXT_LINK.items():
        if name in content:
            content[name] = f"https://{host}/b1s/{version}/{content[name]}"
    return json_reply(reply.status, content)


class ControlHandler(_Handler):
    """`/_control/company`, `changes`, `faults`, `expire`, `state`, and `/_oracle/ledger`."""

    def do_GET(self) -> None:
        """The truth, or what is going on."""
        service = self.service
        with service.lock:
            if self.path == "/_oracle/ledger":
                reply = json_reply(200, truth(service.company))
            elif self.path == "/_control/state":
                state = {"sessions": len(service.sessions.live), "logins": service.sessions.logins}
                reply = json_reply(200, state | {"faults": self.faults.waiting(), "requests": service.requests})
            else:
                reply = json_reply(404, {"error": "unknown path"})
        self._send(reply)

    def do_POST(self) -> None:
        """Changes the company or arms faults; a list is done in its order, up to the first that cannot be."""
        try:
            content = json.loads(self._request().body or b"null")
            self._send(json_reply(200, self._do(content)))
        except (ValueError, KeyError, BadChangeError, BadFaultError) as error:
            self._send(json_reply(400, {"error": str(error)}))

    def do_DELETE(self) -> None:
        """Forgets the waiting faults and ends hanging requests."""
        self.faults.clear()
        self._send(json_reply(200, {"faults": []}))

    def _do(self, content: Any) -> dict[str, Any]:
        items = content if isinstance(content, list) else [content]
        if self.path == "/_control/changes":
            with self.service.lock:
                return {"keys": [apply_change(self.service.company, change) for change in items]}
        if self.path == "/_control/company":
            company = load_company(content)
            with self.service.lock:
                self.service.company = company
            return {"database": company.database}
        if self.path == "/_control/faults":
            for fault in items:
                self.faults.add(fault)
            return {"faults": self.faults.waiting()}
        if self.path == "/_control/expire":
            with self.service.lock:
                return {"sessions": self.service.sessions.expire()}
        raise ValueError("unknown path")


def make_servers(
    service: Service, *, host: str, port: int, control_port: int, certificate: tuple[Path, Path] | None
) -> tuple[ThreadingHTTPServer, ThreadingHTTPServer]:
    """Binds both ports; the Service Layer speaks TLS where there is a certificate with its key."""
    faults = Faults()
    parts = {"service": service, "faults": faults}
    layer = ThreadingHTTPServer((host, port), type("BoundLayerHandler", (LayerHandler,), dict(parts)))
    control = ThreadingHTTPServer((host, control_port), type("BoundControlHandler", (ControlHandler,), dict(parts)))
    layer.daemon_threads = control.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        layer.socket = context.wrap_socket(layer.socket, server_side=True, do_handshake_on_connect=False)
    return layer, control
