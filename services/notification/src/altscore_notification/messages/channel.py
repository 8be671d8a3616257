"""A channel to retailers: writes a message for its provider, sends it, and pauses when the provider refuses all."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from altscore_libs.identifiers import Phone

from altscore_notification.errors import ProviderUnreachable
from altscore_notification.messages.domain import HALT, Message, SendResult, SendStatus


class ChannelName(StrEnum):
    """A channel as rows, metrics and audit name it."""

    WHATSAPP = "whatsapp"
    SMS = "sms"


class Provider(Protocol):
    """The party that takes a message: the Cloud API, or the SMS gateway."""

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the response.

        Raises:
            ProviderUnreachable: no response.
        """


class Channel:
    """One provider, and whether it refuses everything at present.

    Args:
        name: of the channel.
        provider: takes the messages.
        request_body: of the provider, for a message and a phone number.
        result_of_response: of the provider, for an HTTP status and a body.
        unreachable_code: of the result when the provider does not respond.
    """

    def __init__(
        self,
        name: ChannelName,
        provider: Provider,
        *,
        request_body: Callable[[Message, str], dict[str, Any]],
        result_of_response: Callable[[int, Any], SendResult],
        unreachable_code: str,
    ) -> None:
        self.name = name
        self._provider = provider
        self._request_body = request_body
        self._result_of_response = result_of_response
        self._unreachable_code = unreachable_code
        self._halted_until: datetime | None = None

    async def send(self, message: Message, phone: Phone) -> SendResult:
        """Sends once and tells what became of it."""
        try:
            return self._result_of_response(
                *await self._provider.send(self._request_body(message, phone.get_secret_value()))
            )
        except ProviderUnreachable as error:
            return SendResult(SendStatus.RETRY, self._unreachable_code, may_have_been_taken=error.may_have_been_taken)

    def is_halted(self, now: datetime) -> bool:
        """Whether nothing is to be sent now."""
        return self._halted_until is not None and now < self._halted_until

    def halt(self, now: datetime) -> bool:
        """Pauses the channel for a while; True when it was not paused before."""
        is_new = self._halted_until is None
        self._halted_until = now + HALT
        return is_new

    def resume(self) -> None:
        """Ends the pause: the provider took a message."""
        self._halted_until = None
