"""The public port: passes bytes to sshd and back, and stalls or cuts a connection when told to."""

import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_CHUNK = 4096
_STEP_S = 0.05


@dataclass
class Switches:
    """What happens to connections that are opened from now on.

    Attributes:
        refuse: how many connections are closed at once.
        stall_after: bytes of sshd after which nothing passes any more, in either direction.
        cut_after: bytes of sshd after which the connection is reset.
        change_after: bytes of sshd after which `Relay.on_change` is called once, in the middle of what is read.
        bytes_per_s: a slow line, of sshd's bytes; it concerns every connection.
        times: how many connections stall, cut and change concern; afterwards all is well again.
    """

    refuse: int = 0
    stall_after: int | None = None
    cut_after: int | None = None
    change_after: int | None = None
    bytes_per_s: int | None = None
    times: int = 1

    @property
    def is_armed(self) -> bool:
        """Whether the next connection has a fault."""
        limits = (self.stall_after, self.cut_after, self.change_after)
        return self.times > 0 and any(limit is not None for limit in limits)


@dataclass
class _Connection:
    client: socket.socket
    server: socket.socket
    stall_after: int | None
    cut_after: int | None
    change_after: int | None
    bytes_per_s: int | None
    passed: int = 0
    is_ended: threading.Event = field(default_factory=threading.Event)


class Relay:
    """Accepts on its own port until closed.

    Args:
        target: tells sshd's port at the time of a connection; it changes with a restart.
    """

    def __init__(self, port: int, target: Callable[[], int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(_STEP_S)
        self.port = int(self._listener.getsockname()[1])
        self.switches = Switches()
        self.on_change: Callable[[], object] = lambda: None
        self.accepted = 0
        self._connections: list[_Connection] = []
        self._is_closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the port and all connections."""
        self._is_closed.set()
        self._thread.join(timeout=5)
        self._listener.close()
        self.drop_all()

    def drop_all(self) -> int:
        """Resets the connections that are open, stalled ones too; their number."""
        with self._lock:
            live = [connection for connection in self._connections if not connection.is_ended.is_set()]
            self._connections.clear()
        for connection in live:
            connection.is_ended.set()
        return len(live)

    def _accept(self) -> None:
        while not self._is_closed.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.accepted += 1
            if self.switches.refuse > 0:
                self.switches.refuse -= 1
                _reset(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target()), timeout=5)
        except OSError:
            _reset(client)
            return
        with self._lock:
            switches = self.switches
            is_concerned = switches.is_armed
            if is_concerned:
                switches.times -= 1
            connection = _Connection(
                client=client,
                server=server,
                stall_after=switches.stall_after if is_concerned else None,
                cut_after=switches.cut_after if is_concerned else None,
                change_after=switches.change_after if is_concerned else None,
                bytes_per_s=switches.bytes_per_s,
            )
            self._connections.append(connection)
        _pass_bytes(connection, self.on_change)
        server.close()
        _reset(client) if connection.is_ended.is_set() else client.close()
        connection.is_ended.set()


def _pass_bytes(connection: _Connection, on_change: Callable[[], object]) -> None:
    """Until either side closes, the connection is dropped or reaches its limit."""
    other = {connection.client: connection.server, connection.server: connection.client}
    while not connection.is_ended.is_set():
        if connection.stall_after is not None and connection.passed >= connection.stall_after:
            connection.is_ended.wait(_STEP_S)
            continue
        readable, _, _ = select.select(list(other), [], [], _STEP_S)
        for source in readable:
            limit = connection.cut_after if connection.stall_after is None else connection.stall_after
            left = _CHUNK if limit is None or source is connection.client else limit - connection.passed
            try:
                data = source.recv(max(1, min(_CHUNK, left)))
                other[source].sendall(data)
            except OSError:
                return
            if not data:
                return
            if source is connection.server:
                connection.passed += len(data)
                if connection.bytes_per_s is not None:
                    connection.is_ended.wait(len(data) / connection.bytes_per_s)
                if connection.change_after is not None and connection.passed >= connection.change_after:
                    connection.change_after = None
                    on_change()
            if connection.cut_after is not None and connection.passed >= connection.cut_after:
                connection.is_ended.set()
                return


def _reset(client: socket.socket) -> None:
    """Closes with a reset: the peer reads an error, not an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    client.close()
