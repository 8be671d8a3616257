"""What Meta checks before it takes a message, and what its answers look like."""

import base64
import json
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TEMPLATES: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("templates.json").read_text(encoding="utf-8")
)
LONGEST_BODY = 1024
LONGEST_CALLBACK = 512
_UNFIT = re.compile(r"[\n\t]| {5,}")
_PHONE = re.compile(r"\+?[0-9]{6,15}")
TITLES = {
    4: "Application request limit reached",
    100: "Invalid parameter",
    190: "Error validating access token",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131016: "Service unavailable",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Template parameter count mismatch",
    132001: "Template does not exist",
    132005: "Translated text too long",
    132018: "Template parameter format mismatch",
}
_STATUS = {190: 401, 131000: 500, 131016: 503, 130429: 429, 132001: 404}


@dataclass(frozen=True)
class Refusal(Exception):  # Meta calls it "error"; here it is a response
    """A message that Meta does not take."""

    code: int
    details: str = ""

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return _STATUS.get(self.code, 400)

    def body(self) -> dict[str, Any]:
        """Meta's error body."""
        message = f"(#{self.code}) {TITLES.get(self.code, 'Error')}"
        data = {"messaging_product": "whatsapp", "details": self.details or TITLES.get(self.code, "")}
        return {
            "error": {
                "message": message,
                "type": "OAuthException",
                "code": self.code,
                "error_data": data,
                "fbtrace_id": secrets.token_urlsafe(17),
            }
        }


@dataclass(frozen=True)
class OutgoingMessage:
    """A message that passed the checks."""

    to: str
    kind: str
    template: str | None = None
    language: str | None = None
    parameters: tuple[str, ...] = ()
    payloads: tuple[str, ...] = ()
    text: str | None = None
    callback: str | None = None


def check(body: Any, *, is_window_open: bool) -> OutgoingMessage:
    """The message in a request.

    Args:
        body: of POST /{version}/{phone_number_id}/messages.
        is_window_open: whether the person wrote within 24 hours, as free text needs.

    Raises:
        Refusal: as Meta would.
    """
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise Refusal(100, "messaging_product is required")
    to = body.get("to")
    if not isinstance(to, str) or not _PHONE.fullmatch(to):
        raise Refusal(100, "to is no phone number")
    phone = to.removeprefix("+")
    if body.get("type", "text") == "text":
        text = body.get("text", {}).get("body") if isinstance(body.get("text"), dict) else None
        if not isinstance(text, str) or not text:
            raise Refusal(100, "text is required")
        if not is_window_open:
            raise Refusal(131047, "More than 24 hours since the customer last replied.")
        return OutgoingMessage(phone, "text", text=text)
    if body.get("type") != "template":
        raise Refusal(100, "this simulator takes text and templates")
    callback = body.get("biz_opaque_callback_data")
    if callback is not None and (not isinstance(callback, str) or len(callback) > LONGEST_CALLBACK):
        raise Refusal(100, "biz_opaque_callback_data is no text of that length")
    return replace(_template(phone, body.get("template")), callback=callback)


def _template(phone: str, template: Any) -> OutgoingMessage:
    name = template.get("name") if isinstance(template, dict) else None
    known = TEMPLATES.get(name) if isinstance(name, str) else None
    language = template.get("language", {}).get("code") if isinstance(template, dict) else None
    if known is None or language not in known["languages"]:
        raise Refusal(132001, "Name or language not found.")
    components = template.get("components") or []
    texts = [item["text"] for part in components if part.get("type") == "body" for item in part["parameters"]]
    buttons = [
        part["parameters"][0]["payload"]
        for part in sorted(
            (item for item in components if item.get("type") == "button"), key=lambda item: item["index"]
        )
    ]
    if len(texts) != known["parameters"] or len(buttons) != known["buttons"]:
        raise Refusal(132000, "Number of parameters does not match.")
    if any(not text or _UNFIT.search(text) for text in texts):
        raise Refusal(132018, "A parameter is empty, or holds line breaks, tabs or more than four spaces.")
    if sum(map(len, texts)) > LONGEST_BODY:
        raise Refusal(132005, "Translated text too long.")
    return OutgoingMessage(
        phone,
        "template",
        template=str(name),
        language=str(language),
        parameters=tuple(texts),
        payloads=tuple(buttons),
    )


def new_wamid(phone: str) -> str:
    """A message id as Meta makes them: base64 around the phone number."""
    mark = secrets.token_hex(10).upper().encode()
    raw = b"\x1c\x18" + bytes([len(phone)]) + phone.encode() + b"\x15\x02\x00\x12\x18\x14" + mark + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()
