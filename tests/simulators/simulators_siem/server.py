"""The receiver's side of syslog over TLS (RFC 5425); what was taken stays in memory."""

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

from simulators_siem.messages import Octets

MODES = frozenset({"ok", "hang", "deaf", "cut", "forget", "talk"})
_PATIENCE_S = 60.0
_READ_BYTES = 16_384
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Inbox:
    """What was taken, and how the receiver behaves now."""

    mode: str = "ok"
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    subjects: list[str] = field(default_factory=list)

    def take(self, messages: list[bytes]) -> None:
        """Keeps messages."""
        self.messages.extend(messages)


class Receiver:
    """Takes connections until it is closed, each in a thread.

    Args:
        inbox: where messages are kept.
        context: of TLS, with the authority of clients.
        host: address.
        port: port.
    """

    def __init__(self, inbox: Inbox, context: ssl.SSLContext, host: str, *, port: int) -> None:
        self._inbox, self._context = inbox, context
        self._listener = socket.create_server((host, port))

    def start(self) -> None:
        """Listens from now on."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._inbox.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        mode, ended = self._inbox.mode, threading.Event()
        with plain, contextlib.suppress(OSError, ValueError):
            plain.settimeout(_PATIENCE_S)
            if mode == "hang":  # accepted, and not a word
                ended.wait(_PATIENCE_S)
                return
            with self._context.wrap_socket(plain, server_side=True) as connection:
                self._inbox.subjects.append(str((connection.getpeercert() or {}).get("subjectAltName")))
                if mode == "deaf":  # a handshake, and nothing is read
                    ended.wait(_PATIENCE_S)
                    return
                self._read(connection, mode)

    def _read(self, connection: ssl.SSLSocket, mode: str) -> None:
        octets, received = Octets(), []
        while data := connection.recv(_READ_BYTES):
            received += octets.take(data)
            if mode == "cut" and received:  # in the middle of a batch
                self._inbox.take(received[:1])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return
        if mode == "forget":  # crashes when it has read everything, and before it has kept it
            return
        self._inbox.take(received)
        if mode == "talk":  # syslog goes one way
            connection.sendall(b"unexpected")
        connection.unwrap()
