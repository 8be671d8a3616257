"""What the person behind a phone does when a message arrives."""

from typing import Any

from simulators_whatsapp.delivery import Delivery
from simulators_whatsapp.world import Message, World

YES = {"hi": ("HAAN", "हाँ", "हां"), "en": ("Haan", "YES")}
NO = {"hi": ("NAHI", "नहीं"), "en": ("Nahi", "NO")}
UNCLEAR = ("ye kya hai?", "baad mein", "👍", "kaun bol raha hai", "haan ya nahi?")


def text(body: str) -> dict[str, Any]:
    """A typed answer."""
    return {"type": "text", "text": {"body": body}}


def button(payload: str, label: str) -> dict[str, Any]:
    """A tap on a template's quick reply."""
    return {"type": "button", "button": {"payload": payload, "text": label}}


def react(world: World, delivery: Delivery, message: Message) -> None:
    """Statuses for every message; an answer to an invite, by the person's habit."""
    chance = world.random
    delivery.status(0.05, message.wamid, message.to, "sent")
    delivery.status(chance.uniform(0.05, 0.4), message.wamid, message.to, "delivered")
    persona = world.persona(message.to)
    if persona["behaviour"] == "silent" or message.template != "consent_invite":
        return
    delivery.status(chance.uniform(0.1, 0.5), message.wamid, message.to, "read")
    content = answer(world, message, persona)
    delivery.inbound(chance.uniform(0.2, 1.5), message.to, content, in_reply_to=message.wamid)


def answer(world: World, message: Message, persona: dict[str, str]) -> dict[str, Any]:
    """The content of a person's answer to an invite: half of them tap, half of them type."""
    chance, behaviour = world.random, persona["behaviour"]
    if behaviour == "unclear":
        return text(chance.choice(UNCLEAR))
    words, place = (YES, 0) if behaviour == "haan" else (NO, 1)
    word = chance.choice(words.get(persona["language"], words["en"]))
    taps = len(message.payloads) > place and chance.random() < 0.5
    return button(message.payloads[place], word) if taps else text(word)
