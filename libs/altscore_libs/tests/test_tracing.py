"""One trace from a call to the event that it caused, however many processes it passes; recorded where that is on."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from altscore_libs import event_tracing, logs, tracing
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Decoder, Received
from altscore_libs.db import transaction
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.registry import Registry
from altscore_libs.settings import TelemetrySettings
from altscore_libs.telemetry import recording
from altscore_libs.testing import OUTBOX_KEY, api_client, as_caller
from altscore_libs.trace_context import below, is_below, parse, trace_id_of
from altscore_libs.web import create_app, router
from fastapi import FastAPI

from .broker import Broker, kafka_settings, relay_of
from .collector import ExportedSpan, collector, registry

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TRACE = UUID.replace("-", "")
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def registry_url() -> Iterator[str]:
    with registry() as url:
        yield url


@contextmanager
def recorded(ratio: float = 1.0) -> Iterator[list[ExportedSpan]]:
    """Records meanwhile; afterwards the spans that a collector got."""
    with collector() as (url, spans), recording(TelemetrySettings(otlp_endpoint=url, trace_sample_ratio=ratio), "shop"):
        yield spans


def shop(pool: asyncpg.Pool, outbox: Outbox) -> FastAPI:
    """Writes an event for each order."""
    app, routes = create_app("shop"), router()

    @routes.post("/orders")
    async def order() -> str:
        async with transaction(pool) as connection:
            await outbox.audit(connection, "consent_granted", actor="till", outcome="ok")
        return "ok"

    app.include_router(routes)
    return app


def till(to_shop: ServiceClient) -> FastAPI:
    """Passes a sale on to the shop."""
    app, routes = create_app("till"), router()

    @routes.get("/sales")
    async def sale() -> Any:
        return await to_shop.call("POST", "/orders")

    app.include_router(routes)
    return app


async def sell(pool: asyncpg.Pool, outbox: Outbox, headers: dict[str, str]) -> None:
    transport = httpx.ASGITransport(app=as_caller(shop(pool, outbox), "till"))
    async with (
        ServiceClient("https://shop.test", tls=None, transport=transport) as to_shop,
        api_client(till(to_shop)) as client,
    ):
        assert (await client.get("/sales", headers=headers)).status_code == 200


async def deliver(
    pool: asyncpg.Pool, relay_pool: asyncpg.Pool, catalogue: SchemaCatalog, *, registry_url: str, seen: list[Received]
) -> Broker:
    """Relays what waits, and applies it; the handler writes an event of its own."""
    settings, broker = kafka_settings(registry_url), Broker()
    await relay_of(relay_pool, catalogue, registry_url)._send_batch(broker, asyncio.Event())

    async def handle(connection: asyncpg.Connection, event: Received) -> None:
        seen.append(event)
        outbox = Outbox(catalogue, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY)
        await outbox.audit(connection, "consent_revoked", actor="till", outcome="ok")

    decoder = Decoder(catalogue, Registry(settings.registry_url))
    reader = Consumer(
        pool,
        catalogue,
        settings,
        group="g",
        topics=["altscore.audit"],
        handlers={"audit_event": handle},
        decoder=decoder,
    )
    await reader._apply_batch(broker.messages)
    return broker


async def test_without_an_endpoint_one_trace_id_reaches_the_consumer_and_what_it_writes(
    pool: asyncpg.Pool, relay_pool: asyncpg.Pool, catalogue: SchemaCatalog, registry_url: str
) -> None:
    seen: list[Received] = []
    await sell(pool, Outbox(catalogue, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY), {"X-Request-ID": UUID})
    first = await deliver(pool, relay_pool, catalogue, registry_url=registry_url, seen=seen)
    second = await deliver(pool, relay_pool, catalogue, registry_url=registry_url, seen=seen)
    assert [event.trace_id for event in seen] == [TRACE, TRACE]
    sent = [parse(message.traceparent) for broker in (first, second) for message in broker.messages]
    assert [(parent.trace_id, parent.is_sampled) for parent in sent if parent] == [(TRACE, False)] * 2


async def test_with_an_endpoint_the_collector_sees_one_joined_trace(
    pool: asyncpg.Pool, relay_pool: asyncpg.Pool, catalogue: SchemaCatalog, registry_url: str
) -> None:
    seen: list[Received] = []
    with recorded() as spans:
        await sell(pool, Outbox(catalogue, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY), {"X-Request-ID": UUID})
        broker = await deliver(pool, relay_pool, catalogue, registry_url=registry_url, seen=seen)
    by_id = {span.span_id: span for span in spans}
    assert {span.trace_id for span in spans} == {TRACE}
    assert {span.service for span in spans} == {"shop"}
    [last] = [span for span in spans if span.name == "write audit_event" and span.parent_id in by_id
              and by_id[span.parent_id].name.startswith("process")]  # fmt: skip
    names = []
    span: ExportedSpan | None = last
    while span is not None:
        names.append(span.name)
        span = by_id.get(span.parent_id)
    assert names[::-1] == [
        "GET /sales",
        "POST shop.test",
        "POST /orders",
        "write audit_event",
        "send altscore.audit",
        "process altscore.audit",
        "write audit_event",
    ]
    [served] = [span for span in spans if span.name == "POST /orders"]
    assert served.attributes["http.response.status_code"] == 200
    assert served.attributes["altscore.request_id"] == UUID
    parent = parse(broker.messages[0].traceparent)
    assert parent is not None
    assert parent.is_sampled


async def test_only_the_chosen_share_is_recorded_unless_one_of_our_services_says_so() -> None:
    app, routes = create_app("shop"), router()

    @routes.get("/orders")
    async def order() -> str:
        return "ok"

    app.include_router(routes)
    unchosen, unchosen_id = "f" * 32, f"{UUID[:21]}ff-{'f' * 12}"
    header = {"traceparent": f"00-{unchosen}-{'1' * 16}-01"}
    with recorded(0.5) as spans:
        for caller, headers in ((None, header), ("till", {}), ("till", header)):
            async with api_client(app, caller) as client:
                await client.get("/orders", headers={"X-Request-ID": unchosen_id} | headers)
    assert [(span.trace_id, span.parent_id, span.attributes["altscore.peer"]) for span in spans] == [
        (unchosen, "1" * 16, "till")
    ]


@pytest.mark.parametrize("ratio", [0.0, 0.01, 0.3, 1.0])
def test_the_share_follows_from_the_trace_id_alone(ratio: float) -> None:
    traces = [uuid4().hex for _ in range(20_000)]
    assert sum(is_below(trace, below(ratio)) for trace in traces) / len(traces) == pytest.approx(ratio, abs=0.02)
    assert not any(is_below("0" * 32, below(0.0)) for _ in traces)
    assert is_below("f" * 32, below(1.0))


def test_a_failed_part_has_the_class_of_its_error_and_no_text() -> None:
    error = pytest.raises(ValueError, match="919876543210")
    with recorded() as spans, error, tracing.step("stock"), tracing.span("count"):
        raise ValueError("919876543210")
    assert [(span.name, span.is_error, span.attributes) for span in spans] == [
        ("count", True, {"error.type": "ValueError"}),
        ("stock", True, {"error.type": "ValueError"}),
    ]


async def test_every_turn_of_a_worker_is_a_trace_of_its_own() -> None:
    stop, turns = asyncio.Event(), []

    async def step() -> bool:
        turns.append((logs.bound_value("trace_id"), parse(tracing.traceparent())))
        if len(turns) == 2:
            stop.set()
        return True

    await PeriodicWorker("stock", step, interval_s=0).run(stop)
    [(first, parent), (second, _)] = turns
    assert first != second
    assert parent is not None
    assert parent.trace_id == first
    assert tracing.traceparent() is None


async def test_work_for_several_callers_belongs_to_one_trace_and_links_to_all() -> None:
    callers = []
    for digit in "abc":
        with logs.bound(request_id=UUID, trace_id=digit * 32):
            callers.append(tracing.caller())
    with tracing.resumed(callers[:1]):
        lone = tracing.outgoing_headers()
    with tracing.resumed(callers):
        together = tracing.outgoing_headers()
        assert logs.bound_value("request_id") is None
    assert lone == {"X-Request-ID": UUID, "traceparent": f"00-{'a' * 32}-{'a' * 16}-00"}
    assert together == {
        "traceparent": f"00-{'a' * 32}-{'a' * 16}-00",
        "X-Trace-Links": ",".join(f"00-{digit * 32}-{digit * 16}-00" for digit in "abc"),
    }
    assert tracing.outgoing_headers() == {}


async def test_a_caller_that_is_recorded_leads_those_who_are_asked_about_together() -> None:
    with recorded(0.5) as spans:
        callers = []
        for digit in "ff0":
            with tracing.step("sale", digit * 31 + "1"):
                callers.append(tracing.caller())
        with tracing.resumed(callers), tracing.span("ask", kind="client"):
            pass
    assert {span.trace_id for span in spans} == {"0" * 31 + "1"}
    assert sorted(span.name for span in spans) == ["ask", "sale"]


@pytest.mark.parametrize("text", ["", "no trace", "0" * 32, "A" * 32, UUID])
def test_an_event_with_a_trace_id_that_is_none_is_sent_and_handled_without_a_span(text: str) -> None:
    with recorded() as spans:
        event_tracing.sending(text, uuid4(), name="order", topic="orders")
        with event_tracing.received(text, None, name="order", topic="orders"):
            pass
    assert spans == []


def test_a_run_has_the_same_trace_in_every_process() -> None:
    assert trace_id_of("run_1") == trace_id_of("run_1") != trace_id_of("run_2")
    assert parse(f"00-{trace_id_of('run_1')}-{'1' * 16}-00") is not None


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "00-1-2-01",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01-x",
    ],
)
def test_what_is_no_traceparent_is_not_read(text: str | None) -> None:
    assert parse(text) is None


def test_a_process_that_does_not_trace_imports_no_opentelemetry_sdk() -> None:
    code = (
        "import sys; from altscore_libs import outbox, service, web; from altscore_libs.telemetry import recording;"
        "from altscore_libs.settings import TelemetrySettings as Settings\n"
        "with recording(Settings(), 'shop'): print([name for name in sys.modules if 'opentelemetry.sdk' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=110)
    assert done.stdout == "[]\n"


def test_an_unreachable_collector_costs_nothing_but_its_spans() -> None:
    settings = TelemetrySettings(otlp_endpoint="http://127.0.0.1:1", trace_sample_ratio=1)
    with recording(settings, "shop"), tracing.step("stock"):
        pass
    assert tracing.traceparent() is None
