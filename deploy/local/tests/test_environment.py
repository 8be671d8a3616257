"""Environments of our processes: complete, equal at every call, and nothing secret in a command line."""

import shlex

import pytest
from altscore_local import services
from altscore_local.files import secret
from altscore_local.kafka import Kafka
from altscore_local.layout import Layout
from altscore_local.object_store import ObjectStore
from altscore_local.operators import operators_file
from altscore_local.pki import ensure_pki
from altscore_local.postgres import Postgres
from altscore_local.redis_server import Redis
from altscore_local.registry import Registry
from altscore_local.services import (
    MIGRATIONS,
    TABLE,
    Stores,
    migration_environment,
    service_environment,
    write_env_file,
)


@pytest.fixture
def stores(clone: Layout) -> Stores:
    ensure_pki(clone)
    postgres = Postgres(clone)
    return Stores(clone, postgres, Redis(clone), Kafka(clone), Registry(clone, postgres), ObjectStore(clone))


def test_every_call_gives_the_same_environment(stores: Stores):
    for service in TABLE:
        assert service_environment(stores, service) == service_environment(stores, service)


def test_a_process_gets_its_owners_variables_alone(stores: Stores):
    system = set(services._SYSTEM) | {"SOFTHSM2_CONF"}
    for service in TABLE:
        foreign = {
            name
            for name in service_environment(stores, service)
            if name not in system and not name.startswith(f"{service.owner.upper()}_")
        }
        assert not foreign, service.name


def test_only_migrations_know_an_owner_role(stores: Stores):
    for service in TABLE:
        assert "_owner:" not in str(service_environment(stores, service))
    for owner in MIGRATIONS:
        assert f"{owner}_owner:" in migration_environment(stores, owner)[f"{owner.upper()}_OWNER_DATABASE_URL"]


def test_an_environment_file_is_private_and_a_shell_can_read_it(stores: Stores):
    environment = service_environment(stores, TABLE[0])

    path = write_env_file(stores.layout, TABLE[0].name, environment)

    read = dict(assignment.split("=", 1) for assignment in shlex.split(path.read_text()))
    assert read == environment
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_secret_stands_in_a_command_line(stores: Stores, monkeypatch):
    monkeypatch.setattr("altscore_local.kafka.Kafka._format", lambda *_: None)
    monkeypatch.setattr("altscore_local.postgres.Postgres._make_cluster", lambda self: self.home.mkdir())
    monkeypatch.setattr("altscore_local.postgres.Postgres._give", lambda *_: None)
    monkeypatch.setattr("altscore_local.postgres._others_may_pass", lambda _: True)
    parts = (stores.postgres, stores.redis, stores.kafka, stores.registry, stores.s3)
    commands = [" ".join(part.prepare().argv) for part in parts]
    secrets = [path.read_text() for path in stores.layout.secrets.iterdir() if path.is_file()]

    assert len(commands) == 5
    assert len(secrets) >= 5
    assert not [command for command in commands for value in secrets if value in command]


def test_admin_gets_hashes_and_never_the_operators_tokens(stores: Stores):
    content = operators_file(stores.layout).read_text()

    assert secret(stores.layout, "operator-ops-1", length=32) not in content


def test_a_renewed_authority_renews_every_certificate(stores: Stores):
    before = (stores.layout.pki / "score.crt").read_bytes()
    ensure_pki(stores.layout)
    assert (stores.layout.pki / "score.crt").read_bytes() == before

    (stores.layout.pki / "ca.pem").unlink()
    ensure_pki(stores.layout)

    assert (stores.layout.pki / "score.crt").read_bytes() != before
