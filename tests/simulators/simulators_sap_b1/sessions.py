"""Sessions: login, their end by time or by command, and the node that a session lives on."""

import secrets
import time
import uuid
from dataclasses import dataclass, field


@dataclass
class _Session:
    route: str
    used_at: float


@dataclass
class Sessions:
    """The open sessions; not safe for threads, the service holds a lock.

    Attributes:
        timeout_s: a session that was unused for longer is gone.
        limit: how many may be open at once.
    """

    timeout_s: float
    limit: int
    live: dict[str, _Session] = field(default_factory=dict)
    logins: int = 0

    def login(self) -> tuple[str, str] | None:
        """Id and route of a new session, or None when too many are open."""
        self._drop_old()
        if len(self.live) >= self.limit:
            return None
        self.logins += 1
        session_id, route = str(uuid.UUID(bytes=secrets.token_bytes(16))), f".node{self.logins % 3 + 1}"
        self.live[session_id] = _Session(route=route, used_at=time.monotonic())
        return session_id, route

    def is_open(self, session_id: str, route: str) -> bool:
        """Whether the session lives, on that node; a use prolongs it."""
        self._drop_old()
        session = self.live.get(session_id)
        if session is None or session.route != route:
            return False
        session.used_at = time.monotonic()
        return True

    def logout(self, session_id: str) -> None:
        """Ends a session."""
        self.live.pop(session_id, None)

    def expire(self) -> int:
        """Ends all sessions at once, as a restart of the service does; their number."""
        count = len(self.live)
        self.live.clear()
        return count

    def _drop_old(self) -> None:
        oldest = time.monotonic() - self.timeout_s
        self.live = {name: session for name, session in self.live.items() if session.used_at >= oldest}
