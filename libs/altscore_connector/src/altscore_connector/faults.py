"""One sentence for each fault on the way to AltScore: what it is, and which setting or machine to look at."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from altscore_connector.check_texts import TEXTS, sentence

_LARGEST_SKEW_S = 120.0
# Words of TLS alerts by which the service refuses our certificate.
_OUR_CERTIFICATE = (
    ("certificate expired", "our_certificate_expired"),
    ("certificate revoked", "our_certificate_revoked"),
    ("unknown ca", "our_authority_unknown"),
    ("certificate required", "our_certificate_missing"),
    ("bad certificate", "our_certificate_refused"),
)
_THEIR_CERTIFICATE = (
    ("expired", "their_certificate_expired"),
    ("not yet valid", "their_certificate_not_yet_valid"),
    ("mismatch", "their_certificate_of_another_name"),
    ("doesn't match", "their_certificate_of_another_name"),
    ("not valid for", "their_certificate_of_another_name"),
)
_OF_THE_WAY: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "dns_unknown"),
    (ConnectionRefusedError, "connection_refused"),
    (TimeoutError, "connection_timeout"),
)


@dataclass(frozen=True)
class Skew:
    """How far this machine's clock is off: `ahead` or `behind`, and what the service says."""

    minutes: int
    is_ahead: bool
    at: str

    @property
    def values(self) -> dict[str, str | int]:
        """For the sentence `clock_off`."""
        direction, hindi = ("ahead", "आगे") if self.is_ahead else ("behind", "पीछे")
        return {"minutes": self.minutes, "direction": direction, "direction_hi": hindi, "at": self.at}


def sentence_of(error: BaseException) -> str:
    """What a failed request means.

    Args:
        error: of the HTTP library; its causes are looked at.
    """
    return sentence(rule_of(error), kind=type(error).__name__)


def rule_of(error: BaseException) -> str:
    """The rule of a failed request, as in `REQUEST_FAULTS`."""
    if isinstance(error, httpx.ProxyError):
        return "proxy_refused"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = (cause.verify_message or "").lower()
            return next((rule for part, rule in _THEIR_CERTIFICATE if part in reason), "their_authority_unknown")
        if isinstance(cause, ssl.SSLError):
            text = str(cause).lower().replace("_", " ")
            return next((rule for alert, rule in _OUR_CERTIFICATE if alert in text), "tls_not_agreed")
        for kind, rule in _OF_THE_WAY:
            if isinstance(cause, kind):
                return rule
    return "connection_failed"


def skew_of(date_header: str | None, *, now_s: float) -> Skew | None:
    """How far this machine's clock is off; None when it is not, or nothing can be told.

    Args:
        date_header: HTTP `Date` of an answer.
        now_s: this machine's Unix time, seconds.
    """
    try:
        skew_s = now_s - parsedate_to_datetime(date_header or "").timestamp()
    except (ValueError, TypeError):
        return None
    if abs(skew_s) <= _LARGEST_SKEW_S:
        return None
    at = datetime.fromtimestamp(now_s - skew_s, UTC).isoformat(timespec="seconds")
    return Skew(minutes=round(abs(skew_s) / 60), is_ahead=skew_s > 0, at=at)


def clock_sentence(date_header: str | None, *, now_s: float) -> str | None:
    """What to say of a refused signature when this machine's clock is off; None when it is not."""
    skew = skew_of(date_header, now_s=now_s)
    return None if skew is None else TEXTS["clock_off"][0].format(**skew.values)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
