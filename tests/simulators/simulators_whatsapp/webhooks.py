"""Deliveries to the business: bodies as Meta writes them, signed over raw bytes, repeated until answered with 200."""

import asyncio
import hashlib
import hmac
import json
import random
import ssl
import time
from collections import Counter
from typing import Any

import httpx

from simulators_whatsapp.people import Person
from simulators_whatsapp.rules import new_wamid

FIRST_WAIT_S, LONGEST_WAIT_S, GIVE_UP_S = 0.5, 60.0, 7 * 86_400


def encode(body: Any) -> bytes:
    """JSON with \\u escapes and escaped slashes, as Meta sends it."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def signature(raw: bytes, app_secret: str) -> str:
    """X-Hub-Signature-256."""
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


class Envelope:
    """Bodies of one business number."""

    def __init__(self, phone_number_id: str) -> None:
        self._metadata = {"display_phone_number": "16505550100", "phone_number_id": phone_number_id}
        self._ids_before: Counter[str] = Counter()

    def user_id(self, phone: str) -> str:
        """The business-scoped id of the person behind a phone; another one after each change."""
        return "IN." + hashlib.sha256(f"{phone}{'+' * self._ids_before[phone]}".encode()).hexdigest()[:20]

    def new_user_id(self, phone: str) -> tuple[str, str]:
        """Gives the person another user id; returns the one before and the new one."""
        before = self.user_id(phone)
        self._ids_before[phone] += 1
        return before, self.user_id(phone)

    def system(self, content: dict[str, Any], *, phone: str | None) -> dict[str, Any]:
        """A delivery of a system message, which has no contacts; `phone` is the number before, where it is told."""
        message = {
            "id": new_wamid(phone or "0"),
            "timestamp": str(int(time.time())),
            "type": "system",
            "system": content,
        }
        return self.wrap(messages=[message if phone is None else message | {"from": phone}])

    def wrap(self, **value: Any) -> dict[str, Any]:
        """A delivery with these parts of `value`."""
        whole = {"messaging_product": "whatsapp", "metadata": self._metadata, **value}
        change = {"value": whole, "field": "messages"}
        return {"object": "whatsapp_business_account", "entry": [{"id": "200000000000002", "changes": [change]}]}

    def message(self, phone: str, person: Person, content: dict[str, Any]) -> dict[str, Any]:
        """A delivery of something that a person wrote or tapped."""
        user_id = self.user_id(phone)
        contact: dict[str, Any] = {"profile": {"name": "Shop"}, "user_id": user_id}
        message = {"id": new_wamid(phone), "timestamp": str(int(time.time())), "from_user_id": user_id, **content}
        if not person.hides_phone:
            contact["wa_id"] = phone
            message["from"] = phone
        return self.wrap(contacts=[contact], messages=[message])

    def status(
        self,
        wamid: str,
        phone: str,
        status: str,
        error: dict[str, Any] | None = None,
        *,
        callback: str | None = None,
    ) -> dict[str, Any]:
        """A delivery of a status; what the sender put beside the message comes back with it."""
        item: dict[str, Any] = {
            "id": wamid,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": phone,
            "recipient_user_id": self.user_id(phone),
        }
        if callback is not None:
            item["biz_opaque_callback_data"] = callback
        if error is not None:
            item["errors"] = [error]
        contact = {"profile": {"name": "Shop"}, "wa_id": phone, "user_id": self.user_id(phone)}
        return self.wrap(contacts=[contact], statuses=[item])


def mixed_with_unknown(body: dict[str, Any]) -> dict[str, Any]:
    """The same delivery with a field that did not exist yesterday."""
    body["entry"][0]["changes"].append({"field": "some_field_added_later", "value": {"event": "future"}})
    body["entry"][0]["new_key"] = 1
    return body


class Courier:
    """Brings deliveries to the webhook, at least once and in no particular order.

    Args:
        url: of the webhook; None keeps everything here.
        app_secret: signs.
        ca_file: authority of the webhook's certificate.
        rng: decides on repeats and oddities.
        stats: counters shared with the control API.
    """

    def __init__(
        self, url: str | None, app_secret: str, ca_file: str | None, *, rng: random.Random, stats: Counter[str]
    ) -> None:
        self._url = url
        self._secret = app_secret
        self._rng = rng
        self._stats = stats
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(8)
        context = ssl.create_default_context(cafile=ca_file) if ca_file else ssl.create_default_context()
        self._client = httpx.AsyncClient(verify=context, timeout=10, trust_env=False)

    def deliver(self, body: dict[str, Any], *, after_s: float = 0.0) -> None:
        """Sends a delivery in the background; one in ten comes twice, one in twenty holds something unknown."""
        if self._rng.random() < 0.05:
            body = mixed_with_unknown(body)
        raw = encode(body)
        copies = 2 if self._rng.random() < 0.1 else 1
        for copy in range(copies):
            self._stats["repeated"] += copy
            task = asyncio.create_task(self._deliver_until_taken(raw, after_s + copy * self._rng.uniform(0.05, 1.0)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @property
    def on_the_way(self) -> int:
        """Deliveries that the webhook has not taken yet."""
        return len(self._tasks)

    async def _deliver_until_taken(self, raw: bytes, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._url is None:
            return
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(raw, self._secret)}
        wait_s, started = FIRST_WAIT_S, time.monotonic()
        while time.monotonic() - started < GIVE_UP_S:
            if await self._try(raw, headers):
                self._stats["delivered"] += 1
                return
            self._stats["retried"] += 1
            await asyncio.sleep(wait_s * self._rng.uniform(0.8, 1.2))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _try(self, raw: bytes, headers: dict[str, str]) -> bool:
        async with self._slots:
            try:
                response = await self._client.post(self._url or "", content=raw, headers=headers)
            except httpx.HTTPError:
                return False
        return response.status_code == httpx.codes.OK

    async def handshake(self, verify_token: str) -> bool:
        """Asks the webhook whether it is the business's, as Meta does when the address is entered."""
        params = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": "1158201444"}
        try:
            response = await self._client.get(self._url or "", params=params)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK and response.text == "1158201444"

    async def close(self) -> None:
        """Drops what is still on its way."""
        for task in list(self._tasks):
            task.cancel()
        await self._client.aclose()
