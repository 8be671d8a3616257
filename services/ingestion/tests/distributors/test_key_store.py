"""The connector CA's key is used in the key store: what it signs is good, and without it nobody gets a certificate."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest
from altscore_ingestion.distributors.certificates import KEY_LABEL, ConnectorCa
from altscore_ingestion.distributors.keys import ConnectorKeys
from altscore_ingestion.settings import ApiSettings
from altscore_ingestion.wiring import CA_TOKEN, open_connector_ca, rotate_connector_ca
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.events import SchemaCatalog
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Signer, make_signing_key, open_signer
from altscore_libs.testing import (
    OUTBOX_KEY,
    SCHEMAS,
    Database,
    SoftwareSigner,
    SoftwareWrapper,
    api_client,
    execute_as_relay,
)
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from altscore_libs.tls import peer_of_certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from pydantic import SecretStr

from ..connector import Connector, authority_pem, make_ca
from ..world import Wiring, World

__all__ = ["soft_tokens"]
URL = "/internal/admin/distributors/dist_a"
# The library ends a search in its destructor, where a module that is gone is an error that nobody can catch.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
async def ca(soft_tokens: SoftTokens, tmp_path: Path) -> ConnectorCa:
    """A connector CA whose key was made in a token."""
    token = soft_tokens.make(tmp_path.name[:32])
    key = load_pem_public_key(await make_signing_key(token, KEY_LABEL))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return ConnectorCa(authority_pem(key), await open_signer(token, KEY_LABEL))


@pytest.fixture
async def wiring(pool: asyncpg.Pool, ca: ConnectorCa) -> Wiring:
    """With that CA."""
    wrapper = SoftwareWrapper()
    return Wiring(await ConnectorKeys.open(pool, wrapper), ca, wrapper)


async def test_without_the_key_store_onboarding_is_a_503_that_leaves_nothing_and_afterwards_it_is_done(
    world: World, soft_tokens: SoftTokens
) -> None:
    connector = Connector.new("dist_a")
    order = {"name": "A distributor", "csr_pem": connector.csr_pem()}
    async with api_client(world.app, "admin") as client:
        with soft_tokens.away():
            refused = await client.put(URL, json=order)
        assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert await world.pool.fetchval("SELECT count(*) FROM distributor") == 0
        answer = await client.put(URL, json=order)
    assert answer.status_code == 201, answer.text
    connector.take(answer.json())
    connector.certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(world.ca.pem.encode()))


@pytest.fixture(scope="module")
def ca_token(soft_tokens: SoftTokens) -> SignerSettings:
    """The token of the connector CA, without a key."""
    return soft_tokens.make(CA_TOKEN)


@pytest.fixture
def api_settings(ca_token: SignerSettings, database: Database, tmp_path: Path) -> ApiSettings:
    """What `rotate-connector-ca` is started with; what it does not open is named and not there."""
    unused = Path("unused.pem")
    return ApiSettings(
        profile="development",
        database_url=SecretStr(database.app_dsn),
        outbox_key=SecretStr(OUTBOX_KEY.hex()),
        internal_port=1,
        api_port=1,
        schemas_dir=SCHEMAS,
        tls_cert_file=unused,
        tls_key_file=unused,
        tls_ca_file=unused,
        vault_url="https://vault.test",
        s3_endpoint="unused",
        s3_access_key="unused",
        s3_secret_key=SecretStr("unused"),
        pkcs11_module=ca_token.pkcs11_module,
        pkcs11_token="of other keys",
        pkcs11_pin=SecretStr("of other keys"),
        public_keys_dir=tmp_path,
        connector_ca_cert_file=tmp_path / "connector-ca.pem",
        connector_ca_pin=ca_token.pkcs11_pin,
    )


async def test_after_a_rotation_the_new_key_signs_and_connectors_of_the_old_one_are_known(
    api_settings: ApiSettings, database: Database, clock: FixedClock
) -> None:
    file, key = api_settings.connector_ca_cert_file, Connector.new("dist_a").key.public_key()
    file.write_text(await rotate_connector_ca(api_settings), encoding="ascii")
    before = await (await open_connector_ca(api_settings)).issue(key, "dist_a", now=clock.now())
    file.write_text(await rotate_connector_ca(api_settings) + file.read_text(encoding="ascii"), encoding="ascii")
    after = await (await open_connector_ca(api_settings)).issue(key, "dist_a", now=clock.now())
    authorities = x509.load_pem_x509_certificates(file.read_bytes())
    assert len(authorities) == 2
    for issued, authority in ((after, authorities[0]), (before, authorities[1])):
        certificate = x509.load_pem_x509_certificate(issued.pem.encode())
        certificate.verify_directly_issued_by(authority)
        authority.verify_directly_issued_by(authority)
        der = certificate.public_bytes(Encoding.DER)
        assert peer_of_certificate(der, services=[], connectors=authorities).distributor_id == "dist_a"
        assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    audited = await execute_as_relay(database, "SELECT payload FROM outbox ORDER BY id")
    entries = [SchemaCatalog.load(SCHEMAS).decode("audit_event", row["payload"]) for row in audited]
    assert [entry["action"] for entry in entries] == ["connector_ca_made"] * 2
    assert entries[0]["details"]["key_id"] != entries[1]["details"]["key_id"]


async def test_a_certificate_whose_key_the_key_store_lacks_stops_the_service(api_settings: ApiSettings) -> None:
    await rotate_connector_ca(api_settings)
    api_settings.connector_ca_cert_file.write_text(make_ca().pem, encoding="ascii")
    with pytest.raises(ValueError, match="certificate"):
        await open_connector_ca(api_settings)


def test_a_key_store_with_another_key_than_the_certificates_stops_the_service() -> None:
    with pytest.raises(ValueError, match="certificate"):
        ConnectorCa(make_ca().pem.encode(), SoftwareSigner(KEY_LABEL))


class _Silent(SoftwareSigner):
    """A key store that takes a request and never answers."""

    async def sign_many(self, message_digests: Sequence[bytes]) -> list[bytes]:
        await asyncio.Event().wait()
        return await super().sign_many(message_digests)

    async def sign(self, message_digest: bytes) -> bytes:
        return (await self.sign_many([message_digest]))[0]


async def test_a_key_store_that_never_answers_is_waited_for_no_longer_than_allowed(clock: FixedClock) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    silent: Signer = _Silent(KEY_LABEL, key)
    ca = ConnectorCa(authority_pem(key.public_key()), silent, sign_s=0.01)
    with pytest.raises(Unavailable):
        await ca.issue(Connector.new("dist_a").key.public_key(), "dist_a", now=clock.now())
