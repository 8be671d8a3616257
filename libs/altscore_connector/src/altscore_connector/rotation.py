"""New key and new certificate, by themselves before the old ones end; a lost answer is asked for again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from altscore_connector import connector_api
from altscore_connector.certificates import (
    finish_swap,
    is_due,
    next_file,
    next_pair,
    parse_certificate,
    public_key_of,
    read_certificate,
    swap,
)
from altscore_connector.errors import ConfigError, DeliveryError
from altscore_connector.files import write_durably
from altscore_connector.identity import new_key, signing_request
from altscore_connector.keystore import Secrets
from altscore_connector.site import Site

RENEW_KEY_BEFORE = timedelta(days=7)
_SUPERSEDED = "KEY_SUPERSEDED"


def rotate_key(site: Site) -> None:
    """Asks for a new API key and signing secret, writes both down beside the old ones, and uses them.

    The old ones are dropped by `confirm`, once the service has accepted the new ones.

    Raises:
        DeliveryError: refused, or no answer; the old key goes on.
        OSError: the keystore cannot be written; the old key goes on.
    """
    try:
        issued = connector_api.rotate_key(site.client)
    except DeliveryError as error:
        if error.code != _SUPERSEDED:
            raise
        if is_newer_kept(site.secrets):  # it was set aside for a refusal that had another cause
            fall_back(site)
            rotate_key(site)
            return
        sentence = "the API key was replaced by one that another copy of this site uses; ask AltScore for a new key"
        raise DeliveryError(sentence, status=error.status, code=error.code) from None
    before = replace(site.secrets, previous=None)
    site.keep(
        Secrets(
            api_key=issued.api_key,
            signing_secret=issued.signing_secret,
            storage_secret=before.queue_secret,
            api_key_expires_at=issued.expires_at,
            previous=before,
        )
    )


def confirm(site: Site) -> None:
    """The service has accepted the present secrets: those before them are dropped."""
    if site.secrets.previous is not None:
        site.keep(replace(site.secrets, previous=None))


def is_newer_kept(secrets: Secrets) -> bool:
    """Whether the other secrets were issued after the present ones.

    They were set aside for a refusal. Had that another cause, such as a wrong clock, the service may have taken them
    into use before: then it lets the present ones rotate no more, and ends them within days.
    """
    if secrets.previous is None or secrets.previous.api_key_expires_at is None:
        return False
    return secrets.api_key_expires_at is None or secrets.api_key_expires_at < secrets.previous.api_key_expires_at


def fall_back(site: Site) -> bool:
    """The service has refused the present secrets: those before them are tried; False when there are none.

    Neither is dropped until the service has accepted one of them, since a refusal may have another cause.
    """
    before = site.secrets.previous
    if before is None:
        return False
    refused = replace(site.secrets, previous=None)
    site.keep(replace(before, storage_secret=refused.queue_secret, previous=refused))
    return True


def is_key_due(secrets: Secrets, now: datetime | None = None) -> bool:
    """Whether the API key ends within seven days."""
    expires_at = secrets.api_key_expires_at
    return expires_at is not None and expires_at - (now or datetime.now(UTC)) <= RENEW_KEY_BEFORE


def is_certificate_due(site: Site, now: datetime | None = None) -> bool:
    """Whether the certificate ends within thirty days."""
    return is_due(read_certificate(site.config.ingestion.certificate_file), now)


def rotate_certificate(site: Site) -> datetime:
    """Makes a new key, asks for its certificate, tries the pair, and puts it in the place of the old one.

    Returns:
        The end of the new certificate.

    Raises:
        DeliveryError: refused, or no answer; the old pair goes on, and the same new key is used the next time.
        ConfigError: the answer is no certificate of the new key.
        OSError: the files cannot be written; the old pair goes on.
    """
    config = site.config.ingestion
    finish_swap(config)
    key_file, certificate_file = next_file(config.key_file), next_file(config.certificate_file)
    if not key_file.exists():
        write_durably(key_file, new_key())
    key_pem = key_file.read_bytes()
    request = signing_request(site.config.distributor_id, key_pem).decode()
    pem = connector_api.rotate_certificate(site.client, request).encode()
    try:
        certificate = parse_certificate(pem)
    except ValueError:
        raise ConfigError("AltScore's answer is no certificate") from None
    if certificate.public_key != public_key_of(key_pem):
        raise ConfigError("AltScore's answer is the certificate of another key")
    write_durably(certificate_file, pem)
    with site.connect(next_pair(config)) as trial:
        connector_api.ask(trial)
    swap(config)
    site.reconnect()
    return certificate.expires_at
