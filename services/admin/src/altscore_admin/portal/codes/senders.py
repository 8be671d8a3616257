"""Where codes go: an SMS gateway and a mail server. Each call is bounded, and says nothing of whom it was for."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

import httpx
from altscore_libs.circuit import CircuitBreaker, CircuitOpen
from altscore_libs.tls import ClientTls, client_context
from pydantic import SecretStr

FLOW_PATH = "/api/v5/flow/"
STEP_S = 5.0  # of one exchange with the mail server
WHOLE_S = 15.0  # of one message
_SERVER_ERROR = 500
_SUBJECTS = {"en": "Your AltScore sign-in code", "hi": "आपका AltScore साइन-इन कोड"}
_TEXTS = {
    "en": "Your code is {code}. It is valid for five minutes. If you are not signing in, ignore this message.\n",
    "hi": "आपका कोड {code} है। यह पाँच मिनट तक मान्य है। यदि आप साइन-इन नहीं कर रहे हैं, तो इस संदेश को अनदेखा करें।\n",
}


class NotSent(Exception):
    """The message was not taken; the reason names neither recipient nor code."""


class CodeSender(Protocol):
    """A channel."""

    async def send(self, recipient: str, code: str, language: str) -> None:
        """Sends one code.

        Raises:
            NotSent: it was not taken, or nobody knows.
        """
        ...


class SmsCodeSender:
    """MSG91's Flow API.

    Args:
        base_url: https://control.msg91.com, or the simulator.
        authkey: of our account.
        template_ids: `portal_code.<language>` to the gateway's id of the registered template.
        ca_file: authority of the gateway's certificate; None for the system's.
        transport: for tests that hold the gateway in the same process.
    """

    def __init__(
        self,
        base_url: str,
        *,
        authkey: SecretStr,
        template_ids: dict[str, str],
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._authkey = authkey
        self._template_ids = template_ids
        self._breaker = CircuitBreaker("portal-sms")
        self._client = httpx.AsyncClient(
            base_url=base_url,
            verify=client_context(ClientTls(ca_file)) if ca_file is not None else True,
            timeout=STEP_S,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, recipient: str, code: str, language: str) -> None:
        """Sends one code by SMS."""
        body = {
            "template_id": self._template_ids[f"portal_code.{language}"],
            "short_url": "0",
            "recipients": [{"mobiles": recipient, "VAR1": code}],
        }
        try:
            with self._breaker.attempt((httpx.HTTPError, TimeoutError)) as attempt:
                async with asyncio.timeout(WHOLE_S):
                    headers = {"authkey": self._authkey.get_secret_value()}
                    response = await self._client.post(FLOW_PATH, json=body, headers=headers)
                attempt.is_failure = response.status_code >= _SERVER_ERROR
        except (CircuitOpen, httpx.HTTPError, TimeoutError) as error:
            raise NotSent(type(error).__name__) from None  # the cause's request holds phone and code
        if not _is_taken(response):
            raise NotSent(f"sms_http_{response.status_code}")

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _is_taken(response: httpx.Response) -> bool:
    try:
        body: Any = response.json()
    except ValueError:
        return False
    return response.status_code == httpx.codes.OK and isinstance(body, dict) and body.get("type") == "success"


class SmtpCodeSender:
    """A mail server that is spoken to over STARTTLS alone; a certificate that does not hold ends the attempt.

    Args:
        host: of the server.
        port: of submission.
        sender: address in From.
        login: user and password, None without.
        ca_file: authority of the server's certificate; None for the system's.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        login: tuple[str, SecretStr] | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._sender = sender
        self._login = login
        self._context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))

    async def send(self, recipient: str, code: str, language: str) -> None:
        """Sends one code by e-mail."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, recipient, _SUBJECTS[language]
        message.set_content(_TEXTS[language].format(code=code))
        try:
            async with asyncio.timeout(WHOLE_S):
                await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException, TimeoutError) as error:
            raise NotSent(type(error).__name__) from None  # the server's text may repeat the address

    def _deliver(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self._host, self._port, timeout=STEP_S) as server:
            server.starttls(context=self._context)
            if self._login is not None:
                server.login(self._login[0], self._login[1].get_secret_value())
            server.send_message(message)
