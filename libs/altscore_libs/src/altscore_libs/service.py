"""The frame of a process: listeners, workers, health, metrics, JSON logs and a graceful end."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from altscore_libs import logs
from altscore_libs.commands import run_coroutine
from altscore_libs.http1 import HEAD_S
from altscore_libs.periodic import PeriodicWorker, keep_running
from altscore_libs.tls import RELOAD_S, PeerProtocol, PeerReader, ServerTls, reload_certificates, server_context

Worker = Callable[[asyncio.Event], Awaitable[None]]
GRACE_S = 10
LOOPBACK = "127.0.0.1"
_log = logging.getLogger("altscore.service")
_dependency_up = Gauge("altscore_dependency_up", "1 while a dependency passes its readiness check.", ["dependency"])


@dataclass(frozen=True)
class Listener:
    """One port and the application behind it."""

    app: ASGIApp
    port: int
    tls: ServerTls | None
    require_client_certificate: bool = True
    head_timeout_s: float = HEAD_S
    problem_types: str | None = None  # as of create_app(), for what is refused before the application


class Readiness:
    """The checks of a process's own dependencies; ready when none raises within a second."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[], Awaitable[object]]] = {}

    def add(self, name: str, check: Callable[[], Awaitable[object]]) -> None:
        """Adds a check that raises while its dependency cannot be used."""
        self._checks[name] = check

    async def failures(self) -> list[str]:
        """Names of the dependencies that do not answer."""
        failed = []
        for name, check in self._checks.items():
            is_up = await _passes(check)
            _dependency_up.labels(name).set(is_up)
            if not is_up:
                failed.append(name)
        return failed


async def _passes(check: Callable[[], Awaitable[object]]) -> bool:
    try:
        await asyncio.wait_for(check(), timeout=1.0)
    except Exception:  # noqa: BLE001  # any failure of a dependency means not ready
        return False
    return True


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _reload_certificates() -> None:
    await asyncio.to_thread(reload_certificates)


def _internal_app(readiness: Readiness) -> Starlette:
    async def live(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        failed = await readiness.failures()
        return JSONResponse({"status": "not ready" if failed else "ready", "failed": failed}, 503 if failed else 200)

    async def metrics(_: Request) -> Response:
        await readiness.failures()  # a monitor that reads metrics alone learns of it too
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", live), Route("/readyz", ready), Route("/metrics", metrics)])


def server_of(listener: Listener, host: str = LOOPBACK) -> uvicorn.Server:
    """The HTTP server of a listener on an address of this machine, not started yet."""
    config = uvicorn.Config(
        listener.app,
        host=host,
        port=listener.port,
        http=partial(  # type: ignore[arg-type]  # makes one
            PeerProtocol,
            peers=PeerReader(listener.tls if listener.require_client_certificate else None),
            head_timeout_s=listener.head_timeout_s,
            problem_types=listener.problem_types,
        ),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_S,
        backlog=1024,
        reset_contextvars=True,  # a pipelined request would begin with what the one before it bound to its log lines
    )
    config.load()
    if listener.tls is not None:
        config.ssl = server_context(listener.tls, require_client_certificate=listener.require_client_certificate)
    return _Server(config)


@contextlib.asynccontextmanager
async def _stopped_by_signals(stop: asyncio.Event) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def leave_start_up_objects_out_of_collections() -> None:
    """How every process of ours collects garbage: seldom, and never what was there before the first request."""
    gc.collect()
    gc.freeze()  # start-up objects are never garbage; without it each collection walks them all
    gc.set_threshold(50_000, 50, 1_000)


async def serve(
    name: str,
    *,
    listeners: Sequence[Listener] = (),
    workers: Mapping[str, Worker] | None = None,
    readiness: Readiness,
    internal_port: int,
    host: str = LOOPBACK,
) -> None:
    """Runs a process until SIGTERM, SIGINT, or until a server ends or a worker returns.

    A worker that raises is logged, counted and started again: a lost database, or any other fault of a worker, never
    ends a process that serves. Renewed certificate files are taken within RELOAD_S, without a restart.

    Args:
        name: of the process, in every log line, where run_commands() gave it none.
        listeners: public or mTLS ports.
        workers: loops by name; each returns soon after the event it receives is set.
        readiness: dependencies of this process.
        internal_port: port of /livez, /readyz and /metrics.
        host: address that every port is bound to; loopback, or all of a container's.

    Raises:
        ExceptionGroup: when a server failed; the supervisor starts the process anew.
    """
    logs.configure(name)
    asyncio.get_running_loop().set_exception_handler(logs.report_loop_error)
    stop = asyncio.Event()
    internal = Listener(_internal_app(readiness), internal_port, None, require_client_certificate=False)
    servers = [server_of(listener, host) for listener in (*listeners, internal)]

    async def run_server(server: uvicorn.Server) -> None:
        try:
            await server.serve()
        finally:
            stop.set()

    async def run_worker(worker_name: str, worker: Worker) -> None:
        try:
            await keep_running(worker_name, worker, stop)
        finally:
            stop.set()

    async def end_servers() -> None:
        await stop.wait()
        for server in servers:
            server.should_exit = True

    leave_start_up_objects_out_of_collections()
    async with _stopped_by_signals(stop), asyncio.TaskGroup() as group:
        group.create_task(end_servers())
        for server in servers:
            group.create_task(run_server(server))
        certificates = PeriodicWorker("certificates", _reload_certificates, interval_s=RELOAD_S)
        for worker_name, worker in {**(workers or {}), "certificates": certificates.run}.items():
            group.create_task(run_worker(worker_name, worker), name=worker_name)
        ports = [listener.port for listener in listeners]
        _log.info("started", extra={"ports": ports, "internal_port": internal_port, "workers": list(workers or {})})
    _log.info("stopped")


def run(main: Awaitable[None]) -> None:
    """Runs a process's main coroutine on uvloop."""
    run_coroutine(main)
