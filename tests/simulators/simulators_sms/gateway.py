"""What the gateway checks before it takes an SMS, what it took, and the faults that can be ordered."""

import asyncio
import json
import re
import secrets
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEMPLATES: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("templates.json").read_text(encoding="utf-8")
)
FAULTS = ("refuse", "hang", "error", "key", "balance")
LONGEST_VARIABLE = 30
HANG_S = 3600.0
_VARIABLE = re.compile(r"##(VAR[0-9]+)##")
_MOBILE = re.compile(r"91[6-9][0-9]{9}")


@dataclass(frozen=True)
class Refusal(Exception):  # the gateway calls it "error"; here it is a response
    """A request that is not taken; most refusals come with HTTP 200, as the real gateway does it."""

    message: str
    code: str | None = None
    status: int = 200

    def body(self) -> dict[str, str]:
        """The gateway's error body."""
        body = {"type": "error", "message": self.message}
        return body if self.code is None else body | {"code": self.code}


@dataclass
class AcceptedSms:
    """An SMS that was accepted; `scrubbed` by the operators when a variable is longer than DLT allows."""

    request_id: str
    to: str
    template: str
    variables: dict[str, str]
    text: str
    status: str


@dataclass
class Fault:
    """A fault of the next requests."""

    mode: str | None = None
    left: int = 0


@dataclass
class Gateway:
    """One account.

    Args:
        authkey: that callers must show.
    """

    authkey: str
    messages: list[AcceptedSms] = field(default_factory=list)
    stats: Counter[str] = field(default_factory=Counter)
    fault: Fault = field(default_factory=Fault)

    async def accept(self, authkey: str, body: Any) -> str:
        """Takes a request for one or more numbers; returns its id.

        Raises:
            Refusal: it is not taken.
        """
        await self._fail_as_ordered()
        if not authkey:
            raise Refusal("Auth Key missing")
        template_id, recipients = _read(body)  # the template is checked before the key
        if not secrets.compare_digest(authkey.encode(), self.authkey.encode()):
            raise Refusal("Authentication failure", "207", 401)
        request_id = secrets.token_hex(12)
        self.messages += [_fill(request_id, template_id, item) for item in recipients]
        self.stats["accepted"] += len(recipients)
        return request_id

    async def _fail_as_ordered(self) -> None:
        if self.fault.left <= 0:
            return
        self.fault.left -= 1
        if self.fault.mode == "hang":
            await asyncio.sleep(HANG_S)
        raise {
            "error": Refusal("Internal Server Error", None, 503),
            "key": Refusal("Authentication failure", "207", 401),
            "balance": Refusal("Insufficient balance", "301"),
        }.get(str(self.fault.mode), Refusal("Template not approved"))


def _read(body: Any) -> tuple[str, list[dict[str, str]]]:
    request = body if isinstance(body, dict) else {}
    template_id, recipients = request.get("template_id"), request.get("recipients")
    if template_id not in TEMPLATES:
        raise Refusal("The provided flow ID or template ID is invalid.")
    if not isinstance(recipients, list) or not recipients:
        raise Refusal("Missing mobile number", "101")
    for recipient in recipients:
        if not isinstance(recipient, dict) or not _MOBILE.fullmatch(str(recipient.get("mobiles"))):
            raise Refusal("Invalid mobile number", "202")
    return str(template_id), recipients


def _fill(request_id: str, template_id: str, recipient: dict[str, str]) -> AcceptedSms:
    template = TEMPLATES[template_id]
    variables = {name: str(recipient.get(name, "")) for name in _VARIABLE.findall(template["text"])}
    text = _VARIABLE.sub(lambda match: variables[match[1]], template["text"])
    fits = all(0 < len(value) <= LONGEST_VARIABLE for value in variables.values())
    return AcceptedSms(
        request_id=request_id,
        to=recipient["mobiles"],
        template=template["name"],
        variables=variables,
        text=text,
        status="delivered" if fits else "scrubbed",
    )
