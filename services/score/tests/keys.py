"""Keys of access tokens with ids of their own, and a broker that is never asked."""

from pathlib import Path
from typing import Any

from altscore_libs.clock import Clock
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing_postgres import HANG_S
from altscore_score.tokens.domain import TokenIds
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import KeyRing
from pydantic import SecretStr

from .rsa_keys import signer_of
from .world import CONTEXT_KEY

TOKEN_IDS = TokenIds(CONTEXT_KEY)
KAFKA = KafkaSettings(
    kafka_bootstrap="unused",
    kafka_username="score",
    kafka_password=SecretStr("unused"),
    kafka_ca_file=Path("unused.pem"),
    registry_url="http://127.0.0.1:1",
)
"""A broker that is never asked: events are handed to the consumer."""


def token_issuer(folder: Path, clock: Clock, **options: Any) -> TokenIssuer:
    """What issues tokens with the keys of a folder."""
    ring = key_ring(folder, clock=clock, **options)
    return TokenIssuer(ring, signer_of(folder), clock, sign_s=HANG_S)


def key_ring(folder: Path, **options: Any) -> KeyRing:
    """The keys of a folder, with the ids of this service's tokens."""
    return KeyRing(folder, ids=TOKEN_IDS, **options)
