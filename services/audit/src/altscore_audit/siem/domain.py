"""How an entry is written for a SIEM: JSON or CEF in a syslog message of RFC 5424, counted octets. No I/O, no clock."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from altscore_libs.instants import format_instant

from altscore_audit.chain.domain import CONFLICTING, FAILED_AUTH, UNLISTED, UNREADABLE, Link

Format = Literal["json", "cef"]
_LOG_AUDIT = 13  # RFC 5424, table 1
_WARNING, _NOTICE = 4, 5  # RFC 5424, table 2
_CEF_HIGH, _CEF_LOW = 7, 3
_LONGEST_MSGID = 32
SUSPICIOUS = frozenset(
    {
        *(FAILED_AUTH, UNREADABLE, CONFLICTING, UNLISTED),
        *("access_tampering_noticed", "consent_tampered", "identity_tampered", "identity_phone_conflict"),
        *("batch_refused", "consent_evidence_refused", "identity_lookups_refused", "seal_refused", "token_reused"),
        *("model_load_failed", "outbox_row_missing", "outbox_row_refused"),
    }
)
"""Actions that are written with a higher severity; what they mean is for the rules of the SIEM."""
_ESCAPED_IN_HEADER = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": " ", "\r": " "})
_ESCAPED_IN_VALUE = str.maketrans({"\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r"})


def json_text(link: Link) -> str:
    """The entry as one JSON object in ASCII; `payload` is the exact text that is hashed, so a SIEM can recompute it."""
    return json.dumps(
        {
            "chain": link.chain,
            "seq": link.seq,
            "prev_hash": link.prev_hash.hex(),
            "entry_hash": link.entry_hash.hex(),
            "event_id": str(link.event_id),
            "occurred_at": format_instant(link.occurred_at, "microseconds"),
            "recorded_at": format_instant(link.recorded_at, "microseconds"),
            "action": link.action,
            **_named(link),
            "payload": link.payload,
        }
    )


def cef_text(link: Link) -> str:
    """The entry in the Common Event Format; `msg` is the exact text that is hashed.

    Source: "Implementing ArcSight Common Event Format (CEF)", version 25: `\\` and `|` are escaped in the header,
    `\\`, `=` and line ends in values.
    """
    header = ("AltScore", "audit", "1", link.action, link.action.replace("_", " "), str(_cef_severity(link)))
    named = _named(link)
    values = {
        "externalId": str(link.event_id),
        "rt": str(int(link.occurred_at.timestamp() * 1_000)),
        "cat": link.chain,
        "cn1Label": "sequence",
        "cn1": str(link.seq),
        "cs1Label": "previousHash",
        "cs1": link.prev_hash.hex(),
        "cs2Label": "entryHash",
        "cs2": link.entry_hash.hex(),
        "cs3Label": "recordedAt",
        "cs3": format_instant(link.recorded_at, "microseconds"),
        "suser": named.get("actor"),
        "duser": named.get("subject"),
        "outcome": named.get("outcome"),
        "reason": named.get("reason"),
        "msg": link.payload,
    }
    return cef_line(header, values)


def cef_line(header: Sequence[str], values: Mapping[str, str | None]) -> str:
    """A line of CEF; values that are None or empty are left out."""
    head = "|".join(field.translate(_ESCAPED_IN_HEADER) for field in ("CEF:0", *header))
    extension = " ".join(f"{key}={value.translate(_ESCAPED_IN_VALUE)}" for key, value in values.items() if value)
    return f"{head}|{extension}"


def syslog_frame(link: Link, text: str, host: str) -> bytes:
    """A message of RFC 5424 behind the number of its octets (RFC 5425, RFC 6587 section 3.4.1).

    Args:
        link: of which time, action and severity are taken.
        text: what the message says.
        host: name of the sender, visible ASCII.
    """
    priority = _LOG_AUDIT * 8 + (_WARNING if link.action in SUSPICIOUS else _NOTICE)
    at = format_instant(link.occurred_at, "microseconds")
    header = f"<{priority}>1 {at} {host} altscore-audit - {link.action[:_LONGEST_MSGID]} - "
    # a lone surrogate of a foreign text has no UTF-8: the payload beside it says what it was
    message = header.encode("ascii") + text.encode("utf-8", "replace")
    return f"{len(message)} ".encode() + message


TEXTS: dict[Format, Callable[[Link], str]] = {"json": json_text, "cef": cef_text}


def _cef_severity(link: Link) -> int:
    return _CEF_HIGH if link.action in SUSPICIOUS else _CEF_LOW


def _named(link: Link) -> dict[str, str]:
    """Who did what to whom, where the payload says it."""
    try:
        fields: Any = json.loads(link.payload)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict):
        return {}
    names = ("producer", "actor", "subject", "outcome", "reason")
    return {name: fields[name] for name in names if isinstance(fields.get(name), str)}
