"""The way to AltScore: mutual TLS, API key, both signatures, patience."""

import json
import random
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from altscore_connector.accepted import Accepted, accepted_of, highest_sequence_of
from altscore_connector.compression import packed
from altscore_connector.config import IngestionConfig
from altscore_connector.errors import DeliveryError
from altscore_connector.faults import clock_sentence, sentence_of
from altscore_connector.keystore import Secrets
from altscore_connector.other_installation import CODE, SendingInstallation, refusal
from altscore_connector.signing import SignedParts, sign_v1, sign_v2

BATCH_PATH = "/v1/ingest/batch"
SEQUENCE_PATH = "/v1/connector/sequence"
RECORDS_PATH = "/v1/connector/records"
ATTEMPTS = 5
_CALL_TIMEOUT_S = 20.0
_FIRST_PAUSE_S = 0.5


@dataclass(frozen=True)
class Reply:
    """One answer, whatever it says."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str | None:
        """The service's error code."""
        code = self.body.get("code")
        return code if isinstance(code, str) else None


@dataclass(frozen=True)
class Receipt:
    """The result of a batch that stands: accepted + quarantined + duplicate = submitted."""

    batch_id: str
    submitted: int
    accepted: int
    quarantined: int
    duplicate: int
    was_known: bool


def client_context(config: IngestionConfig) -> ssl.SSLContext:
    """TLS 1.3 with the client's certificate; only the given CA is trusted."""
    context = ssl.create_default_context(cafile=str(config.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(config.certificate_file, config.key_file)
    return context


class IngestionClient:
    """Sends batches of one distributor.

    Args:
        url: base URL of the ingestion service.
        secrets: API key and signing secret.
        erp_type: value of X-ERP-Type.
        context: TLS; None only for a plain server in tests.
        max_wait_s: longest Retry-After that is waited for.
        sleep: how to wait.
        now: Unix time for the second signature.
        proxy: URL of an HTTP proxy through which connections are tunnelled; None goes directly.
        installation_id: of this installation, by which a second one is told apart; empty names none.
    """

    def __init__(
        self,
        url: str,
        secrets: Secrets,
        erp_type: str,
        *,
        context: ssl.SSLContext | None,
        max_wait_s: float = 900.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        proxy: str | None = None,
        installation_id: str = "",
    ) -> None:
        self._secrets, self._erp_type = secrets, erp_type
        self.installation_id = installation_id
        self._max_wait_s, self._sleep, self._now = max_wait_s, sleep, now
        # A proxy path in front of the service is part of what is signed.
        self._prefix = urlsplit(url).path.rstrip("/")
        self._http = httpx.Client(base_url=url, verify=context or False, timeout=60.0, trust_env=False, proxy=proxy)

    def __enter__(self) -> "IngestionClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def post(self, body: bytes, *, batch_id: str, signature_override: str | None = None) -> Reply:
        """One request, no retry, no judgement; `signature_override` replaces both signatures.

        A body that is worth it goes out as gzip; the signatures cover what is sent, the batch is its plain body.

        Raises:
            httpx.TransportError: no answer.
        """
        body, encoding = packed(body)
        headers = {
            "Content-Type": "application/json",
            **encoding,
            "X-API-Key": self._secrets.api_key,
            **self._named(),
            "X-ERP-Type": self._erp_type,
            "X-Batch-ID": batch_id,
            "X-Payload-Signature": signature_override or sign_v1(self._secrets.signing_secret, body),
        }
        if signature_override is None:
            headers["X-Payload-Signature-V2"] = sign_v2(
                self._secrets.signing_secret,
                body,
                SignedParts(path=self._prefix + BATCH_PATH, batch_id=batch_id, erp_type=self._erp_type),
                timestamp_s=int(self._now()),
            )
        response = self._http.post(BATCH_PATH, content=body, headers=headers)
        return Reply(response.status_code, _object(response.content), dict(response.headers))

    def _named(self) -> dict[str, str]:
        return {"X-Installation-ID": self.installation_id} if self.installation_id else {}

    def refuse_other(self, reply: Reply) -> None:
        """Raises where a reply says that another installation sends.

        Raises:
            OtherInstallationError: it does.
        """
        if reply.status == 409 and reply.code == CODE:
            raise refusal(SendingInstallation.of(reply.body), self.installation_id)

    def status(self, batch_id: str) -> Reply:
        """What became of a batch, with the reasons of quarantined records."""
        response = self._http.get(f"{BATCH_PATH}/{batch_id}/status", headers={"X-API-Key": self._secrets.api_key})
        return Reply(response.status_code, _object(response.content), dict(response.headers))

    def call(self, method: str, path: str, document: dict[str, Any] | None = None, query: str = "") -> Reply:
        """One signed request to an endpoint of the connector, no retry, no judgement.

        Args:
            method: GET or POST.
            path: below the base URL.
            document: the JSON body; None sends none.
            query: what follows the path's question mark; it is not signed.

        Raises:
            httpx.TransportError: no answer.
        """
        body = b"" if document is None else json.dumps(document, separators=(",", ":")).encode()
        secret, parts = self._secrets.signing_secret, SignedParts(path=self._prefix + path, method=method)
        headers = {
            "Content-Type": "application/json",
            "X-API-Key": self._secrets.api_key,
            **self._named(),
            "X-Payload-Signature": sign_v1(secret, body),
            "X-Payload-Signature-V2": sign_v2(secret, body, parts, timestamp_s=int(self._now())),
        }
        target = f"{path}?{query}" if query else path
        response = self._http.request(method, target, content=body, headers=headers, timeout=_CALL_TIMEOUT_S)
        return Reply(response.status_code, _object(response.content), dict(response.headers))

    def send_batch(self, body: bytes, *, batch_id: str, signature_override: str | None = None) -> Receipt:
        """Sends until the batch stands: five tries on 429, 5xx and silence, waiting as told by Retry-After.

        Raises:
            DeliveryError: refused, or no success after the last try.
            OtherInstallationError: another installation sends for the distributor.
        """
        reply = self._patiently(
            lambda: self.post(body, batch_id=batch_id, signature_override=signature_override), f"batch {batch_id}"
        )
        self.refuse_other(reply)
        return _receipt(reply, batch_id, now_s=self._now())

    def highest_sequence(self, distributor_id: str) -> int | None:
        """The greatest sequence number that was accepted of a distributor; None from a service that tells none.

        Raises:
            DeliveryError: not reachable, refused, or an answer that cannot be true (status 200).
            OtherInstallationError: another installation sends for the distributor.
        """
        reply = self._patiently(lambda: self.call("GET", SEQUENCE_PATH), "the last batch number")
        if reply.status == 404:
            return None
        return highest_sequence_of(self._answered(reply), distributor_id)

    def accepted_records(self) -> Iterator[Accepted]:
        """The newest statement of every record that was accepted, page by page.

        Raises:
            DeliveryError: as `highest_sequence`.
        """
        after: str | None = None
        while True:
            query = "" if after is None else urlencode({"after": after})
            ask = partial(self.call, "GET", RECORDS_PATH, query=query)
            body = self._answered(self._patiently(ask, "the accepted records"))
            records = body.get("records")
            if not isinstance(records, list):
                raise DeliveryError("AltScore's list of accepted records cannot be read; nothing was sent", status=200)
            yield from map(accepted_of, records)
            before, after = after, body.get("next")
            if after is None:
                return
            if not isinstance(after, str) or not records or after == before:
                raise DeliveryError("AltScore's list of accepted records does not end; nothing was sent", status=200)

    def _answered(self, reply: Reply) -> dict[str, Any]:
        self.refuse_other(reply)
        if reply.status != 200:
            raise DeliveryError(
                f"AltScore answered {reply.status} {reply.code or ''}: {_refusal(reply, self._now())}",
                status=reply.status,
                code=reply.code,
            )
        return reply.body

    def _patiently(self, ask: Callable[[], Reply], what: str) -> Reply:
        """Asks up to five times on 429, 5xx and silence."""
        reply, fault = None, ""
        for attempt in range(ATTEMPTS):
            try:
                reply = ask()
            except httpx.HTTPError as error:
                reply, fault = None, sentence_of(error)
            if reply is not None and reply.status != 429 and reply.status < 500:
                return reply
            if attempt + 1 < ATTEMPTS:
                self._sleep(self._pause_s(reply, attempt))
        status, code = (reply.status, reply.code) if reply else (None, None)
        last = f"the last answer was {status} {code}" if reply else fault
        raise DeliveryError(f"{what}: no success in {ATTEMPTS} tries: {last}", status=status, code=code)

    def _pause_s(self, reply: Reply | None, attempt: int) -> float:
        asked = (reply.headers.get("retry-after", "") if reply else "").strip()
        if asked.isdigit():
            if float(asked) > self._max_wait_s:
                raise DeliveryError(
                    f"the service asks to wait {asked} s, longer than max_wait_s",
                    status=reply.status if reply else None,
                    code=reply.code if reply else None,
                )
            return float(asked)
        # Jitter keeps many connectors from returning in step after an outage.
        return float(_FIRST_PAUSE_S * 2**attempt * random.uniform(0.75, 1.25))


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _refusal(reply: Reply, now_s: float) -> str:
    """Why the service refused, as far as it can be told from here."""
    if reply.status in (401, 403):
        clock = clock_sentence(reply.headers.get("date"), now_s=now_s)
        return clock or "API key, signing secret and distributor_id do not fit together; were they rotated?"
    if 300 <= reply.status < 400:
        return "another server answered with a redirect, perhaps a proxy or a sign-in page of the network"
    return "the request itself was refused"


def _receipt(reply: Reply, batch_id: str, *, now_s: float) -> Receipt:
    if reply.status in (200, 202):
        result, was_known = reply.body, False
    elif reply.status == 409 and reply.code == "BATCH_ALREADY_PROCESSED":
        result, was_known = reply.body.get("result", {}), True
    else:
        raise DeliveryError(
            f"batch {batch_id} was refused: {reply.status} {reply.code}: {_refusal(reply, now_s)}",
            status=reply.status,
            code=reply.code,
        )
    counts = {name: result.get(name) for name in ("submitted", "accepted", "quarantined", "duplicate")}
    known = {name: value for name, value in counts.items() if isinstance(value, int)}
    if len(known) != len(counts):
        raise DeliveryError(
            f"batch {batch_id}: the answer lacks its counts; it is perhaps a page of the network, not of AltScore",
            status=reply.status,
        )
    receipt = Receipt(str(result.get("batch_id", "")), **known, was_known=was_known)
    if receipt.accepted + receipt.quarantined + receipt.duplicate != receipt.submitted:
        raise DeliveryError(f"batch {batch_id}: the counts do not add up", status=reply.status)
    return receipt
