"""What operations end: keys issued anew, and credentials that open nothing from the next request on."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.service import Listener, server_of
from altscore_libs.testing import Database, api_client, as_caller, self_signed, wait_until_listening
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.testing_stopwatch import Stopwatch
from altscore_libs.tls import ServerTls
from cryptography.hazmat.primitives import serialization

from ..connector import BEAT, HEARTBEAT, Connector, batch_of, invoice
from ..world import Store, VaultSide, Wiring, World, make_world

ADMIN = "/internal/admin/distributors/dist_a"
ROTATE = "/v1/connector/rotate-key"
REFUSED_WITHIN_S = 1.0


async def ordered(world: World, order: str, body: dict[str, Any] | None = None, *, caller: str = "admin") -> Any:
    async with api_client(world.app, caller) as client:
        return await client.post(f"{ADMIN}/{order}", json=body)


async def heartbeat(world: World, connector: Connector) -> int:
    return (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code


def taken_over(connector: Connector, answer: dict[str, Any], key: Any = None) -> Connector:
    """The site with what an order answered."""
    site = Connector(connector.distributor_id, key or connector.key)
    site.take(answer | {"certificate_pem": answer.get("certificate_pem") or connector.certificate_pem})
    return site


async def test_a_lost_keystore_gets_key_secret_and_certificate_anew(world: World) -> None:
    lost, fresh, now = await world.onboard(), Connector.new("dist_a"), world.clock.now()
    answer = await ordered(world, "rotate-key", {"csr_pem": fresh.csr_pem()})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    body = answer.json()
    assert datetime.fromisoformat(body["expires_at"]) == now + timedelta(days=37)
    assert (body["previous_valid_until"], body["ca_pem"]) == (None, "the services' CA")
    site = taken_over(lost, body, fresh.key)
    assert site.fingerprint != lost.fingerprint
    assert (await world.send(site, batch_of(invoices=[invoice()]))).status_code == 202
    [entry] = await world.audited("connector_key_rotated")
    assert (entry["actor"], entry["subject"], entry["outcome"]) == ("admin", "dist_a", "success")
    assert entry["details"] == {"previous_ended": "no", "with_certificate": "yes"}
    told = str(await world.events()) + str([tuple(row) for row in await world.pool.fetch("TABLE connector_key")])
    assert body["api_key"] not in told
    assert body["signing_secret"] not in told


async def test_a_key_of_operations_leaves_the_one_in_use_its_overlap_unless_that_is_ended(world: World) -> None:
    old = await world.onboard()
    assert await heartbeat(world, old) == 200
    answer = (await ordered(world, "rotate-key", {})).json()
    assert datetime.fromisoformat(answer["previous_valid_until"]) == world.clock.now() + timedelta(days=7)
    assert answer["certificate_pem"] is None
    new = taken_over(old, answer)
    assert await heartbeat(world, new) == await heartbeat(world, old) == 200
    ended = await ordered(world, "rotate-key", {"end_previous": True})
    assert ended.json()["previous_valid_until"] is None
    assert [await heartbeat(world, site) for site in (old, new, taken_over(old, ended.json()))] == [401, 401, 200]


async def test_a_key_of_operations_replaces_one_that_the_connector_asked_for_and_never_used(world: World) -> None:
    old = await world.onboard()
    asked = taken_over(old, (await world.call(old, "POST", ROTATE, {})).json())
    new = taken_over(old, (await ordered(world, "rotate-key", {})).json())
    assert [await heartbeat(world, site) for site in (asked, new, old)] == [401, 200, 200]


async def test_revoked_keys_and_certificates_open_nothing(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    successor = taken_over(connector, (await world.call(connector, "POST", ROTATE, {})).json())
    renewed = Connector.new("dist_a")
    renewed.api_key, renewed.signing_secret = connector.api_key, connector.signing_secret
    path = "/v1/connector/rotate-certificate"
    renewed.take((await world.call(connector, "POST", path, {"csr_pem": renewed.csr_pem()})).json())
    answer = await ordered(world, "revoke")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["keys"], answer.json()["certificates"]) == (2, 2)
    for site in (connector, successor, renewed):
        assert await heartbeat(world, site) == 401
        assert (await world.send(site, batch_of(invoices=[invoice()]))).status_code == 401
        assert (await world.status(site, "x")).status_code == 401
    assert await heartbeat(world, other) == 200
    [entry] = await world.audited("connector_revoked")
    assert (entry["actor"], entry["details"]) == ("admin", {"keys": "2", "certificates": "2", "sftp_keys": "0"})
    again = await ordered(world, "revoke")
    assert (again.json()["keys"], again.json()["certificates"]) == (0, 0)


async def test_a_revoked_distributor_comes_back_by_a_new_key_over_a_new_certificate_alone(world: World) -> None:
    old = await world.onboard()
    await ordered(world, "revoke")
    async with api_client(world.app, "admin") as client:
        onboarded = await client.put(ADMIN, json={"name": "A", "csr_pem": old.csr_pem()})
    for answer in (onboarded, await ordered(world, "rotate-key", {"csr_pem": old.csr_pem()})):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "csr_pem")
    without_certificate = taken_over(old, (await ordered(world, "rotate-key", {})).json())
    assert await heartbeat(world, without_certificate) == 401
    fresh = Connector.new("dist_a")
    body = (await ordered(world, "rotate-key", {"csr_pem": fresh.csr_pem()})).json()
    assert await heartbeat(world, taken_over(old, body, fresh.key)) == 200


async def test_only_admin_issues_and_revokes(world: World) -> None:
    connector = await world.onboard()
    for caller in ("score", "ingestion"):
        for order, body in (("rotate-key", {}), ("revoke", None)):
            assert (await ordered(world, order, body, caller=caller)).status_code == 403
    assert await heartbeat(world, connector) == 200


async def test_orders_about_an_unknown_distributor_are_not_found(world: World) -> None:
    assert (await ordered(world, "rotate-key", {})).status_code == 404
    assert (await ordered(world, "revoke")).status_code == 404


@asynccontextmanager
async def served(world: World, folder: Path) -> AsyncIterator[int]:
    """The API on a port of its own, over TLS with client certificates."""
    cert_file, key_file = self_signed(folder)
    (folder / "connectors.pem").write_text(world.ca.pem, encoding="ascii")
    port = free_port()
    tls = ServerTls(cert_file, key_file, other_client_ca_file=folder / "connectors.pem")
    server = server_of(Listener(world.app, port, tls))
    task = asyncio.create_task(server.serve())
    try:
        await asyncio.to_thread(wait_until_listening, [port])
        yield port
    finally:
        server.should_exit = True
        await task


def tls_of(connector: Connector, folder: Path) -> ssl.SSLContext:
    pem = connector.certificate_pem.encode() + connector.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "connector.pem").write_bytes(pem)
    context = ssl.create_default_context(cafile=folder / "server.crt")
    context.load_cert_chain(folder / "connector.pem")
    return context


@pytest.mark.parametrize("what", ["certificate and key", "key"])
async def test_a_revocation_acts_within_a_second_on_a_connection_that_is_open(
    world: World, tmp_path: Path, what: str
) -> None:
    world.clock.advance(seconds=(datetime.now(UTC) - world.clock.now()).total_seconds())  # TLS knows no other clock
    connector = await world.onboard()
    async with (
        served(world, tmp_path) as port,
        httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{port}", verify=tls_of(connector, tmp_path), timeout=HANG_S
        ) as client,
    ):
        body, headers = connector.signed("POST", HEARTBEAT, BEAT, now=world.clock.now())
        first = await client.post(HEARTBEAT, content=body, headers=headers)
        assert first.status_code == 200, first.text
        if what == "key":
            await ordered(world, "rotate-key", {"end_previous": True})
        else:
            await ordered(world, "revoke")
        watch = Stopwatch()
        second = await client.post(HEARTBEAT, content=body, headers=headers)
        assert second.status_code == 401
        assert watch.seconds < REFUSED_WITHIN_S
        ports = {answer.extensions["network_stream"].get_extra_info("client_addr") for answer in (first, second)}
        assert len(ports) == 1, "not the same connection"


class Interposed(httpx.AsyncBaseTransport):
    """The way to the vault, with something that happens while it is asked."""

    def __init__(self, vault: VaultSide) -> None:
        self._inner = httpx.ASGITransport(app=as_caller(vault.app, "ingestion"))
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers after what happens meanwhile."""
        if self.meanwhile is not None:
            await self.meanwhile()
        return await self._inner.handle_async_request(request)


class StoreThatRevokes:
    """The object store, where a revocation comes in after an object of this name was written."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name
        self.revoke: Callable[[], Any] | None = None

    def put_object(self, **options: Any) -> Any:
        """Writes, then revokes."""
        answer = self._client.put_object(**options)
        if self.revoke is not None and options["Key"].endswith(self._name):
            self.revoke()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


async def unfinished(world: World, answer: httpx.Response, *, cause: str = "certificate_not_accepted_any_more") -> None:
    """Asserts that nothing of a batch counts."""
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert await world.pool.fetchval("SELECT state FROM batch") == "received"
    assert await world.pool.fetchval("SELECT count(*) FROM record") == 0
    assert "ingestion.batch.complete" not in [name for name, _ in await world.events()]
    [entry] = await world.audited("failed_auth")
    assert entry["reason"] == cause


Rewired = Callable[[], World]


@pytest.fixture
def rewired(pool: asyncpg.Pool, object_store: Store, vault: VaultSide, clock: FixedClock, wiring: Wiring) -> Rewired:
    """Makes a world of the parts in `wiring` as they stand then."""
    return lambda: make_world(pool, object_store, vault, clock, wiring)


async def test_a_revocation_while_a_batch_is_sorted_stops_it_before_the_lake_can_see_it(
    rewired: Rewired, wiring: Wiring, vault: VaultSide
) -> None:
    wiring.vault_transport = interposed = Interposed(vault)
    world = rewired()
    connector = await world.onboard()
    interposed.meanwhile = partial(world.services.distributors.revoke, "dist_a")
    await unfinished(world, await world.send(connector, batch_of(invoices=[invoice()])))
    objects = world.bronze(await world.pool.fetchval("SELECT batch_id FROM batch"))
    assert list(objects) == ["invoices.parquet"]


ORDERS: dict[str, Callable[[World], Any]] = {
    "certificate_not_accepted_any_more": lambda world: world.services.distributors.revoke("dist_a"),
    "api_key_not_accepted_any_more": lambda world: world.services.distributors.rotate_key(
        "dist_a", csr_pem=None, ends_previous=True
    ),
}


@pytest.mark.parametrize("cause", ORDERS)
async def test_a_revocation_after_the_last_file_stops_the_batch_before_the_lake_can_see_it(
    rewired: Rewired, wiring: Wiring, object_store: Store, cause: str
) -> None:
    wiring.s3_client = store = StoreThatRevokes(object_store.client, "invoices.parquet")
    world, loop = rewired(), asyncio.get_running_loop()
    connector = await world.onboard()
    store.revoke = lambda: asyncio.run_coroutine_threadsafe(ORDERS[cause](world), loop).result(HANG_S)
    await unfinished(world, await world.send(connector, batch_of(invoices=[invoice()])), cause=cause)
    assert list(world.bronze(await world.pool.fetchval("SELECT batch_id FROM batch"))) == ["invoices.parquet"]


async def test_a_revocation_while_the_manifest_is_written_comes_after_a_batch_that_counts(
    rewired: Rewired, wiring: Wiring, object_store: Store
) -> None:
    wiring.s3_client = store = StoreThatRevokes(object_store.client, "manifest.json")
    world, loop = rewired(), asyncio.get_running_loop()
    connector = await world.onboard()
    store.revoke = lambda: asyncio.run_coroutine_threadsafe(world.services.distributors.revoke("dist_a"), loop).result(
        HANG_S
    )
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    assert answer.status_code == 202
    assert sorted(world.bronze(answer.json()["batch_id"])) == ["invoices.parquet", "manifest.json"]
    assert await world.pool.fetchval("SELECT state FROM batch") == "complete"
    assert [name for name, _ in await world.events()].count("ingestion.batch.complete") == 1
    assert await heartbeat(world, connector) == 401


HOLD = 4_711
WAITERS = """
DO $$ BEGIN
    LOOP
        EXIT WHEN (SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()) >= {count};
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$
"""


async def test_a_revocation_waits_for_a_batch_in_its_last_transaction_and_neither_fails(
    world: World, database: Database
) -> None:
    connector = await world.onboard()
    total = {"table": "invoices", "month": "2026-05", "count": 1, "amount_inr": 42000}
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
        )
        superuser.execute("CREATE TRIGGER hold BEFORE INSERT ON record FOR EACH ROW EXECUTE FUNCTION hold()")
        superuser.execute("SET statement_timeout = '20s'")
        superuser.execute("SELECT pg_advisory_lock(%s)", (HOLD,))
        batch = asyncio.create_task(world.send(connector, batch_of(invoices=[invoice()], erp_totals=[total])))
        await asyncio.to_thread(superuser.execute, WAITERS.format(count=1))
        revocation = asyncio.create_task(ordered(world, "revoke"))
        await asyncio.to_thread(superuser.execute, WAITERS.format(count=2))
        superuser.execute("SELECT pg_advisory_unlock(%s)", (HOLD,))
        answers = [(await task).status_code for task in (batch, revocation)]
    assert answers == [202, 200]
    assert await heartbeat(world, connector) == 401
