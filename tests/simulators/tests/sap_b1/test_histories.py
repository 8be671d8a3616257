"""Random histories of a company, read by the connector after every part of them: the ledger to the paisa.

The simulator runs in this process here, so that thousands are possible; `ALTSCORE_LEDGER_HISTORIES` sets how many.
"""

import contextlib
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
from altscore_connector.sap_b1.reader import read_sap_b1
from altscore_connector.sap_b1.service_layer import Access, ServiceLayer
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators_sap_b1.changes import apply_change, load_company
from simulators_sap_b1.ledger import BadChangeError
from simulators_sap_b1.oracle import truth
from simulators_sap_b1.service import Request, Service
from simulators_sap_b1.sessions import Sessions

from .conftest import LOGIN, company
from .receiver import Receiver, assert_the_truth

HISTORIES = int(os.environ.get("ALTSCORE_LEDGER_HISTORIES", "60"))
TODAY = date(2026, 8, 31)
ACCESS = Access(
    url="https://127.0.0.1:50000",
    company_db=LOGIN["CompanyDB"],
    user=LOGIN["UserName"],
    password=LOGIN["Password"],
)


class ServiceTransport(httpx.BaseTransport):
    """Carries requests to a service in this process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The service's answer."""
        reply = self._service.answer(
            Request(
                method=request.method,
                target=request.url.raw_path.decode(),
                headers=dict(request.headers),
                body=request.read(),
            )
        )
        headers = [*reply.headers, ("Content-Type", reply.content_type)]
        return httpx.Response(reply.status, headers=headers, content=reply.body)


AMOUNTS = st.integers(1, 10**9).map(lambda paise: format(Decimal(paise).scaleb(-2), ".2f"))
ENTRIES, PAYMENTS = st.integers(1001, 1008), st.integers(501, 505)


def payment(entry: int, amount: str, rest: str, partner: str) -> dict[str, Any]:
    """A payment that settles an invoice and leaves the rest on account."""
    change = {"op": "add", "kind": "payment", "partner": partner, "on": "2026-07-30", "cash": amount, "transfer": rest}
    return change | {"applied": [{"entry": entry, "amount": amount}]}


CHANGES = st.one_of(
    st.builds(
        lambda kind, amount, day: {"op": "add", "kind": kind, "partner": "C00003", "on": day, "amount": amount},
        st.sampled_from(["invoice", "credit_note"]),
        AMOUNTS,
        st.sampled_from(["2026-05-09", "2026-07-09", "2026-08-30"]),
    ),
    st.builds(
        lambda entry, amount, quiet: {
            "op": "change",
            "kind": "invoice",
            "entry": entry,
            "amount": amount,
            "is_quiet": quiet,
        },
        ENTRIES,
        AMOUNTS,
        st.booleans(),
    ),
    st.builds(lambda entry: {"op": "cancel", "kind": "invoice", "entry": entry}, ENTRIES),
    st.builds(payment, ENTRIES, AMOUNTS, AMOUNTS, st.sampled_from(["C00002", "C00003"])),
    st.builds(lambda entry: {"op": "cancel", "kind": "payment", "entry": entry}, PAYMENTS),
    st.builds(lambda entry: {"op": "reverse", "kind": "payment", "entry": entry, "on": "2026-08-02"}, PAYMENTS),
)


@settings(max_examples=HISTORIES, deadline=None, derandomize=True)
@given(st.lists(st.lists(CHANGES, max_size=8), min_size=1, max_size=4), st.sampled_from(["v1", "v2"]))
def test_any_history_of_changes_ends_as_the_companys_ledger(history: list[list[dict[str, Any]]], version: str) -> None:
    service = Service(load_company(company()), Sessions(timeout_s=600, limit=2))
    transport, receiver, state = ServiceTransport(service), Receiver(), State(":memory:")
    access = replace(ACCESS, version=version)
    for changes in history:
        for change in changes:
            with contextlib.suppress(BadChangeError):
                apply_change(service.company, change)
        reading = read_sap_b1(
            access,
            today=TODAY,
            known_months=state.known_months(),
            connect=lambda chosen: ServiceLayer(chosen, transport=transport),
        )
        summary = Summary("dist_x", "sap_b1")
        assert deliver(reading, receiver, state, summary=summary, progress=lambda _line: None)
        assert_the_truth(receiver, truth(service.company))
        assert all(comparison.agrees for comparison in summary.comparisons)
