"""What a delivery says: pure reading of Meta's format, and of what retailers write. Unknown things are skipped."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from altscore_libs.errors import InvalidRequest
from altscore_libs.types import Masked

MAX_BODY_BYTES = 3 * 1024 * 1024
STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})
YES_WORDS = frozenset({"haan", "yes", "हाँ", "हां"})
NO_WORDS = frozenset({"nahi", "nahin", "no", "stop", "नहीं", "नही", "नहीँ"})
# What a person sends when he answers without a word of ours; reactions, system notes and new types are no answers.
WORDLESS_TYPES = frozenset({"image", "audio", "video", "document", "sticker", "location", "contacts", "order"})
# Quotation marks, WhatsApp's own marks for bold, italic and the like, and what ends a sentence that asks nothing.
_AROUND_AN_ANSWER = " .,;:!।॥。、*_~`´\"'“”„‘’‚«»()[]{}<>-–—"
# Invisible, yet no format characters (category Cf): variation selectors, joiners and fillers of single scripts.
_INVISIBLE = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0)).union(
    range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
_PHONE = re.compile(r"[0-9]{6,15}")
_PAYLOAD = re.compile(r"CONSENT_(YES|NO)(?::(.*))?", re.DOTALL)
_INVITE = re.compile(r"inv_[0-9a-f]{32}")
_LATEST = 4_102_444_800  # 2100; beyond it a timestamp is no timestamp


class Phone(Masked):
    """E.164 digits that no log line shows."""

    __slots__ = ()


class Kind(StrEnum):
    """What an item of a delivery is."""

    MESSAGE = "message"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Item:
    """One message or status of a delivery: where it stands, and the text that makes it unique."""

    kind: Kind
    place: tuple[int, int, int]
    identity: str
    status: str | None = None
    error_code: int | None = None
    message_id: str | None = None
    invite_id: str | None = None
    replaces: str | None = None


class Word(StrEnum):
    """What a retailer said."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Reply:
    """A message as far as consent cares."""

    phone: Phone | None
    sent_at: datetime
    word: Word
    invite_id: str | None
    replied_to: str | None = None


def parse(raw: bytes) -> Any:
    """The JSON of a signed body. A text message may hold anything, lone surrogates too, so this reader is lenient.

    Raises:
        InvalidRequest: not JSON.
    """
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is not JSON") from error


def items(body: Any) -> list[Item]:
    """Every message and known status of a delivery, in its order."""
    found: list[Item] = []
    for place_of_entry, entry in enumerate(_list(body, "entry")):
        for place_of_change, change in enumerate(_list(entry, "changes")):
            if not isinstance(change, dict) or change.get("field") != "messages":
                continue
            here = (place_of_entry, place_of_change)
            found.extend(_messages(change.get("value"), here))
            found.extend(_statuses(change.get("value"), here))
    return found


def _messages(value: Any, here: tuple[int, int]) -> Iterator[Item]:
    for index, message in enumerate(_list(value, "messages")):
        if isinstance(message, dict) and isinstance(message.get("id"), str) and message["id"]:
            yield Item(Kind.MESSAGE, (*here, index), message["id"], replaces=_replaced(message))


def _replaced(message: dict[str, Any]) -> str | None:
    """The id of the message that its sender edited or deleted with this one."""
    kind = message.get("type")
    return _text(message, kind, "original_message_id") or None if kind in ("edit", "revoke") else None


def _statuses(value: Any, here: tuple[int, int]) -> Iterator[Item]:
    for index, status in enumerate(_list(value, "statuses")):
        if not isinstance(status, dict) or status.get("status") not in STATUSES or not status.get("id"):
            continue
        identity = f"{status['id']}\n{status['status']}"
        about = status.get("biz_opaque_callback_data")
        yield Item(
            Kind.STATUS,
            (*here, index),
            identity,
            status["status"],
            _error_code(status),
            message_id=str(status["id"]),
            invite_id=about if isinstance(about, str) and _INVITE.fullmatch(about) else None,
        )


def _error_code(status: dict[str, Any]) -> int | None:
    for error in _list(status, "errors"):
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            return int(error["code"])
    return None


def _list(value: Any, name: str) -> Sequence[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else ()


def message_at(body: Any, place: Sequence[int]) -> dict[str, Any]:
    """The message that `items` found at this place."""
    entry, change, index = place
    found: dict[str, Any] = body["entry"][entry]["changes"][change]["value"]["messages"][index]
    return found


def read_reply(message: dict[str, Any], received_at: datetime) -> Reply:
    """A message as a reply; without a readable time it was sent when it came, and never after that.

    An edited or a deleted message can say NAHI and never HAAN (decision 90).
    """
    word, invite_id = _word(message)
    sender = message.get("from")
    has_phone = isinstance(sender, str) and _PHONE.fullmatch(sender)
    phone = Phone(sender) if has_phone and isinstance(sender, str) else None
    replied_to = _text(message, "context", "id") or None
    return Reply(phone, _sent_at(message.get("timestamp"), received_at), word, invite_id, replied_to)


def _sent_at(timestamp: Any, received_at: datetime) -> datetime:
    text = str(timestamp) if isinstance(timestamp, (str, int)) and not isinstance(timestamp, bool) else ""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LATEST)) or int(text) > _LATEST:
        return received_at
    return min(datetime.fromtimestamp(int(text), UTC), received_at)


def _word(message: dict[str, Any]) -> tuple[Word, str | None]:
    kind = message.get("type")
    if kind == "text":
        return word_of_text(_text(message, "text", "body")), None
    if kind == "button":
        return word_of_payload(_text(message, "button", "payload"))
    if kind == "interactive":
        inner = message.get("interactive")
        return word_of_payload(_text(inner, "button_reply", "id") or _text(inner, "list_reply", "id"))
    if kind == "edit":
        return _word_of_edit(message.get("edit"))
    return (Word.UNCLEAR if kind in WORDLESS_TYPES or kind == "revoke" else Word.NOTHING), None


def _word_of_edit(edit: Any) -> tuple[Word, str | None]:
    inner = edit.get("message") if isinstance(edit, dict) else None
    if not isinstance(inner, dict) or inner.get("type") == "edit":
        return Word.UNCLEAR, None
    word, invite_id = _word(inner)
    return (Word.NO, invite_id) if word is Word.NO else (Word.UNCLEAR, None)


def _text(value: Any, outer: str, inner: str) -> str:
    holder = value.get(outer) if isinstance(value, dict) else None
    found = holder.get(inner) if isinstance(holder, dict) else None
    return found if isinstance(found, str) else ""


def comparison_text(text: str) -> str:
    """Text as it is compared (decision 88): NFKC, case folded, without invisible characters, blanks collapsed.

    Two texts that look alike to a reader are equal afterwards, whatever joiners, directional marks, soft hyphens or
    variation selectors a keyboard put between their letters.
    """
    visible = "".join(character for character in text if not _is_invisible(character))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(folded.split())


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace()) or ord(character) in _INVISIBLE


def word_of_text(text: str) -> Word:
    """Reads exact answers only (decision 32): a sentence that contains HAAN is not a HAAN."""
    plain = comparison_text(text).strip(_AROUND_AN_ANSWER)
    if plain in YES_WORDS:
        return Word.YES
    return Word.NO if plain in NO_WORDS else Word.UNCLEAR


def word_of_payload(payload: str) -> tuple[Word, str | None]:
    """A button's answer and its invite. A NO without a readable invite is still a NO, a YES is not a YES."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return Word.UNCLEAR, None
    invite_id = match[2] if match[2] is not None and _INVITE.fullmatch(match[2]) else None
    if match[1] == "NO":
        return Word.NO, invite_id
    return (Word.YES, invite_id) if invite_id is not None else (Word.UNCLEAR, None)
