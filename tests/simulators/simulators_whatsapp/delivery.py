"""Webhooks leave signed over their raw bytes, are repeated now and then, and are retried until they get a 200."""

import asyncio
import hashlib
import hmac
import json
import ssl
import time
from typing import Any

import httpx

from simulators_whatsapp.world import World, new_wamid

REPEAT_SHARE = 0.05
TRIES = 8
AT_ONCE = 8
OK = 200


class Delivery:
    """Posts to the business's webhook.

    Args:
        world: for statistics and chance.
        url: of the webhook.
        app_secret: key of X-Hub-Signature-256.
        context: TLS trust.
        phone_number_id: of the business.
    """

    def __init__(self, world: World, url: str, app_secret: str, context: ssl.SSLContext, phone_number_id: str) -> None:
        self._world = world
        self._url = url
        self._secret = app_secret.encode()
        self._phone_number_id = phone_number_id
        self._http = httpx.AsyncClient(verify=context, timeout=10, trust_env=False)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def later(self, delay_s: float, value: dict[str, Any]) -> None:
        """Delivers one change after a while, sometimes twice."""
        times = 2 if self._world.random.random() < REPEAT_SHARE else 1
        for number in range(times):
            task = asyncio.create_task(self._deliver(delay_s + 0.3 * number, value))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _deliver(self, delay_s: float, value: dict[str, Any]) -> None:
        await asyncio.sleep(delay_s)
        change = {"field": "messages", "value": {"messaging_product": "whatsapp", **self._metadata(), **value}}
        body = {"object": "whatsapp_business_account", "entry": [{"id": "104500000000000", "changes": [change]}]}
        raw = json.dumps(
            body, ensure_ascii=True
        ).encode()  # \u escapes, as Meta sends them: the bytes are what is signed
        signature = "sha256=" + hmac.new(self._secret, raw, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": signature}
        for attempt in range(TRIES):
            async with self._slots:
                try:
                    answer = await self._http.post(self._url, content=raw, headers=headers)
                    status = answer.status_code
                except httpx.HTTPError:
                    status = 0
            self._world.count("webhook_ok" if status == OK else "webhook_retried")
            if status == OK:
                return
            await asyncio.sleep(min(0.25 * 2**attempt, 10.0))
        self._world.count("webhook_given_up")

    def _metadata(self) -> dict[str, Any]:
        return {"metadata": {"display_phone_number": "911140000000", "phone_number_id": self._phone_number_id}}

    def status(self, delay_s: float, wamid: str, phone: str, status: str) -> None:
        """A delivery status of a message of the business."""
        one = {"id": wamid, "status": status, "timestamp": str(int(time.time())), "recipient_id": phone}
        self.later(delay_s, {"statuses": [one]})

    def inbound(self, delay_s: float, phone: str, content: dict[str, Any], in_reply_to: str | None = None) -> str:
        """A message of a person; returns its id."""
        wamid = new_wamid(phone)
        self._world.last_inbound_at[phone] = time.time()
        message = {"from": phone, "id": wamid, "timestamp": str(int(time.time() + delay_s)), **content}
        if in_reply_to is not None:
            message["context"] = {"from": "911140000000", "id": in_reply_to}
        contact = {"profile": {"name": "Shop"}, "wa_id": phone, "user_id": f"IN.{phone[::-1]}"}
        self.later(delay_s, {"contacts": [contact], "messages": [message]})
        self._world.count("inbound")
        return wamid
