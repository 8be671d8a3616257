"""What a receiver reads: counted octets (RFC 6587), the header of RFC 5424, and the Common Event Format."""

import re
from typing import Any

_HEADER = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<at>\S+) (?P<host>\S{1,255}) (?P<app>\S{1,48}) (?P<process>\S{1,128})"
    rb" (?P<id>\S{1,32}) - (?P<text>.*)",
    re.DOTALL,
)
_LONGEST_COUNT = 9
_HEADER_FIELDS = ("version", "vendor", "product", "product_version", "class_id", "name", "severity")


class Octets:
    """Takes bytes as they come and gives whole messages.

    Raises:
        ValueError: what comes is not counted.
    """

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> list[bytes]:
        """The messages that are complete with these bytes."""
        self._rest += data
        messages = []
        while (end := self._rest.find(b" ", 0, _LONGEST_COUNT + 1)) > 0:
            count = self._rest[:end]
            if not count.isdigit() or count.startswith(b"0"):
                raise ValueError("not counted")
            if len(self._rest) <= end + int(count):
                break
            messages.append(self._rest[end + 1 : end + 1 + int(count)])
            self._rest = self._rest[end + 1 + int(count) :]
        return messages


def read_syslog(message: bytes) -> dict[str, Any]:
    """The header and the text of a message.

    Raises:
        ValueError: it is not RFC 5424.
    """
    match = _HEADER.fullmatch(message)
    if match is None:
        raise ValueError("no header of RFC 5424")
    fields: dict[str, Any] = {
        name: value.decode("ascii") for name, value in match.groupdict().items() if name != "text"
    }
    return fields | {"priority": int(fields["priority"]), "text": match["text"].decode("utf-8")}


def read_cef(line: str) -> tuple[dict[str, str], dict[str, str]]:
    """Header and values of a line, character by character as the format's description says.

    Raises:
        ValueError: it is not CEF.
    """
    if not line.startswith("CEF:"):
        raise ValueError("not CEF")
    header, rest = [], line[len("CEF:") :]
    for _ in _HEADER_FIELDS:
        field, rest = _header_field(rest)
        header.append(field)
    return dict(zip(_HEADER_FIELDS, header, strict=True)), _extension(rest)


def _header_field(text: str) -> tuple[str, str]:
    field, at = "", 0
    while text[at] != "|":  # an IndexError would be a header without its end
        if text[at] == "\\":
            at += 1
            if text[at] not in "\\|":
                raise ValueError("unknown escape in the header")
        elif text[at] in "\r\n":
            raise ValueError("line end in the header")
        field, at = field + text[at], at + 1
    return field, text[at + 1 :]


def _extension(text: str) -> dict[str, str]:
    """A key is the word before an `=` that is not escaped; its value ends before the blank before the next key."""
    places, at = [], 0
    while at < len(text):
        if text[at] == "=":
            places.append(at)
        at += 2 if text[at] == "\\" else 1
    starts = [text.rfind(" ", 0, place) + 1 for place in places]
    ends = [start - 1 for start in starts[1:]] + [len(text)]
    values = {}
    for start, place, end in zip(starts, places, ends, strict=True):
        key = text[start:place]
        if not key.isalnum() or key in values:
            raise ValueError("no key, or one that came before")
        values[key] = _unescaped(text[place + 1 : end])
    return values


def _unescaped(value: str) -> str:
    plain, at = "", 0
    while at < len(value):
        if value[at] in "\r\n":
            raise ValueError("line end in a value")
        if value[at] == "\\":
            at += 1
            plain += {"n": "\n", "r": "\r", "\\": "\\", "=": "="}[value[at]]
        else:
            plain += value[at]
        at += 1
    return plain
