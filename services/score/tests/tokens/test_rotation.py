"""Signing keys: the next one is published before it signs, the last one two weeks after."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, make_rsa_key, rsa_key_labels
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, execute_as_relay
from altscore_libs.testing_postgres import PostgresServer
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from altscore_score.settings import RotateSettings
from altscore_score.tokens.domain import LEAD, OVERLAP, plan
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.rotation import NextKeyExists, remove, rotate, rotate_jwt_key
from altscore_score.tokens.verifier import RELOAD_S, TokenVerifier
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from ..keys import key_ring
from ..rsa_keys import PRIVATE, write_rsa_key
from ..world import CATALOGUE, LENDER, NOW, PATIENT, Monotonic

__all__ = ["soft_tokens"]

FIRST, SECOND, THIRD = "jwt-1", "jwt-2-20260520T090000Z", "jwt-3-20261120T090000Z"
NINE = datetime(2026, 5, 20, 9, tzinfo=UTC)
instants = st.integers(0, 600_000_000).map(lambda seconds: NINE + timedelta(seconds=seconds - 300_000_000))


def files_of(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("now", "signing", "published"),
    [
        (NINE - timedelta(seconds=1), FIRST, (FIRST, SECOND)),
        (NINE, SECOND, (FIRST, SECOND)),
        (NINE + OVERLAP - timedelta(seconds=1), SECOND, (FIRST, SECOND)),
        (NINE + OVERLAP, SECOND, (SECOND,)),
    ],
)
def test_the_next_key_is_published_before_it_signs_and_the_last_one_two_weeks_after(
    now: datetime, signing: str, published: tuple[str, ...]
) -> None:
    planned = plan([SECOND, FIRST], now)
    assert (planned.signing, planned.published) == (signing, published)


def test_before_any_key_is_due_the_oldest_signs() -> None:
    assert plan([THIRD, SECOND], NINE - timedelta(days=1)).signing == SECOND


def test_keys_without_a_date_sign_by_number_and_stay_published() -> None:
    planned = plan(["jwt-10", "jwt-9"], NINE)
    assert (planned.signing, planned.published) == ("jwt-10", ("jwt-9", "jwt-10"))


def test_without_a_key_there_is_no_plan() -> None:
    with pytest.raises(ValueError, match="none"):
        plan([], NINE)


@given(st.lists(instants, min_size=1, max_size=6, unique=True), instants, st.timedeltas(timedelta(0), OVERLAP))
def test_whatever_signed_lately_is_published(begins: list[datetime], now: datetime, ago: timedelta) -> None:
    names = [f"jwt-{number}-{at.strftime('%Y%m%dT%H%M%SZ')}" for number, at in enumerate(begins)]
    planned = plan(names, now)
    assert planned.signing in planned.published
    assert set(planned.published) | set(planned.retired) == set(names)
    assert set(planned.waiting) <= set(planned.published)
    assert plan(names, now - ago).signing in planned.published or ago == OVERLAP


@pytest.fixture
async def key_store(soft_tokens: SoftTokens, tmp_path: Path) -> SignerSettings:
    """A token with one key, and the folder where it is published."""
    settings = soft_tokens.make(tmp_path.name[:32]).model_copy(update={"public_keys_dir": tmp_path})
    (tmp_path / "jwt-1.pem").write_bytes(await make_rsa_key(settings, "jwt-1", 2048))
    return settings


async def test_a_rotation_makes_a_key_that_verifies_at_once_and_signs_after_the_lead(
    key_store: SignerSettings,
) -> None:
    clock, monotonic = FixedClock(NOW), Monotonic()
    ring = key_ring(key_store.public_keys_dir, clock=clock, monotonic=monotonic)
    issuer = TokenIssuer(ring, Pkcs11RsaSigner(key_store), clock, sign_s=PATIENT.sign_s)
    old_kid = ring.signing().kid
    rotated = await rotate(key_store, now=clock.now(), lead=LEAD)
    monotonic.at += RELOAD_S
    assert (rotated.signs_from, rotated.retired) == (NOW + LEAD, ())
    assert ring.signing().kid == old_kid
    assert [key["kid"].rsplit("-", 1)[0] for key in ring.jwks()["keys"]] == ["jwt-1", rotated.name]
    clock.advance(seconds=int(LEAD.total_seconds()))
    monotonic.at += RELOAD_S
    token = (await issuer.issue(LENDER)).token
    assert TokenVerifier(ring, clock).verify(token).key_id == ring.signing().kid
    assert ring.signing().label == rotated.name
    assert len(ring.jwks()["keys"]) == 2


async def test_a_token_of_the_old_key_is_good_until_the_key_retires(key_store: SignerSettings) -> None:
    clock, monotonic = FixedClock(NOW), Monotonic()
    ring = key_ring(key_store.public_keys_dir, clock=clock, monotonic=monotonic)
    issuer = TokenIssuer(ring, Pkcs11RsaSigner(key_store), clock, sign_s=PATIENT.sign_s)
    token = (await issuer.issue(LENDER)).token
    await rotate(key_store, now=clock.now(), lead=timedelta(0))
    monotonic.at += RELOAD_S
    verifier = TokenVerifier(ring, clock)
    assert ring.signing().kid != verifier.verify(token).key_id


async def test_a_second_next_key_is_refused_and_retired_keys_are_named(key_store: SignerSettings) -> None:
    second = await rotate(key_store, now=NOW, lead=LEAD)
    with pytest.raises(NextKeyExists):
        await rotate(key_store, now=NOW + LEAD / 2, lead=LEAD)
    third = await rotate(key_store, now=NOW + LEAD + OVERLAP, lead=LEAD)
    assert third.retired == ("jwt-1",)
    assert third.name.startswith("jwt-3-")
    assert await rsa_key_labels(key_store) == ["jwt-1", second.name, third.name]


async def test_a_removed_key_is_neither_published_nor_in_the_key_store(key_store: SignerSettings) -> None:
    second = await rotate(key_store, now=NOW, lead=LEAD)
    await remove(key_store, "jwt-1")
    assert files_of(key_store.public_keys_dir) == [f"{second.name}.pem"]
    assert await rsa_key_labels(key_store) == [second.name]


async def test_the_first_key_signs_at_once_and_an_unpublished_one_keeps_its_number(key_store: SignerSettings) -> None:
    (key_store.public_keys_dir / "jwt-1.pem").unlink()
    rotated = await rotate(key_store, now=NOW, lead=LEAD)
    assert rotated.name.startswith("jwt-2-")
    assert key_ring(key_store.public_keys_dir, clock=FixedClock(NOW)).signing().label == rotated.name


def test_a_published_key_has_the_fields_of_rfc_7517_and_no_private_one(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1")
    (published,) = key_ring(tmp_path).jwks()["keys"]
    assert published.keys() == {"kty", "use", "alg", "key_ops", "kid", "n", "e"}


def test_unknown_kids_read_the_folder_once_in_ten_seconds(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1")
    monotonic = Monotonic()
    ring = key_ring(tmp_path, monotonic=monotonic)
    write_rsa_key(tmp_path, "jwt-2")
    new_kid = key_ring(tmp_path).signing().kid
    assert [ring.find(kid) for kid in (new_kid, "jwt-9-0", new_kid)] == [None] * 3
    monotonic.at += RELOAD_S
    assert ring.find(new_kid) is not None
    write_rsa_key(tmp_path, "jwt-3")
    assert ring.find(key_ring(tmp_path).signing().kid) is None


def test_a_key_whose_file_is_removed_verifies_no_more(tmp_path: Path) -> None:
    for name in ("jwt-1", "jwt-2"):
        write_rsa_key(tmp_path, name)
    monotonic = Monotonic()
    ring = key_ring(tmp_path, monotonic=monotonic)
    leaked = ring.signing().kid
    (tmp_path / "jwt-2.pem").unlink()
    monotonic.at += RELOAD_S
    assert ring.find(leaked) is None


def test_a_broken_file_beside_good_keys_stops_nothing_that_runs(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1")
    monotonic = Monotonic()
    ring = key_ring(tmp_path, monotonic=monotonic)
    kid = ring.signing().kid
    (tmp_path / "jwt-2.pem").write_text("half a key")
    monotonic.at += RELOAD_S
    assert ring.find(kid) is not None
    with pytest.raises(ValueError):  # noqa: PT011  # whatever the reader of PEM says: no start with it
        key_ring(tmp_path)


def test_the_service_does_not_start_with_a_short_key(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1", 1024)
    with pytest.raises(ValueError, match="2,048"):
        key_ring(tmp_path)


def test_the_service_does_not_start_without_a_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none"):
        key_ring(tmp_path)


def test_a_private_key_among_the_public_ones_stops_the_service(tmp_path: Path) -> None:
    write_rsa_key(tmp_path, "jwt-1")
    (tmp_path / PRIVATE / "jwt-1.pem").rename(tmp_path / "jwt-2.pem")
    with pytest.raises(ValueError):  # noqa: PT011  # whatever the reader of PEM says
        key_ring(tmp_path)


async def test_a_rotation_is_audited_or_undone(
    database: Database, pool: asyncpg.Pool, key_store: SignerSettings, pg_server: PostgresServer
) -> None:
    settings = RotateSettings(
        **key_store.model_dump(),
        database_url=SecretStr(database.app_dsn),
        schemas_dir=SCHEMAS,
        outbox_key=SecretStr(OUTBOX_KEY.hex()),
    )
    pg_server.execute("ALTER TABLE outbox RENAME TO outbox_away", database.name)
    with pytest.raises(Unavailable):
        await rotate_jwt_key(settings)
    assert files_of(key_store.public_keys_dir) == ["jwt-1.pem"]
    assert await rsa_key_labels(key_store) == ["jwt-1"]
    pg_server.execute("ALTER TABLE outbox_away RENAME TO outbox", database.name)
    outcome = json.loads(await rotate_jwt_key(settings))
    assert files_of(key_store.public_keys_dir) == ["jwt-1.pem", f"{outcome['made']}.pem"]
    (row,) = await execute_as_relay(database, "SELECT payload FROM outbox")
    entry = CATALOGUE.decode("audit_event", row["payload"])
    assert (entry["action"], entry["subject"]) == ("jwt_key_rotated", outcome["made"])


async def test_a_rotation_removes_the_keys_that_are_published_no_more(
    database: Database, pool: asyncpg.Pool, key_store: SignerSettings
) -> None:
    (key_store.public_keys_dir / f"{SECOND}.pem").write_bytes(await make_rsa_key(key_store, SECOND, 2048))
    settings = RotateSettings(
        **key_store.model_dump(),
        database_url=SecretStr(database.app_dsn),
        schemas_dir=SCHEMAS,
        outbox_key=SecretStr(OUTBOX_KEY.hex()),
    )
    outcome = json.loads(await rotate_jwt_key(settings))
    assert outcome["removed"] == ["jwt-1"]
    assert files_of(key_store.public_keys_dir) == [f"{SECOND}.pem", f"{outcome['made']}.pem"]
    assert await rsa_key_labels(key_store) == [SECOND, outcome["made"]]
