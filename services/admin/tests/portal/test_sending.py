"""Codes reach the phone and the mailbox of their person, over real connections that may hang, refuse or be cut."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_admin.portal.codes import senders
from altscore_admin.portal.codes.senders import CodeSender, NotSent, SmsCodeSender, SmtpCodeSender
from altscore_admin.portal.codes.worker import CodeDispatcher, PortalRetention
from altscore_libs.testing import self_signed, silent_server, wait_until_listening
from altscore_libs.testing_postgres import free_port
from pydantic import SecretStr

from .conftest import EMAILS, KEYS, NORTH, PHONES, Portal

SIMULATORS = Path(__file__).parents[4] / "tests/simulators"
TEMPLATES = {"portal_code.hi": "665f1c0ad6fc0500000000c1", "portal_code.en": "665f1c0ad6fc0500000000c2"}


@dataclass
class MailServer:
    """A running mail server."""

    port: int
    control: httpx.Client
    ca_file: Path

    def sender(self, **change: Any) -> SmtpCodeSender:
        options: dict[str, Any] = {"sender": "portal@altscore.test", "ca_file": self.ca_file} | change
        return SmtpCodeSender("127.0.0.1", self.port, **options)

    def mode(self, mode: str) -> None:
        self.control.post("/sim/mode", json={"mode": mode}).raise_for_status()

    def messages(self) -> list[dict[str, str]]:
        result: list[dict[str, str]] = self.control.get("/sim/messages").json()["messages"]
        return result


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """The simulator as a process."""
    cert, key = self_signed(tmp_path_factory.mktemp("mail"))
    port, control_port = free_port(), free_port()
    arguments = ["--port", str(port), "--control-port", str(control_port), "--cert", str(cert), "--key", str(key)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_smtp", *arguments], env=os.environ | {"PYTHONPATH": str(SIMULATORS)}
    )
    try:
        wait_until_listening([port, control_port])
        with httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False) as control:
            yield MailServer(port, control, cert)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def mail(running: MailServer) -> MailServer:
    """The server without messages."""
    running.control.post("/sim/reset").raise_for_status()
    return running


class Gateway:
    """An SMS gateway's answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: list[httpx.Response] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append({"key": request.headers["authkey"]} | json.loads(request.content))
        return self.answers.pop(0) if self.answers else httpx.Response(200, json={"type": "success", "message": "1"})

    def sender(self) -> SmsCodeSender:
        return SmsCodeSender(
            "https://sms.test",
            authkey=SecretStr("key"),
            template_ids=TEMPLATES,
            transport=httpx.MockTransport(self),
        )


def dispatcher(portal: Portal, mail: MailServer, gateway: Gateway) -> CodeDispatcher:
    """What sends, with both channels."""
    channels: dict[str, CodeSender] = {"email": mail.sender(), "sms": gateway.sender()}
    return CodeDispatcher(pool=portal.pool, clock=portal.clock, keys=KEYS, senders=channels)


async def waiting(portal: Portal) -> int:
    """Codes that wait."""
    return int(await portal.pool.fetchval("SELECT count(*) FROM outgoing_code"))


async def test_the_codes_that_arrive_sign_in(portal: Portal, mail: MailServer) -> None:
    gateway = Gateway()
    async with portal.browser() as client:
        challenge_id = await portal.start(client, EMAILS[NORTH])
        assert await dispatcher(portal, mail, gateway).queue().work_once() == 2
        [message], [sms] = mail.messages(), gateway.asked
        [code] = re.findall("[0-9]{6}", message["text"])
        assert message["to"] == EMAILS[NORTH]
        assert sms["template_id"] == TEMPLATES["portal_code.hi"]
        assert sms["recipients"][0]["mobiles"] == "91" + PHONES[NORTH]
        body = {"challenge_id": challenge_id, "email_code": code, "phone_code": sms["recipients"][0]["VAR1"]}
        assert (await portal.verify(client, body)).status_code == 200
    assert await waiting(portal) == 0


async def test_nobody_is_written_to_for_an_unknown_address(portal: Portal, mail: MailServer) -> None:
    gateway = Gateway()
    async with portal.browser() as client:
        await portal.start(client, "no@body.example")
    await dispatcher(portal, mail, gateway).queue().work_once()
    assert (mail.messages(), gateway.asked, await waiting(portal)) == ([], [], 0)


@pytest.mark.parametrize("mode", ["refuse", "busy", "no_starttls", "cut"])
async def test_a_code_that_is_not_taken_is_sent_again_and_given_up_in_the_end(
    portal: Portal, mail: MailServer, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sending = dispatcher(portal, mail, Gateway()).queue()
    async with portal.browser() as client:
        await portal.start(client, EMAILS[NORTH])
    mail.mode(mode)
    attempts = 0
    while await waiting(portal) and attempts < 10:
        attempts += min(1, await sending.work_once())
        portal.clock.advance(seconds=60)
    assert 2 <= attempts <= 5
    assert mail.messages() == []
    assert EMAILS[NORTH] not in caplog.text


async def test_a_code_is_taken_once_the_server_is_well_again(portal: Portal, mail: MailServer) -> None:
    sending = dispatcher(portal, mail, Gateway()).queue()
    async with portal.browser() as client:
        await portal.start(client, EMAILS[NORTH])
    mail.mode("busy")
    await sending.work_once()
    mail.mode("ok")
    assert await sending.work_once() == 0  # not before its wait is over
    portal.clock.advance(seconds=3)
    await sending.work_once()
    assert (len(mail.messages()), await waiting(portal)) == (1, 0)


async def test_a_mail_server_that_hangs_costs_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "STEP_S", 0.2)
    async with silent_server() as port:
        with pytest.raises(NotSent):
            await SmtpCodeSender("127.0.0.1", port, sender="a@b.test").send("c@d.test", "000000", "en")


async def test_a_certificate_of_another_authority_gets_no_message(mail: MailServer, tmp_path: Path) -> None:
    other, _ = self_signed(tmp_path)
    with pytest.raises(NotSent):
        await mail.sender(ca_file=other).send("c@d.test", "000000", "en")
    assert mail.messages() == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"type": "error", "message": "910000000001 is blocked"}),
        httpx.Response(500, text="no"),
        httpx.Response(200, text="no json"),
    ],
    ids=["error with 200", "500", "no JSON"],
)
async def test_a_gateway_that_does_not_take_a_code_is_told_so_without_the_number(answer: httpx.Response) -> None:
    gateway = Gateway()
    gateway.answers = [answer]
    with pytest.raises(NotSent) as refused:
        await gateway.sender().send("910000000001", "123456", "en")
    assert not [value for value in ("910000000001", "123456") if value in str(refused.value)]


async def test_a_suspended_person_gets_no_code_and_an_old_one_is_never_sent(portal: Portal, mail: MailServer) -> None:
    gateway = Gateway()
    async with portal.browser() as client:
        await portal.start(client, EMAILS[NORTH])
        await portal.pool.execute("UPDATE person SET suspended_at = now()")
        await dispatcher(portal, mail, gateway).queue().work_once()
        await portal.pool.execute("UPDATE person SET suspended_at = NULL")
        await portal.start(client, EMAILS[NORTH])
    portal.clock.advance(seconds=301)
    await dispatcher(portal, mail, gateway).queue().work_once()
    assert (mail.messages(), gateway.asked, await waiting(portal)) == ([], [], 0)


async def test_what_is_over_is_removed_and_what_still_counts_stays(portal: Portal) -> None:
    retention = PortalRetention(portal.pool, portal.clock)
    async with portal.signed_in(NORTH):
        await retention.step()
        assert await portal.pool.fetchval("SELECT count(*) FROM attempt") == 3
        portal.clock.advance(seconds=timedelta(days=31).total_seconds())
        await retention.step()
    tables = ("challenge", "attempt", "session", "outgoing_code")
    assert [await portal.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == [0] * 4
