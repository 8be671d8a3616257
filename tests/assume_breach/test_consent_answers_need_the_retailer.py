"""Neither webhook's secrets nor notification's, nor the provider's alone, make a consent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from altscore_consent import settings as consent
from altscore_consent.invites.domain import Invite
from altscore_libs.testing import api_client
from altscore_notification import settings as notification
from altscore_webhook import settings as webhook
from fastapi import FastAPI

from services.consent.tests.conftest import (
    LENDERS,
    NOW,
    OTHER_CONTACT,
    PHONE,
    RETAILER,
    World,
    app,
    clock,
    database,
    pool,
    signer,
    template,
    world,
)
from services.consent.tests.test_app import signed_delivery, tap

__all__ = ["app", "clock", "database", "pool", "signer", "template", "world"]
SENT_AT = NOW - timedelta(seconds=5)
TYPED = {"type": "text", "text": {"body": "HAAN"}}


async def report(app: FastAPI, invite: Invite, delivery: Any, *, sent_at: datetime = SENT_AT) -> tuple[int, str]:
    """What webhook's certificate reports of an invite, and what consent says."""
    body = {
        "retailer_id": invite.retailer_id,
        "invite_id": invite.invite_id,
        "distributor_id": invite.distributor_id,
        "contact_ref": invite.contact_ref,
        "lender_scope": list(invite.lender_scope),
        "purpose": invite.purpose,
        "consent_channel": "whatsapp",
        "wa_message_id": f"{int(sent_at.timestamp()):064x}",
        "sent_at": sent_at.isoformat(),
        "delivery": delivery,
    }
    async with api_client(app, "webhook") as client:
        response = await client.post("/v1/consent/grant", json=body)
    return response.status_code, response.json().get("code", "")


async def token_of(world: World, invite: Invite, name: str = "consent.invited") -> str:
    """The newest token that notification was given for an invite."""
    tokens = [data["reply_token"] for _, data in await world.events(name) if data["invite_id"] == invite.invite_id]
    return str(tokens[-1])


async def nothing_is_signed(world: World) -> bool:
    return not await world.is_consented() and await world.pool.fetchval("SELECT count(*) FROM consent_records") == 0


async def test_webhooks_certificate_alone_makes_no_consent(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    payload = tap(f"CONSENT_YES:{invite.invite_id}:{await token_of(world, invite)}")
    assert (await report(app, invite, None))[0] == 400
    for secret in ("", "guessed", "another-app-secret"):
        forged = signed_delivery(payload, SENT_AT, secret)
        assert await report(app, invite, forged) == (403, "EVIDENCE_INVALID")
    assert await nothing_is_signed(world)
    assert [entry["reason"] for entry in await world.audits("consent_evidence_refused")] == ["signature"] * 3


async def test_webhooks_worker_makes_no_consent_of_a_genuine_message_of_somebody_else(
    world: World, app: FastAPI
) -> None:
    """It has every stored delivery: an answer typed by its own phone, and a tap on its own invite."""
    victim, own = await world.invite(), await world.invite("ret_00000000000000aa")
    of_own = tap(f"CONSENT_YES:{own.invite_id}:{await token_of(world, own)}")
    mixed = tap(f"CONSENT_YES:{victim.invite_id}:{await token_of(world, own)}")
    world.vault.contacts["919876543210"] = {"ret_00000000000000aa": OTHER_CONTACT}
    of_its_phone = TYPED | {"from": "919876543210"}
    assert await report(app, victim, signed_delivery(of_its_phone, SENT_AT)) == (409, "CONFIRMATION_NEEDED")
    assert await report(app, victim, signed_delivery(of_own, SENT_AT)) == (403, "EVIDENCE_INVALID")
    assert await report(app, victim, signed_delivery(mixed, SENT_AT)) == (403, "EVIDENCE_INVALID")
    assert await nothing_is_signed(world)
    assert [entry["reason"] for entry in await world.audits("consent_evidence_refused")] == ["invite"]


GENUINE = {
    "a greeting": {"type": "text", "text": {"body": "hello"}},
    "an edited HAAN": {"type": "edit", "edit": {"message": TYPED}},
    "a HAAN of before the invite": {**TYPED, "timestamp": str(int(SENT_AT.timestamp()) - 3600)},
    "a HAAN that was passed on": {**TYPED, "context": {"forwarded": True}},
    "a HAAN of another phone of the retailer": {**TYPED, "from": "919876543210"},
    "a HAAN without a number": {**TYPED, "from": None, "from_user_id": "IN.1"},
}


@pytest.mark.parametrize("message", GENUINE.values(), ids=GENUINE.keys())
async def test_webhooks_worker_makes_no_consent_of_another_genuine_message_of_the_retailer(
    world: World, app: FastAPI, message: dict[str, Any]
) -> None:
    """It chooses what to report, as what and for which invite; what the message says is read by consent."""
    world.clock.advance(seconds=-60)
    invite = await world.invite()
    world.clock.advance(seconds=60)
    world.vault.contacts["919876543210"] = {RETAILER: OTHER_CONTACT}
    status, _ = await report(app, invite, signed_delivery(message, SENT_AT))
    assert status in (403, 409)
    assert await nothing_is_signed(world)
    assert await report(app, invite, signed_delivery(TYPED, SENT_AT)) == (200, "")


async def test_a_haan_to_one_invite_is_no_evidence_for_the_next(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    world.clock.advance(seconds=60)
    genuine = signed_delivery(TYPED, NOW + timedelta(seconds=5))
    assert (await report(app, invite, genuine, sent_at=NOW + timedelta(seconds=5)))[0] == 200
    later = await world.invite(purpose="trade_credit")
    again = await report(app, later, genuine, sent_at=NOW + timedelta(seconds=4))
    assert again == (409, "CONFIRMATION_NEEDED")
    assert not await world.is_consented(purpose="trade_credit")


async def test_webhooks_certificate_without_the_providers_secret_types_no_haan(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    for secret in ("", "guessed"):
        assert await report(app, invite, signed_delivery(TYPED, NOW, secret)) == (403, "EVIDENCE_INVALID")
    assert world.vault.questions == 0
    assert await nothing_is_signed(world)


async def test_what_is_left_to_webhooks_api_is_a_haan_that_the_retailer_learns_of_and_ends(
    world: World, app: FastAPI
) -> None:
    """It holds the provider's secret: it can type a HAAN for a phone that it knows, and for which an invite is open."""
    invite = await world.invite()
    assert await report(app, invite, signed_delivery(TYPED | {"from": PHONE}, NOW), sent_at=NOW) == (200, "")
    announced = [(name, data["contact_ref"]) for name, data in await world.events("consent.granted")]
    assert announced == [("consent.granted", invite.contact_ref)]
    world.clock.advance(seconds=1)
    assert (await world.nahi(world.clock.now())).revoked
    assert not await world.is_consented()


async def test_a_changed_byte_place_or_time_of_a_genuine_tap_makes_no_consent(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    genuine = signed_delivery(tap(f"CONSENT_YES:{invite.invite_id}:{await token_of(world, invite)}"), SENT_AT)
    body = genuine["body"]
    changed = genuine | {"body": body[:-8] + ("B" if body[-8] == "A" else "A") + body[-7:]}
    assert await report(app, invite, changed) == (403, "EVIDENCE_INVALID")
    assert await report(app, invite, genuine | {"place": [0, 0, 1]}) == (403, "EVIDENCE_INVALID")
    later = SENT_AT + timedelta(seconds=1)
    assert await report(app, invite, genuine, sent_at=later) == (403, "EVIDENCE_INVALID")
    assert await nothing_is_signed(world)
    assert (await report(app, invite, genuine))[0] == 200


async def test_the_providers_secret_without_the_invites_token_makes_no_consent_and_raises_the_alarm(
    world: World, app: FastAPI
) -> None:
    """The webhook's API: it can sign whatever it likes in the provider's name, and reads every invite."""
    invite = await world.invite()
    for payload in (f"CONSENT_YES:{invite.invite_id}", "CONSENT_YES"):
        assert await report(app, invite, signed_delivery(tap(payload), SENT_AT)) == (409, "CONFIRMATION_NEEDED")
    guessed = tap(f"CONSENT_YES:{invite.invite_id}:{'0' * 32}")
    assert await report(app, invite, signed_delivery(guessed, SENT_AT)) == (403, "EVIDENCE_INVALID")
    assert await nothing_is_signed(world)
    assert [entry["subject"] for entry in await world.audits("consent_tampered")] == [RETAILER]


async def test_a_token_that_came_back_once_is_of_no_use_after_the_retailers_nahi(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    seen = tap(f"CONSENT_YES:{invite.invite_id}:{await token_of(world, invite)}")
    assert (await report(app, invite, signed_delivery(seen, SENT_AT)))[0] == 200
    world.clock.advance(seconds=10)
    await world.nahi(world.clock.now())
    world.clock.advance(seconds=10)
    again = world.clock.now()
    assert await report(app, invite, signed_delivery(seen, again), sent_at=again) == (409, "CONFIRMATION_NEEDED")
    assert not await world.is_consented()


async def test_notifications_secrets_alone_make_no_consent(world: World, app: FastAPI) -> None:
    """It knows every token and phone; its certificate passes no route, and it cannot sign in the provider's name."""
    invite = await world.invite()
    forged = signed_delivery(tap(f"CONSENT_YES:{invite.invite_id}:{await token_of(world, invite)}"), SENT_AT, "token")
    async with api_client(app, "notification") as client:
        assert (await client.post("/v1/consent/grant", json={})).status_code == 403
    assert await report(app, invite, forged) == (403, "EVIDENCE_INVALID")
    assert await report(app, invite, signed_delivery(TYPED, SENT_AT, "token")) == (403, "EVIDENCE_INVALID")
    assert await nothing_is_signed(world)


def test_only_webhooks_api_and_consents_api_are_given_the_providers_secret() -> None:
    holders = {
        f"{module.__name__.split('.')[0]}.{name}"
        for module in (consent, notification, webhook)
        for name, settings in vars(module).items()
        if any("app_secret" in field for field in getattr(settings, "model_fields", ()))
    }
    assert holders == {"altscore_consent.ApiSettings", "altscore_webhook.ApiSettings"}


@pytest.mark.parametrize("signed_with", [None, "guessed"])
async def test_webhooks_certificate_alone_ends_no_consent(world: World, app: FastAPI, signed_with: str | None) -> None:
    await world.granted()
    body: dict[str, Any] = {"retailer_id": RETAILER, "reason": "retailer_request", "sent_at": NOW.isoformat()}
    if signed_with is not None:
        body["delivery"] = signed_delivery({"type": "text", "text": {"body": "NAHI"}}, NOW, signed_with)
    async with api_client(app, "webhook") as client:
        response = await client.post("/v1/consent/revoke", json=body)
    assert (response.status_code, response.json()["code"]) == (403, "EVIDENCE_INVALID")
    assert await world.is_consented(LENDERS[0])


async def test_neither_phone_nor_body_of_a_delivery_stays_in_the_database_or_the_log(
    world: World, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    invite = await world.invite()
    token = await token_of(world, invite)
    for secret in ("guessed", None):
        payload = tap(f"CONSENT_YES:{invite.invite_id}:{token}")
        await report(app, invite, signed_delivery(payload, SENT_AT, *([secret] if secret else [])))
    tables = ("invites", "consent_records", "consent_state", "retailer_ledger", "tampered_records")
    stored = "".join([str(await world.pool.fetch(f"SELECT * FROM {table}")) for table in tables])
    stored += str(await world.pool.fetch("SELECT name, key, payload FROM outbox"))
    assert await world.is_consented()
    for trace in ("919812345678", "wamid.1", b"919812345678".hex()):
        assert trace not in stored + caplog.text
