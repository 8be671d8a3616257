"""SMS, for when WhatsApp cannot: which messages, when, with which variables, and what the responses mean."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from altscore_notification.messages.domain import (
    GIVE_UP,
    OK,
    SERVER_ERROR,
    TOO_MANY,
    Message,
    MessageKind,
    SendResult,
    SendStatus,
)
from altscore_notification.whatsapp.domain import UNREACHABLE_CODE, WITHHELD_CODE

KINDS = frozenset({MessageKind.CONFIRMATION, MessageKind.WITHDRAWN})  # the notice of an invite does not fit an SMS
LANGUAGES = ("hi", "en")
LONGEST_VARIABLE = 30  # characters, DLT's limit in every script
_UNREACHABLE = str(UNREACHABLE_CODE)
_SMS_ONLY = frozenset({_UNREACHABLE, str(WITHHELD_CODE)})  # WhatsApp need not, or must not, be asked soon again
_LENDERS = {"hi": "{} ऋणदाता", "en": "{} lender(s)"}
_DUPLICATE = "311"  # the same text to the same number within ten seconds: the first was taken
_HALTING_CODES = frozenset({"106", "201", "207", "301", "302", "303", "418"})  # key, balance, account, our address
_HALTING_STATUSES = frozenset({401, 402, 403})
_HALTING_TEXT = re.compile(r"auth ?key|authentication|unauthori[sz]ed|balance|credit|whitelist", re.IGNORECASE)
_TEMPLATE_TEXT = re.compile(r"template|flow", re.IGNORECASE)
_CODE = re.compile(r"[0-9]{3}")


def template_key(kind: MessageKind, language: str) -> str:
    """The name under which the settings hold a template's id."""
    return f"{kind.value}.{language}"


TEMPLATE_KEYS = frozenset(template_key(kind, language) for kind in KINDS for language in LANGUAGES)


def allows_sms(message: Message) -> bool:
    """Whether this message may ever be sent by SMS: its kind allows it and every variable keeps DLT's limit."""
    return message.kind in KINDS and all(len(item) <= LONGEST_VARIABLE for item in variables_of(message))


def falls_back_to_sms(message: Message, result: SendResult, *, age: timedelta, after: timedelta) -> bool:
    """Whether a message is sent by SMS now, after this result of WhatsApp.

    Args:
        message: to send.
        result: of WhatsApp.
        age: since the message was created.
        after: how long WhatsApp alone is tried.
    """
    if age >= GIVE_UP or not allows_sms(message):
        return False
    return result.code == _UNREACHABLE or (result.status in (SendStatus.RETRY, SendStatus.HALT) and age >= after)


def leaves_only_sms(message: Message, result: SendResult) -> bool:
    """Whether SMS is the only channel left after this result of WhatsApp."""
    return result.code in _SMS_ONLY and allows_sms(message)


def capped_at_sms_turn(scheduled_at: datetime, message: Message, *, now: datetime, sms_at: datetime) -> datetime:
    """The next attempt: when SMS becomes possible, should the schedule lie beyond that moment."""
    return sms_at if allows_sms(message) and now < sms_at < scheduled_at else scheduled_at


def combined_result(whatsapp: SendResult | None, sms: SendResult) -> SendResult:
    """What both results together mean; without WhatsApp's, SMS is the only channel and its result decides.

    A refused SMS never ends a message that WhatsApp may still take.
    """
    if (
        whatsapp is None
        or sms.status is SendStatus.SENT
        or (whatsapp.status is SendStatus.HALT and sms.status is SendStatus.HALT)
    ):
        return sms
    return SendResult(SendStatus.RETRY, f"{whatsapp.code}+{sms.code}", may_have_been_taken=sms.may_have_been_taken)


def variables_of(message: Message) -> tuple[str, ...]:
    """What fills the template: ids, names of lenders and a date; never free text, a shop's name or a phone.

    Raises:
        ValueError: this kind is never sent by SMS.
    """
    if message.kind is MessageKind.WITHDRAWN:
        return ()
    if message.kind is not MessageKind.CONFIRMATION:
        raise ValueError(f"{message.kind} is never sent by SMS")
    retailer_id, lenders, valid_until = message.parameters
    if len(lenders) > LONGEST_VARIABLE:
        lenders = _LENDERS[message.language].format(lenders.count(", ") + 1)
    return retailer_id, lenders, valid_until


def request_body(message: Message, phone: str, template_ids: Mapping[str, str]) -> dict[str, Any]:
    """The request of MSG91's Flow API; the gateway knows which template is unicode."""
    variables = {f"VAR{number}": item for number, item in enumerate(variables_of(message), 1)}
    return {
        "template_id": template_ids[template_key(message.kind, message.language)],
        "short_url": "0",
        "recipients": [{"mobiles": phone.removeprefix("+"), **variables}],
    }


def result_of_response(status: int, body: Any) -> SendResult:
    """Reads a response of the Flow API by its body: the gateway reports an error with HTTP 200 too.

    Nothing of the gateway's text is kept, since it may repeat the number.
    """
    response = body if isinstance(body, dict) else {}
    request_id, text = response.get("message"), _text(response)
    if status == OK and response.get("type") == "success" and isinstance(request_id, str) and request_id:
        return SendResult(SendStatus.SENT, "ok", request_id)
    code = _code(response)
    if code == _DUPLICATE:
        return SendResult(SendStatus.SENT, "ok")
    if code in _HALTING_CODES or status in _HALTING_STATUSES or _HALTING_TEXT.search(text):
        return SendResult(SendStatus.HALT, f"sms_{code or 'account'}")
    if status >= SERVER_ERROR or status == TOO_MANY or (status == OK and not text):
        return SendResult(SendStatus.RETRY, f"sms_http_{status}")
    return SendResult(
        SendStatus.FAILED, "sms_template" if _TEMPLATE_TEXT.search(text) else f"sms_{code or f'http_{status}'}"
    )


def _text(response: Mapping[str, Any]) -> str:
    """The gateway's sentence in an error; it has two shapes of them."""
    if response.get("type") != "error" and response.get("hasError") is not True:
        return ""
    return next((item for name in ("message", "msg", "errors") if isinstance(item := response.get(name), str)), "error")


def _code(response: Mapping[str, Any]) -> str | None:
    codes = (str(response.get(name, "")) for name in ("apiError", "code"))
    return next((item for item in codes if _CODE.fullmatch(item)), None)
