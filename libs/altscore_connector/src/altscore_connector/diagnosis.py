"""Looks at everything that a sync needs, one thing after the other, each told by a rule of `check_texts`."""

import shutil
import socket
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from altscore_connector.certificates import is_due, public_key_of, read_certificate
from altscore_connector.check_texts import IN_ORDER, sentence
from altscore_connector.client import IngestionClient, Reply, client_context
from altscore_connector.config import ConnectorConfig, load_config
from altscore_connector.connector_api import INSTALLATION_PATH, QUARANTINE_PATH
from altscore_connector.errors import ConfigError, StateError
from altscore_connector.faults import rule_of, skew_of
from altscore_connector.installation_id import FILE_NAME, installation_id, shown
from altscore_connector.keystore import Secrets, read_keystore
from altscore_connector.other_installation import SendingInstallation
from altscore_connector.passphrases import passphrase_of
from altscore_connector.reports import read_report
from altscore_connector.running import open_state
from altscore_connector.source import open_source
from altscore_connector.state import State

_CONNECT_TIMEOUT_S = 10.0
_LEAST_FREE_BYTES = 200_000_000
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True)
class Result:
    """One thing that was looked at.

    Attributes:
        subject: what it was.
        rule: of `check_texts`; empty where a source speaks for itself.
        values: for the sentence.
        text: the sentence of a source.
        is_source_ok: whether a source is in order.
    """

    subject: str
    rule: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)
    text: str = ""
    is_source_ok: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether nothing needs to be done."""
        return self.rule in IN_ORDER if self.rule else self.is_source_ok

    def sentence(self, *, is_hindi: bool = False) -> str:
        """What is so, and what to do."""
        text = sentence(self.rule, is_hindi=is_hindi, **self.values) if self.rule else self.text
        return text[:1].upper() + text[1:]


def diagnose(config_file: Path, environment: Mapping[str, str]) -> Iterator[Result]:
    """Everything that a sync needs; it goes on behind a fault as far as that allows.

    Args:
        config_file: of the site.
        environment: variables of the process.
    """
    try:
        config = load_config(config_file)
    except ConfigError as error:
        yield Result("configuration", "config_unusable", {"text": str(error)})
        return
    yield Result("configuration", "config_ok")
    secrets: Secrets | None = None
    try:
        passphrase = passphrase_of(config.keystore_file, config.passphrase_file, environment)
        secrets = read_keystore(config.keystore_file, passphrase)
        yield Result("keystore", "keystore_ok")
    except ConfigError as error:
        yield Result("keystore", "keystore_unusable", {"text": str(error)})
    files = list(_files(config))
    yield from files
    way = list(_way(config, environment))
    yield from way
    if secrets is not None and all(result.is_ok for result in (*files, *way)):
        yield from _service(config, secrets)
    yield _quota(config)
    yield from _site(config, secrets)


def _files(config: ConnectorConfig) -> Iterator[Result]:
    ingestion = config.ingestion
    try:
        ssl.create_default_context(cafile=str(ingestion.ca_file))
    except OSError as error:
        text = "it is no PEM" if isinstance(error, ssl.SSLError) else (error.strerror or "")
        yield Result("authority", "ca_unusable", {"text": text})
    try:
        key = public_key_of(ingestion.key_file.read_bytes())
    except ConfigError as error:
        yield Result("our key", "key_file_unusable", {"text": str(error)})
        return
    except OSError as error:
        yield Result("our key", "key_file_unusable", {"text": error.strerror or ""})
        return
    try:
        certificate = read_certificate(ingestion.certificate_file)
    except ConfigError as error:
        yield Result("our certificate", "certificate_unusable", {"text": str(error)})
        return
    now = datetime.now(UTC)
    if certificate.public_key != key:
        rule = "certificate_of_another_key"
    elif certificate.expires_at <= now:
        rule = "certificate_expired"
    elif certificate.valid_from > now:
        rule = "certificate_not_yet_valid"
    else:
        rule = "certificate_ends_soon" if is_due(certificate, now) else "certificate_ok"
    yield Result("our certificate", rule, {"days": certificate.days_left(now)})


def _way(config: ConnectorConfig, environment: Mapping[str, str]) -> Iterator[Result]:
    """DNS and connection, to the proxy where there is one, else to the service."""
    proxy = config.ingestion.proxy
    if proxy is not None:
        is_reached = _connect(proxy) is None
        yield Result("proxy", "proxy_ok" if is_reached else "proxy_unreachable")
        return
    if any(environment.get(name) for name in _PROXIES):
        yield Result("proxy", "proxy_unused")
    fault = _connect(config.ingestion.url)
    if fault == "dns_unknown":
        yield Result("DNS", fault)
        return
    yield Result("DNS", "dns_ok")
    yield Result("connection", fault or "connection_ok", {"kind": "OSError"})


def _connect(url: str) -> str | None:
    """The rule of what hinders a connection, or None."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=_CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError, UnicodeError) as error:
        return rule_of(error)
    return None


def _service(config: ConnectorConfig, secrets: Secrets) -> Iterator[Result]:
    """Certificates, clock, key and secret, by two requests that change nothing."""
    ingestion = config.ingestion
    try:
        context = client_context(ingestion)
    except OSError:
        yield Result("our certificate", "certificate_unusable", {"text": "TLS does not take it"})
        return
    with IngestionClient(ingestion.url, secrets, config.erp_type, context=context, proxy=ingestion.proxy) as client:
        try:
            # Asks for a batch that nobody sent: this needs the certificate and the key alone, no signature.
            reply = client.status(str(uuid.uuid4()))
            signed = client.call("GET", QUARANTINE_PATH)
            sending = client.call("GET", INSTALLATION_PATH)
        except httpx.HTTPError as error:
            yield Result("TLS", rule_of(error), {"kind": type(error).__name__})
            return
    yield Result("TLS", "tls_ok")
    foreign = _foreign(reply)
    if foreign is not None:
        yield foreign
        return
    clock = _clock(reply)
    yield clock
    key_is_accepted = reply.status not in (401, 403)
    yield Result("API key", "key_ok" if key_is_accepted else "key_refused")
    if key_is_accepted:
        yield from _secret(signed, clock)
        yield from _installation(sending, config.keystore_file)


def _foreign(reply: Reply) -> Result | None:
    """What is not an answer to the question; None when it is."""
    if reply.status == 429:
        return Result("quota", "quota_spent")
    if reply.status >= 500:
        return Result("service", "service_busy", {"status": reply.status})
    is_ours = reply.code is not None and reply.status in (401, 403, 404)
    return None if is_ours else Result("service", "another_server")


def _clock(reply: Reply) -> Result:
    date_header = reply.headers.get("date")
    skew = skew_of(date_header, now_s=time.time())
    if skew is not None:
        return Result("clock", "clock_off", skew.values)
    return Result("clock", "clock_ok" if date_header else "clock_unknown")


def _secret(reply: Reply, clock: Result) -> Iterator[Result]:
    if reply.status == 200:
        yield Result("signing secret", "secret_ok")
    elif reply.status in (401, 403):
        # With a wrong clock a right signature is refused too, and the clock has been told.
        if clock.is_ok:
            yield Result("signing secret", "secret_refused")
    elif reply.status == 429:
        yield Result("quota", "quota_spent")
    else:
        yield Result("service", "service_busy", {"status": reply.status})


def _installation(reply: Reply, keystore_file: Path) -> Iterator[Result]:
    """Whether another installation sends; nothing where the service tells none."""
    if reply.status != 200:
        return
    sending = SendingInstallation.of(reply.body)
    has_own = keystore_file.with_name(FILE_NAME).exists()
    if sending is None or (has_own and sending.installation_id == installation_id(keystore_file)):
        yield Result("installation", "installation_ok")
        return
    english, hindi = sending.when()
    values = {"other": shown(sending.installation_id), "when": english, "when_hi": hindi}
    yield Result("installation", "installation_other", values)


def _quota(config: ConnectorConfig) -> Result:
    outcome: dict[str, Any] = read_report(config.status_file).outcome
    is_spent = outcome.get("http_status") == 429
    return Result("quota", "quota_spent" if is_spent else "quota_ok")


def _site(config: ConnectorConfig, secrets: Secrets | None) -> Iterator[Result]:
    """The state file, its disk, and the ERP."""
    with _state(config, secrets) as (state, result):
        if result is not None:
            yield result
        nearest = next(folder for folder in config.state_file.parents if folder.exists())
        if shutil.disk_usage(nearest).free < _LEAST_FREE_BYTES:
            yield Result("disk", "disk_full")
        for check in open_source(config, state).check():
            yield Result(check.subject, text=check.sentence, is_source_ok=check.is_ok)


@contextmanager
def _state(config: ConnectorConfig, secrets: Secrets | None) -> Iterator[tuple[State, Result | None]]:
    """The state, or a memory that forgets where it is locked by the running connector or cannot be used."""
    result: Result | None = None
    state: State | None = None
    if secrets is not None:
        try:
            state = open_state(config, secrets)
            result = Result("state", "state_ok")
        except StateError as error:
            is_busy = "another connector" in str(error)
            result = Result("state", "state_in_use" if is_busy else "state_unusable", {"text": str(error)})
    state = state or State(":memory:")
    try:
        yield state, result
    finally:
        state.close()
