"""SMS, for when WhatsApp cannot: which messages, when, in which words, and what the gateway's answers mean. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from altscore_notification.domain import (
    GIVE_UP,
    OK,
    SERVER_ERROR,
    TOO_MANY,
    WITHHELD_CODE,
    Fate,
    Kind,
    Message,
    Verdict,
)

KINDS = frozenset({Kind.CONFIRMATION, Kind.WITHDRAWN})  # the notice of an invite does not fit an SMS
LANGUAGES = ("hi", "en")
LONGEST_VARIABLE = 30  # characters, DLT's limit in every script
UNREACHABLE = "131026"  # the number cannot be reached by WhatsApp; an opt-out (131050) is not that
_BINDING = frozenset({UNREACHABLE, str(WITHHELD_CODE)})  # WhatsApp need not, or must not, be asked soon again
_LENDERS = {"hi": "{} ऋणदाता", "en": "{} lender(s)"}
_DUPLICATE = "311"  # the same words to the same number within ten seconds: the first was taken
_HALTING_CODES = frozenset({"106", "201", "207", "301", "302", "303", "418"})  # key, balance, account, our address
_HALTING_STATUSES = frozenset({401, 402, 403})
_HALTING_WORDS = re.compile(r"auth ?key|authentication|unauthori[sz]ed|balance|credit|whitelist", re.IGNORECASE)
_TEMPLATE_WORDS = re.compile(r"template|flow", re.IGNORECASE)
_CODE = re.compile(r"[0-9]{3}")


def template_key(kind: Kind, language: str) -> str:
    """Under which name the settings hold a template's id."""
    return f"{kind.value}.{language}"


TEMPLATE_KEYS = frozenset(template_key(kind, language) for kind in KINDS for language in LANGUAGES)


def may_leave(message: Message) -> bool:
    """Whether this message may ever leave by SMS: its kind allows it and every variable keeps DLT's limit."""
    return message.kind in KINDS and all(len(one) <= LONGEST_VARIABLE for one in variables_of(message))


def falls_back(message: Message, verdict: Verdict, *, age: timedelta, after: timedelta) -> bool:
    """Whether a message that WhatsApp answered so leaves by SMS now.

    Args:
        message: what is to be said.
        verdict: of WhatsApp.
        age: since the message was made.
        after: how long WhatsApp has for itself.
    """
    if age >= GIVE_UP or not may_leave(message):
        return False
    return verdict.code == UNREACHABLE or (verdict.fate in (Fate.RETRY, Fate.HALT) and age >= after)


def binds(message: Message, verdict: Verdict) -> bool:
    """Whether WhatsApp's answer leaves SMS as the only way."""
    return verdict.code in _BINDING and may_leave(message)


def no_later(again: datetime, message: Message, *, now: datetime, turn_at: datetime) -> datetime:
    """The next try: at the moment when SMS may help, should the schedule lie beyond it."""
    return turn_at if may_leave(message) and now < turn_at < again else again


def joint(whatsapp: Verdict | None, sms: Verdict) -> Verdict:
    """What both answers together mean; without WhatsApp's, SMS is the only way and its answer decides.

    A refusal of the SMS never ends a message that WhatsApp may still take.
    """
    if whatsapp is None or sms.fate is Fate.SENT or (whatsapp.fate is Fate.HALT and sms.fate is Fate.HALT):
        return sms
    return Verdict(Fate.RETRY, f"{whatsapp.code}+{sms.code}", is_unknown=sms.is_unknown)


def variables_of(message: Message) -> tuple[str, ...]:
    """What fills the template: ids, names of lenders and a date; never free text, a shop's name or a phone.

    Raises:
        ValueError: this kind never leaves by SMS.
    """
    if message.kind is Kind.WITHDRAWN:
        return ()
    if message.kind is not Kind.CONFIRMATION:
        raise ValueError(f"{message.kind} never leaves by SMS")
    retailer_id, lenders, valid_until = message.parameters
    if len(lenders) > LONGEST_VARIABLE:
        lenders = _LENDERS[message.language].format(lenders.count(", ") + 1)
    return retailer_id, lenders, valid_until


def body_of_sms(message: Message, phone: str, template_ids: Mapping[str, str]) -> dict[str, Any]:
    """The request of MSG91's Flow API; the gateway knows which template is unicode."""
    variables = {f"VAR{number}": one for number, one in enumerate(variables_of(message), 1)}
    return {
        "template_id": template_ids[template_key(message.kind, message.language)],
        "short_url": "0",
        "recipients": [{"mobiles": phone.removeprefix("+"), **variables}],
    }


def judge_sms(status: int, body: Any) -> Verdict:
    """Reads an answer of the Flow API by its body: the gateway says "error" with HTTP 200 too.

    Nothing of the gateway's text is kept, since it may repeat the number.
    """
    given = body if isinstance(body, dict) else {}
    request_id, text = given.get("message"), _text(given)
    if status == OK and given.get("type") == "success" and isinstance(request_id, str) and request_id:
        return Verdict(Fate.SENT, "ok", request_id)
    code = _code(given)
    if code == _DUPLICATE:
        return Verdict(Fate.SENT, "ok")
    if code in _HALTING_CODES or status in _HALTING_STATUSES or _HALTING_WORDS.search(text):
        return Verdict(Fate.HALT, f"sms_{code or 'account'}")
    if status >= SERVER_ERROR or status == TOO_MANY or (status == OK and not text):
        return Verdict(Fate.RETRY, f"sms_http_{status}")
    return Verdict(Fate.FAILED, "sms_template" if _TEMPLATE_WORDS.search(text) else f"sms_{code or f'http_{status}'}")


def _text(given: Mapping[str, Any]) -> str:
    """The gateway's sentence in an error; it has two shapes of them."""
    if given.get("type") != "error" and given.get("hasError") is not True:
        return ""
    return next((one for name in ("message", "msg", "errors") if isinstance(one := given.get(name), str)), "error")


def _code(given: Mapping[str, Any]) -> str | None:
    found = (str(given.get(name, "")) for name in ("apiError", "code"))
    return next((one for one in found if _CODE.fullmatch(one)), None)
