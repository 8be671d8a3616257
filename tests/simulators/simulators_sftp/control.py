"""The control port: uploads, switches, the host key, and the truth of the folder."""

import base64
import binascii
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulators_sftp.relay import Relay, Switches
from simulators_sftp.sshd import DROP, PASSWORD, USER, Sshd, SshdError
from simulators_sftp.uploads import BadUploadError, Uploads

_MAX_BODY = 64 << 20
_REFUSALS = (BadUploadError, SshdError, ValueError, KeyError, TypeError, binascii.Error)


class Server:
    """sshd, its relay and the uploads under one lock."""

    def __init__(self, sshd: Sshd, relay: Relay, *, user_key: str) -> None:
        self.sshd, self.relay, self.user_key = sshd, relay, user_key
        self.uploads = Uploads(sshd.home.drop)
        self.lock = threading.Lock()

    def state(self) -> dict[str, Any]:
        """How to connect, and what is switched on."""
        return {
            "port": self.relay.port,
            "user": USER,
            "user_key": self.user_key,
            "password": PASSWORD,
            "folder": f"/{DROP}" if self.sshd.home.is_confined else DROP,
            "is_confined": self.sshd.home.is_confined,
            "host_key": self.sshd.public_host_key(),
            "switches": asdict(self.relay.switches),
            "connections": self.relay.accepted,
        }

    def post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Does one command.

        Raises:
            ValueError, KeyError, TypeError, BadUploadError, SshdError: it cannot be done.
        """
        commands: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "/_control/upload": self._upload,
            "/_control/finish": self._finish,
            "/_control/remove": self._remove,
            "/_control/switches": self._switch,
            "/_control/change-while-read": self._change_while_read,
            "/_control/access": self._access,
            "/_control/host-key": self._host_key,
            "/_control/drop-connections": lambda _: {"connections": self.relay.drop_all()},
        }
        if path not in commands:
            raise ValueError("unknown path")
        return commands[path](content)

    def _upload(self, content: Mapping[str, Any]) -> dict[str, Any]:
        data = base64.b64decode(content["base64"]) if "base64" in content else str(content["text"]).encode()
        how, with_digest = str(content.get("how", "rename")), bool(content.get("with_digest", False))
        at_s = content.get("modified_s")
        self.uploads.put(content["name"], data, how=how, with_digest=with_digest, modified_s=at_s)
        return {"files": self.uploads.truth()}

    def _finish(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self.uploads.finish(content["name"])
        return {"files": self.uploads.truth()}

    def _remove(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self.uploads.remove(content["name"])
        return {"files": self.uploads.truth()}

    def _switch(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self.relay.switches = Switches(**content)
        return self.state()

    def _change_while_read(self, content: Mapping[str, Any]) -> dict[str, Any]:
        upload = {"name": content["name"], "text": content["text"], "modified_s": content.get("modified_s")}
        self.relay.on_change = partial(self._upload, upload)
        self.relay.switches = Switches(change_after=int(content["after"]))
        return self.state()

    def _access(self, content: Mapping[str, Any]) -> dict[str, Any]:
        self.uploads.allow(content["name"], is_readable=bool(content["is_readable"]))
        return {"files": self.uploads.truth()}

    def _host_key(self, content: Mapping[str, Any]) -> dict[str, Any]:
        key = int(content["number"])
        if key not in (0, 1):
            raise ValueError("number must be 0 or 1")
        self.sshd.start(host_key=key)
        return self.state()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server_of_files: Server

    def do_GET(self) -> None:
        """The state, or the files as they are."""
        server = self.server_of_files
        with server.lock:
            if self.path == "/_control/state":
                self._send(200, server.state())
            elif self.path == "/_oracle/files":
                self._send(200, {"files": server.uploads.truth()})
            else:
                self._send(404, {"error": "unknown path"})

    def do_POST(self) -> None:
        """One command; a refusal says why."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MAX_BODY))
        try:
            with self.server_of_files.lock:
                answer = self.server_of_files.post(self.path, json.loads(body or b"{}"))
        except _REFUSALS as error:
            self._send(400, {"error": str(error)})
            return
        self._send(200, answer)

    def _send(self, status: int, content: object) -> None:
        data = json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing."""


def make_control(server: Server, port: int) -> ThreadingHTTPServer:
    """Binds the control port on loopback."""
    control = ThreadingHTTPServer(("127.0.0.1", port), type("BoundHandler", (_Handler,), {"server_of_files": server}))
    control.daemon_threads = True
    return control
