"""One sentence for each fault on the way to AltScore: what it is, and which setting or machine to look at."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LARGEST_SKEW_S = 120.0
# Words of TLS alerts by which the service refuses our certificate.
_OUR_CERTIFICATE = (
    ("certificate expired", "our certificate has expired (ingestion.certificate_file); ask AltScore for a new one"),
    ("certificate revoked", "our certificate was revoked; ask AltScore"),
    ("unknown ca", "the service does not know the authority of our certificate (ingestion.certificate_file)"),
    ("certificate required", "the service asks for a certificate and got none (ingestion.certificate_file)"),
    ("bad certificate", "the service does not accept our certificate (ingestion.certificate_file)"),
)


def sentence_of(error: BaseException) -> str:
    """What a failed request means.

    Args:
        error: of the HTTP library; its causes are looked at.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _of_their_certificate(cause)
        if isinstance(cause, ssl.SSLError):
            text = str(cause).lower().replace("_", " ")
            return next((words for alert, words in _OUR_CERTIFICATE if alert in text), "TLS could not be agreed on")
        if isinstance(cause, socket.gaierror):
            return "the name of the service is not known here (DNS); check ingestion.url and the network"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens at ingestion.url; check its port and the firewall"
        if isinstance(cause, TimeoutError):
            return "the service did not answer in time; check the network and the firewall"
    return f"the connection failed ({type(error).__name__})"


def _of_their_certificate(error: ssl.SSLCertVerificationError) -> str:
    reason = (error.verify_message or "").lower()
    if "expired" in reason:
        return "the service's certificate has expired, or this machine's clock is wrong"
    if "not yet valid" in reason:
        return "the service's certificate is not valid yet; this machine's clock is probably wrong"
    if "mismatch" in reason or "doesn't match" in reason:
        return "the service's certificate is for another name; check ingestion.url"
    return "the service's certificate is not from the authority in ingestion.ca_file"


def clock_sentence(date_header: str | None, *, now_s: float) -> str | None:
    """What to say of a refused signature when this machine's clock is off; None when it is not.

    Args:
        date_header: HTTP `Date` of the refusal.
        now_s: this machine's Unix time, seconds.
    """
    try:
        skew_s = now_s - parsedate_to_datetime(date_header or "").timestamp()
    except (ValueError, TypeError):
        return None
    if abs(skew_s) <= _LARGEST_SKEW_S:
        return None
    direction = "ahead" if skew_s > 0 else "behind"
    at = datetime.fromtimestamp(now_s - skew_s, UTC).isoformat(timespec="seconds")
    return f"this machine's clock is {abs(skew_s) / 60:.0f} minutes {direction} (the service says {at}); set it"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
