"""The Cloud API's request for a message, and what its responses mean."""

from datetime import timedelta
from typing import Any

from altscore_notification.messages.domain import (
    OK,
    SERVER_ERROR,
    TOO_MANY,
    Message,
    MessageKind,
    SendResult,
    SendStatus,
)

WITHHELD_WAIT = timedelta(hours=6)
RETRIED_CODES = frozenset({4, 80007, 130429, 131000, 131016, 131056})
WITHHELD_CODE = 131049  # Meta holds the message back "to maintain healthy engagement": not at once
HALTING_CODES = frozenset({190, 131031, 131042})  # token, account or payment: nothing can be sent
UNREACHABLE_CODE = 131026  # the number cannot be reached by WhatsApp; an opt-out (131050) is not that
WITH_BUTTONS = frozenset({MessageKind.INVITE, MessageKind.CLARIFICATION})


def request_body(message: Message, phone: str) -> dict[str, Any]:
    """The request of POST /{version}/{phone_number_id}/messages."""
    components: list[dict[str, Any]] = []
    if message.parameters:
        texts = [{"type": "text", "text": item} for item in message.parameters]
        components.append({"type": "body", "parameters": texts})
    if message.kind in WITH_BUTTONS:
        for index, answer in enumerate(("YES", "NO")):
            token = f":{message.reply_token}" if answer == "YES" and message.reply_token is not None else ""
            payload = {"type": "payload", "payload": f"CONSENT_{answer}:{message.invite_id}{token}"}
            components.append(
                {"type": "button", "sub_type": "quick_reply", "index": str(index), "parameters": [payload]}
            )
    template = {"name": message.kind.value, "language": {"code": message.language}, "components": components}
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": phone,
        "type": "template",
        "template": template,
    }
    # It comes back with every status of the message, by which the webhook learns which invite a reply to it means,
    # and whose phone it is, so that an erasure of the retailer finds it.
    callback = ".".join(filter(None, (message.invite_id, message.retailer_id)))
    return body | {"biz_opaque_callback_data": callback}


def result_of_response(status: int, body: Any) -> SendResult:
    """Reads a response of the Cloud API by error.code; the HTTP status varies and decides only where there is none."""
    if status == OK and (provider_id := _provider_id(body)) is not None:
        return SendResult(SendStatus.SENT, "ok", provider_id)
    code = _code(body)
    if code is None:
        is_transient = status >= SERVER_ERROR or status in (OK, TOO_MANY)
        return SendResult(SendStatus.RETRY if is_transient else SendStatus.FAILED, f"http_{status}")
    if code in HALTING_CODES:
        return SendResult(SendStatus.HALT, str(code))
    if code == WITHHELD_CODE:
        return SendResult(SendStatus.RETRY, str(code), min_wait=WITHHELD_WAIT)
    return SendResult(SendStatus.RETRY if code in RETRIED_CODES else SendStatus.FAILED, str(code))


def _provider_id(body: Any) -> str | None:
    messages = body.get("messages") if isinstance(body, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    message_id = first.get("id") if isinstance(first, dict) else None
    return message_id if isinstance(message_id, str) and message_id else None


def _code(body: Any) -> int | None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None
