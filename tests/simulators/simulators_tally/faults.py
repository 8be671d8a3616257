"""What Tally does wrong when told to: each fault waits for its requests, then is used up."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = (
    "cut",  # the text ends in its middle, whole by its length; its STATUS says 1
    "short",  # the later half of the vouchers is missing in an answer that is whole in every other way
    "broken",  # the connection ends in the reply's middle
    "dialog",  # a dialog is open on the desktop: nothing is answered until somebody clicks
    "slow",  # answers after delay_s
    "busy",  # the connection ends without a reply
    "error_line",  # status 200 and a LINEERROR
    "not_understood",  # status 200 and a bare RESPONSE
    "other_charset",  # UTF-8 though it was asked in UTF-16
)


class BadFaultError(Exception):
    """An unknown kind or setting."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        asks: of requests whose text has this in it, as `<TYPE>Voucher</TYPE>`; empty for all.
        skip: how many such requests pass first.
        times: how many it spoils after that.
        delay_s: seconds that `slow` waits.
    """

    kind: str
    asks: str = ""
    skip: int = 0
    times: int = 1
    delay_s: float = 1.0


class Faults:
    """The waiting faults; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.clicked = threading.Event()

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
        """Forgets all faults and clicks an open dialog away."""
        with self._lock:
            self._waiting.clear()
            self.clicked.set()
            self.clicked = threading.Event()

    def take(self, text: str) -> Fault | None:
        """The fault that this request meets, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.asks not in text:
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
