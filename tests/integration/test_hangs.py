"""A neighbour that hangs costs its callers little: each drill stops one process for some seconds and measures them."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest

from demo.context import LENDERS, Demo
from demo.steps.ingest import send
from demo.steps.lender import Lender

from .conftest import Stack, eventually, hanging

HANGS_S = 8.0
CALLS_A_SECOND = 2  # of each lender, whose hundred a minute other drills need too
QUOTA_S = 75  # a minute's quota is whole again
BUSY_MACHINE_S = 0.5  # what other processes on the same two cores may add
UNKNOWN_RETAILER = "ret_00000000000000ff"
UNKNOWN_GSTIN = "27AAACZ0000A1Z9"
Call = tuple[int, float]


def timed(send_call: Callable[[], int]) -> Call:
    """Status of a call, 0 when nobody answers, and its seconds."""
    begun = time.monotonic()
    try:
        status = send_call()
    except httpx.HTTPError:
        status = 0
    return status, time.monotonic() - begun


def is_answered(send_call: Callable[[], int]) -> bool:
    """Whether a call gets the answer that it gets while nothing hangs."""
    return timed(send_call)[0] in (200, 403, 404)


def calls_while(demo: Demo, process: str, make_call: Callable[[Lender], Callable[[], int]]) -> list[Call]:
    """What two lenders see while a process hangs; every call starts on time, whatever the others wait for."""
    lenders = [Lender(demo, name) for name in LENDERS]
    for lender in lenders:  # connections and tokens are warm, and the minute's quota is not spent by an earlier test
        eventually("answered", partial(is_answered, make_call(lender)), QUOTA_S, every_s=5)
    calls: list[Call] = []
    threads: list[threading.Thread] = []
    with hanging(demo, process):
        for number in range(int(HANGS_S * CALLS_A_SECOND * len(lenders))):
            call = make_call(lenders[number % len(lenders)])
            threads.append(threading.Thread(target=lambda call=call: calls.append(timed(call))))
            threads[-1].start()
            time.sleep(1 / CALLS_A_SECOND / len(lenders))
        for thread in threads:
            thread.join(timeout=30)
    seconds = sorted(elapsed for _, elapsed in calls)
    statuses = dict(Counter(status for status, _ in calls))
    middle, worst = seconds[len(seconds) // 2], seconds[-1]
    print(f"\n{process} hangs: {len(calls)} calls, {statuses}, median {middle:.3f} s, worst {worst:.3f} s")
    return calls


def score_of(lender: Lender) -> Callable[[], int]:
    """A new call for the score of a retailer whom nobody knows: it asks consent and is audited."""
    return lambda: lender.score(UNKNOWN_RETAILER, request_id=str(uuid.uuid4())).status_code


def lookup_of(lender: Lender) -> Callable[[], int]:
    """A lookup, which asks the vault."""
    return lambda: lender.http.post("/v1/retailers/lookup", json={"gst": UNKNOWN_GSTIN}).status_code


class Drill(NamedTuple):
    """What hangs, who calls meanwhile, for how long a call may wait and what it may be answered."""

    process: str
    make_call: Callable[[Lender], Callable[[], int]]
    limit_s: float
    statuses: frozenset[int]


DRILLS = (
    Drill("consent-api", score_of, limit_s=1.0, statuses=frozenset({403, 503})),
    Drill("redis", score_of, limit_s=1.0, statuses=frozenset({403})),
    Drill("vault", lookup_of, limit_s=1.0, statuses=frozenset({503})),
    Drill("postgres", score_of, limit_s=2.0, statuses=frozenset({403, 503})),
)


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.process)
def test_a_lender_waits_briefly_while_a_neighbour_hangs(demo: Demo, healed: Stack, drill: Drill) -> None:
    assert healed
    calls = calls_while(demo, drill.process, drill.make_call)
    assert len(calls) == HANGS_S * CALLS_A_SECOND * len(LENDERS)
    assert {status for status, _ in calls} <= drill.statuses
    assert max(elapsed for _, elapsed in calls) <= drill.limit_s + BUSY_MACHINE_S
    lender = Lender(demo, LENDERS[1])
    eventually("served again", lambda: is_answered(drill.make_call(lender)), 15)


def batch() -> dict[str, Any]:
    """A sound batch of one new record."""
    record = {
        "invoice_id": f"HANG/{uuid.uuid4()}",
        "retailer_ref": "hang-shop",
        "invoice_date": "2026-10-05",
        "amount_inr": 1000,
    }
    span = {"sync_from": "2026-10-01T00:00:00Z", "sync_to": "2026-10-31T23:59:59Z"}
    return {"distributor_id": "dist_b", **span, "invoices": [record], "payments": []}


@pytest.mark.parametrize("process", ["vault", "s3", "postgres", "kafka"])
def test_a_connector_is_answered_within_ten_seconds_while_a_neighbour_hangs(
    demo: Demo, healed: Stack, process: str
) -> None:
    assert healed
    assert send(demo, batch())["status"] == 202
    payload, batch_id = batch(), str(uuid.uuid4())
    with hanging(demo, process):
        begun = time.monotonic()
        answer = send(demo, payload, batch_id=batch_id)
        elapsed = time.monotonic() - begun
    print(f"\n{process} hangs: {answer['status']} after {elapsed:.1f} s, the connector's start included")
    assert answer["status"] == (202 if process == "kafka" else 503)
    assert elapsed <= 10 + BUSY_MACHINE_S

    def is_written() -> bool:
        return send(demo, payload, batch_id=batch_id)["status"] in (202, 409)

    eventually("the same batch is written", is_written, 30)
