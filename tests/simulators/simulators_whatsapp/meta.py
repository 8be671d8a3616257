"""The state of the simulated Meta: messages taken, limits, faults to order, and who answers what."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulators_whatsapp.people import People, Person
from simulators_whatsapp.rules import TITLES, OutgoingMessage, Refusal, check, new_wamid
from simulators_whatsapp.webhooks import Courier, Envelope

SAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("samples.json").read_text(encoding="utf-8"))
WINDOW_S = 86_400
PAIR_BURST, PAIR_SECONDS = 45, 6.0
ASKING = ("consent_invite", "consent_clarification", "consent_clarification_plain")


@dataclass
class AcceptedMessage:
    """A message that Meta accepted."""

    wamid: str
    sent_at: float
    to: str
    kind: str
    template: str | None
    language: str | None
    parameters: tuple[str, ...]
    payloads: tuple[str, ...]
    text: str | None
    callback: str | None = None
    status: str = "accepted"


@dataclass
class Faults:
    """Refusals and delays to order."""

    fail_next: int = 0
    code: int = 131000
    delay_s: float = 0.0


@dataclass
class Meta:
    """One business number, its messages and the people it writes to.

    Args:
        people: who answers how.
        courier: brings answers and statuses to the business.
        envelope: writes their bodies.
        rng: decides everything that is left to chance.
        stats: counters.
        think_s: shortest and longest time until somebody answers.
    """

    people: People
    courier: Courier
    envelope: Envelope
    rng: random.Random
    stats: Counter[str]
    think_s: tuple[float, float] = (0.05, 0.6)
    messages: list[AcceptedMessage] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    _wrote_at: dict[str, float] = field(default_factory=dict)
    _pairs: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _answered: set[tuple[str, str]] = field(default_factory=set)

    async def accept(self, body: Any) -> AcceptedMessage:
        """Takes a message, and sets in motion what follows.

        Raises:
            Refusal: the message is not taken.
        """
        if self.faults.delay_s:
            await asyncio.sleep(self.faults.delay_s)
        if self.faults.fail_next > 0:
            self.faults.fail_next -= 1
            raise Refusal(self.faults.code)
        to = body.get("to") if isinstance(body, dict) else None
        wrote = self._wrote_at.get(str(to).removeprefix("+"), 0.0)
        message = self._store(check(body, is_window_open=time.time() - wrote < WINDOW_S))
        self._follow_up(message)
        return message

    def _store(self, outgoing: OutgoingMessage) -> AcceptedMessage:
        now = time.time()
        recent = self._pairs[outgoing.to]
        while recent and recent[0] < now - PAIR_BURST * PAIR_SECONDS:
            recent.popleft()
        if len(recent) >= PAIR_BURST:
            raise Refusal(131056)
        recent.append(now)
        message = AcceptedMessage(wamid=new_wamid(outgoing.to), sent_at=now, **asdict(outgoing))
        self.messages.append(message)
        self.stats["accepted"] += 1
        self.stats[f"accepted_{message.template or 'text'}"] += 1
        return message

    def _follow_up(self, message: AcceptedMessage) -> None:
        person = self.people.get(message.to)
        if person.behaviour == "undeliverable":
            error = {"code": 131026, "title": TITLES[131026], "message": TITLES[131026]}
            message.status = "failed"
            failed = self.envelope.status(message.wamid, message.to, "failed", error, callback=message.callback)
            self.courier.deliver(failed, after_s=0.1)
            return
        statuses = ["sent", "delivered", "read"]
        if self.rng.random() < 0.2:
            self.rng.shuffle(statuses)  # Meta promises no order
        for index, status in enumerate(statuses):
            body = self.envelope.status(message.wamid, message.to, status, callback=message.callback)
            self.courier.deliver(body, after_s=0.02 + 0.03 * index)
        message.status = "read"
        if message.template in ASKING:
            self._answer(message, person)

    def _answer(self, message: AcceptedMessage, person: Person) -> None:
        """The person's own way to answer; an unclear one answers each kind of question once and then gives up."""
        if person.behaviour == "silent":
            return
        key = (message.to, message.template or "")
        is_first = key not in self._answered
        self._answered.add(key)
        if person.behaviour == "unclear":
            if message.template == "consent_invite" and is_first:
                self._deliver_reply(
                    message.to, person, {"type": "text", "text": {"body": self.rng.choice(person.answers())}}
                )
            return
        buttons = [message.payloads] if message.payloads else self._old_buttons(message.to)
        types_it = message.template == "consent_invite" and self.rng.random() < 0.25
        if types_it or not buttons:
            self._deliver_reply(
                message.to, person, {"type": "text", "text": {"body": self.rng.choice(person.answers())}}
            )
            return
        for yes, no in buttons:
            payload = yes if person.behaviour == "haan" else no
            self.tap(message.to, person, payload, context=message.wamid)

    def _old_buttons(self, phone: str) -> list[tuple[str, ...]]:
        """The buttons of invites still on the person's screen."""
        return [
            message.payloads
            for message in self.messages
            if message.to == phone and message.template == "consent_invite"
        ]

    def tap(self, phone: str, person: Person, payload: str, *, context: str | None = None) -> str:
        """A tap on a button; the same tap comes in two shapes."""
        if self.rng.random() < 0.8:
            content: dict[str, Any] = {"type": "button", "button": {"payload": payload, "text": "x"}}
        else:
            reply = {"type": "button_reply", "button_reply": {"id": payload, "title": "x"}}
            content = {"type": "interactive", "interactive": reply}
        if context is not None:
            content["context"] = {"from": "16505550100", "id": context}
        return self._deliver_reply(phone, person, content)

    def write(self, phone: str, text: str, *, context: str | None = None) -> str:
        """A text that somebody types now, without thinking, in reply to a message or to none; returns its id."""
        content: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if context is not None:
            content["context"] = {"from": "16505550100", "id": context}
        return self._deliver_reply(phone, self.people.get(phone), content, at_once=True)

    def edit(self, phone: str, wamid: str, text: str) -> str:
        """A person edits an earlier message of theirs; returns the id of the edit."""
        message = {"context": {"id": "M0"}, "type": "text", "text": {"body": text}}
        content = {"type": "edit", "edit": {"original_message_id": wamid, "message": message}}
        return self._deliver_reply(phone, self.people.get(phone), content, at_once=True)

    def delete(self, phone: str, wamid: str) -> str:
        """A person deletes an earlier message of theirs for everyone; returns the id of the deletion."""
        content = {"type": "revoke", "revoke": {"original_message_id": wamid}}
        return self._deliver_reply(phone, self.people.get(phone), content, at_once=True)

    def send_content(self, phone: str, content: dict[str, Any]) -> str:
        """A person sends a message of any type; returns its id."""
        return self._deliver_reply(phone, self.people.get(phone), content, at_once=True)

    def send_sample(self, phone: str, kind: str) -> str:
        """A person sends a message of a type as documented; returns its id.

        Raises:
            KeyError: there is no sample of the type.
        """
        content: dict[str, Any] = {"type": kind}
        if SAMPLES[kind] is not None:
            content[kind] = SAMPLES[kind]
        if kind == "unsupported":
            content["errors"] = [{"code": 131051, "title": "Message type unknown"}]
        return self.send_content(phone, content)

    def change_number(self, phone: str, new_phone: str) -> str:
        """A person moves to another number, by which the user id changes too; returns the id of the notice."""
        content = {
            "type": "user_changed_number",
            "body": f"User changed from {phone} to {new_phone}",
            "wa_id": new_phone,
            "user_id": self.envelope.user_id(new_phone),
            "previous_user_id": self.envelope.user_id(phone),
        }
        return self._deliver_notice(self.envelope.system(content, phone=phone))

    def change_user_id(self, phone: str) -> str:
        """A person's user id changes and no number is told; returns the id of the notice."""
        before, user_id = self.envelope.new_user_id(phone)
        content = {"type": "user_changed_user_id", "user_id": user_id, "previous_user_id": before}
        return self._deliver_notice(self.envelope.system(content, phone=None))

    def _deliver_notice(self, body: dict[str, Any]) -> str:
        self.stats["notices"] += 1
        self.courier.deliver(body)
        return str(body["entry"][0]["changes"][0]["value"]["messages"][0]["id"])

    def last_buttons(self, phone: str) -> tuple[str, ...]:
        """The buttons of the last question to this phone."""
        return next(
            (message.payloads for message in reversed(self.messages) if message.to == phone and message.payloads), ()
        )

    def _deliver_reply(self, phone: str, person: Person, content: dict[str, Any], *, at_once: bool = False) -> str:
        after_s = 0.0 if at_once else self.rng.uniform(*self.think_s)
        self._wrote_at[phone] = time.time() + after_s
        self.stats["answers"] += 1
        body = self.envelope.message(phone, person, content)
        self.courier.deliver(body, after_s=after_s)
        return str(body["entry"][0]["changes"][0]["value"]["messages"][0]["id"])
