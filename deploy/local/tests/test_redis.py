"""Redis of the local stack: what the score user wrote is there after every kind of restart, and nobody else gets in."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.pki import ensure_pki
from altscore_local.redis_server import USER, Redis

SCRIPT = "redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2]) redis.call('EXPIRE', KEYS[1], 3600) return 1"


class Server:
    """The real process, as the stack starts it."""

    def __init__(self, layout: Layout) -> None:
        self.process = Redis(layout).prepare()
        self.log = layout.logs / "redis.log"
        self.ca = layout.pki / "ca.pem"
        self.url = Redis(layout).url
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.process.argv, env=dict(self.process.env), cwd=self.process.cwd, stdout=log, stderr=log
            )
        end = time.monotonic() + 20
        while not self.process.ready():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def end(self, number: int) -> None:
        assert self._child is not None
        os.kill(self._child.pid, number)
        self._child.wait(timeout=20)

    def client(self, **options: str | None) -> redis.Redis:
        return redis.Redis.from_url(self.url, ssl_ca_certs=str(self.ca), ssl_check_hostname=False, **options)


def until_written(client: redis.Redis) -> None:
    """Redis keeps writes back for up to two seconds while it syncs the file."""
    end = time.monotonic() + 10
    while client.info("persistence")["aof_buffer_length"] or client.info("persistence")["aof_pending_bio_fsync"]:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def server(clone: Layout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    port = free_port()
    monkeypatch.setattr(Layout, "port", lambda _self, _name: port)
    ensure_pki(clone)
    running = Server(clone)
    running.start()
    yield running
    with contextlib.suppress(ProcessLookupError):
        running.end(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["clean", "killed"])
def test_transactions_and_scripts_survive_a_restart(server: Server, number: int) -> None:
    with server.client() as client:
        transaction = client.pipeline(transaction=True)
        transaction.zadd("disclosures", {"ret_1": 1, "ret_2": 2})
        transaction.set("score", b"cached", ex=3600)
        transaction.execute()
        client.eval(SCRIPT, 1, "quota", "7", "call_1")
        client.incr("plain")
        until_written(client)
    for _ in range(2):
        server.end(number)
        server.start()
    with server.client() as client:
        assert client.zrange("disclosures", 0, -1, withscores=True) == [(b"ret_1", 1.0), (b"ret_2", 2.0)]
        assert client.get("score") == b"cached"
        assert client.zscore("quota", "call_1") == 7.0
        assert 0 < client.ttl("quota") <= 3600
        assert client.get("plain") == b"1"
    assert "CRITICAL" not in server.log.read_text()
    assert "NOPERM" not in server.log.read_text()


@pytest.mark.parametrize(
    ("name", "password"), [(None, None), ("default", ""), ("default", "x"), (USER, "x"), (USER, "")]
)
def test_nobody_gets_in_without_the_score_users_password(
    server: Server, name: str | None, password: str | None
) -> None:
    pool = redis.ConnectionPool(
        connection_class=redis.SSLConnection,
        host="127.0.0.1",
        port=server.process.port,
        username=name,
        password=password,
        ssl_ca_certs=str(server.ca),
        ssl_check_hostname=False,
    )
    with redis.Redis(connection_pool=pool) as client:
        attempts: list[Callable[[], object]] = [
            lambda: client.set("a", "b"),
            lambda: client.get("a"),
            lambda: client.pipeline(transaction=True).set("a", "b").execute(),
        ]
        for attempt in attempts:
            with pytest.raises((redis.AuthenticationError, redis.ResponseError)):
                attempt()
