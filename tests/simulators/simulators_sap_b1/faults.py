"""What the Service Layer does wrong when told to: each fault waits for its requests, then is used up."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = (
    "expired_session",  # every session ends before the request: 401 code 301
    "proxy_502",  # a load balancer's HTML
    "proxy_503",
    "login_page",  # status 200 and HTML
    "busy",  # 500 code -1
    "slow",  # answers after delay_s
    "hang",  # never answers
    "cut",  # the reply ends in its middle
    "foreign_next_link",  # the next page is said to be on another host
    "wrong_content_type",  # the right body as text/plain
    "translated_error",  # 400 in another language
    "change_after",  # `changes` happen right after this reply: between two pages of one reading
)


class BadFaultError(Exception):
    """An unknown kind or setting."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        path: requests whose path, after the version, begins so; empty for all.
        skip: how many such requests pass first.
        times: how many it spoils after that.
        delay_s: seconds that `slow` waits.
        host: host of `foreign_next_link`.
        changes: changes of `change_after`.
    """

    kind: str
    path: str = ""
    skip: int = 0
    times: int = 1
    delay_s: float = 1.0
    host: str = "collector.example.invalid"
    changes: list[dict[str, Any]] = field(default_factory=list)


class Faults:
    """The waiting faults; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.released = threading.Event()

    def add(self, content: Mapping[str, Any]) -> None:
        """Adds a fault.

        Raises:
            BadFaultError: unknown kind or setting.
        """
        if content.get("kind") not in KINDS:
            raise BadFaultError(f"kind must be one of {', '.join(KINDS)}")
        try:
            fault = Fault(**content)
        except TypeError as error:
            raise BadFaultError(str(error)) from error
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forgets all faults and lets hanging requests end without an answer."""
        with self._lock:
            self._waiting.clear()
        self.released.set()
        self.released = threading.Event()

    def take(self, path: str) -> Fault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            for fault in self._waiting:
                if not path.startswith(fault.path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def waiting(self) -> list[dict[str, Any]]:
        """The faults that have not happened yet."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
