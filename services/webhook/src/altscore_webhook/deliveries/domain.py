"""The messages and statuses of a delivery, in Meta's format. Unknown fields and types are skipped."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from altscore_libs.errors import InvalidRequest

MAX_BODY_BYTES = 3 * 1024 * 1024
LONGEST_USER_ID = 256
STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})
_PHONE = re.compile(r"[0-9]{6,15}")
_CALLBACK = re.compile(r"(?:(inv_[0-9a-f]{32})(?:\.|$))?(ret_[0-9a-f]{16})?")


class ItemKind(StrEnum):
    """What an item of a delivery is."""

    MESSAGE = "message"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Item:
    """A message or a status of a delivery.

    Attributes:
        place: indexes of entry, change and message (or status) in the body.
        identity: the text that tells it from every other item.
        status: of a status: its name.
        error_code: of a status: Meta's code when a send failed.
        message_id: of a status: the message of ours that it is about.
        invite_id: of a status: the invite that the message was about.
        retailer_id: of a status: the retailer that the message was sent to.
        recipient: of a status: the number that it was sent to.
        replaces: of a message: the message that its sender edited or deleted with it.
        hidden_user_id: of a message without a number: its sender's user id.
    """

    kind: ItemKind
    place: tuple[int, int, int]
    identity: str
    status: str | None = None
    error_code: int | None = None
    message_id: str | None = None
    invite_id: str | None = None
    retailer_id: str | None = None
    recipient: str | None = None
    replaces: str | None = None
    hidden_user_id: str | None = None


def parse_body(raw: bytes) -> Any:
    """The JSON of a signed body. A text message may hold anything, lone surrogates too, so this reader is lenient.

    Raises:
        InvalidRequest: not JSON.
    """
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not JSON") from error


def items_of(body: Any) -> list[Item]:
    """Every message and every known status of a delivery, in its order."""
    items: list[Item] = []
    for entry_index, entry in enumerate(_list(body, "entry")):
        for change_index, change in enumerate(_list(entry, "changes")):
            if not isinstance(change, dict) or change.get("field") != "messages":
                continue
            place = (entry_index, change_index)
            items.extend(_messages(change.get("value"), place))
            items.extend(_statuses(change.get("value"), place))
    return items


def message_values(body: Any) -> Iterator[dict[str, Any]]:
    """The content of every change of the field `messages`."""
    for entry in _list(body, "entry"):
        for change in _list(entry, "changes"):
            value = change.get("value") if isinstance(change, dict) and change.get("field") == "messages" else None
            if isinstance(value, dict):
                yield value


def phone_at(value: Any, name: str) -> str | None:
    """The phone number `value[name]`, None when there is none."""
    phone = value.get(name) if isinstance(value, dict) else None
    return phone if isinstance(phone, str) and _PHONE.fullmatch(phone) else None


def user_id_at(value: Any, name: str) -> str | None:
    """The user id `value[name]`, None when there is none."""
    user_id = value.get(name) if isinstance(value, dict) else None
    return user_id if isinstance(user_id, str) and 0 < len(user_id) <= LONGEST_USER_ID else None


def message_at(body: Any, place: Sequence[int]) -> dict[str, Any]:
    """The message that `items_of` reported at this place."""
    entry, change, index = place
    message: dict[str, Any] = body["entry"][entry]["changes"][change]["value"]["messages"][index]
    return message


def text_at(value: Any, outer: str, inner: str) -> str:
    """The text `value[outer][inner]`, empty when there is none."""
    holder = value.get(outer) if isinstance(value, dict) else None
    text = holder.get(inner) if isinstance(holder, dict) else None
    return text if isinstance(text, str) else ""


def _messages(value: Any, place: tuple[int, int]) -> Iterator[Item]:
    for index, message in enumerate(_list(value, "messages")):
        if isinstance(message, dict) and isinstance(message.get("id"), str) and message["id"]:
            yield Item(
                ItemKind.MESSAGE,
                (*place, index),
                message["id"],
                replaces=_replaced(message),
                hidden_user_id=None if phone_at(message, "from") else user_id_at(message, "from_user_id"),
            )


def _replaced(message: dict[str, Any]) -> str | None:
    kind = message.get("type")
    return text_at(message, kind, "original_message_id") or None if kind in ("edit", "revoke") else None


def _statuses(value: Any, place: tuple[int, int]) -> Iterator[Item]:
    for index, status in enumerate(_list(value, "statuses")):
        if not isinstance(status, dict) or status.get("status") not in STATUSES or not status.get("id"):
            continue
        invite_id, retailer_id = _callback(status.get("biz_opaque_callback_data"))
        yield Item(
            ItemKind.STATUS,
            (*place, index),
            f"{status['id']}\n{status['status']}",
            status=status["status"],
            error_code=_error_code(status),
            message_id=str(status["id"]),
            invite_id=invite_id,
            retailer_id=retailer_id,
            recipient=phone_at(status, "recipient_id") if status.get("recipient_type") != "group" else None,
        )


def _callback(value: Any) -> tuple[str | None, str | None]:
    """Invite and retailer of a message of ours, sent with `<invite>.<retailer>` or one of them."""
    match = _CALLBACK.fullmatch(value) if isinstance(value, str) else None
    return (match[1], match[2]) if match is not None else (None, None)


def _error_code(status: dict[str, Any]) -> int | None:
    for error in _list(status, "errors"):
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            return int(error["code"])
    return None


def _list(value: Any, name: str) -> Sequence[Any]:
    content = value.get(name) if isinstance(value, dict) else None
    return content if isinstance(content, list) else ()
