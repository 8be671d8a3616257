"""A way to a retailer: writes a message for its provider, sends it, reads the answer, rests when it is refused."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from altscore_libs.identifiers import Phone

from altscore_notification.clients import ProviderUnreachable
from altscore_notification.domain import HALT, Fate, Message, Verdict


class ChannelName(StrEnum):
    """As rows, metrics and audit write it."""

    WHATSAPP = "whatsapp"
    SMS = "sms"


class Provider(Protocol):
    """What takes a message: the Cloud API, or the SMS gateway."""

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the answer.

        Raises:
            ProviderUnreachable: no answer.
        """


class Channel:
    """One provider, and whether it refuses everything at present.

    Args:
        name: of the channel.
        provider: takes the messages.
        write: message and phone number to a request.
        judge: HTTP status and body of the answer to a verdict.
        unreachable: the code for a provider that does not answer.
    """

    def __init__(
        self,
        name: ChannelName,
        provider: Provider,
        *,
        write: Callable[[Message, str], dict[str, Any]],
        judge: Callable[[int, Any], Verdict],
        unreachable: str,
    ) -> None:
        self.name = name
        self._provider = provider
        self._write = write
        self._judge = judge
        self._unreachable = unreachable
        self._halted_until: datetime | None = None

    async def say(self, message: Message, phone: Phone) -> Verdict:
        """Sends once and says what became of it."""
        try:
            return self._judge(*await self._provider.send(self._write(message, phone.get_secret_value())))
        except ProviderUnreachable as error:
            return Verdict(Fate.RETRY, self._unreachable, is_unknown=error.is_unknown)

    def is_halted(self, now: datetime) -> bool:
        """Whether nothing is to be sent now."""
        return self._halted_until is not None and now < self._halted_until

    def halt(self, now: datetime) -> bool:
        """Rests for a while; True when it did not rest before, which is news."""
        is_news = self._halted_until is None
        self._halted_until = now + HALT
        return is_news

    def resume(self) -> None:
        """Something was taken: the rest is over."""
        self._halted_until = None
