"""Every misbehaviour of the Service Layer, seen through a real client."""

import json
import time

import httpx
import pytest

from .conftest import LOGIN, Simulator


def test_an_expired_session_is_refused_once_and_can_be_had_anew(simulator: Simulator) -> None:
    simulator.fault("expired_session", path="Invoices", skip=1)
    assert simulator.read("Invoices")
    refused = simulator.layer.get("/b1s/v1/Invoices")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, 301)
    simulator.login()
    assert simulator.read("Invoices")


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [("proxy_502", 502, "text/html"), ("proxy_503", 503, "text/html"), ("login_page", 200, "text/html")],
)
def test_a_proxy_answers_in_html(simulator: Simulator, kind: str, status: int, content_type: str) -> None:
    simulator.fault(kind, times=2)
    for _ in range(2):
        response = simulator.layer.get("/b1s/v1/Invoices")
        assert (response.status_code, response.headers["content-type"]) == (status, content_type)
        assert response.text.startswith("<html>")
    assert simulator.read("Invoices")


def test_a_login_can_meet_a_fault_too(simulator: Simulator) -> None:
    simulator.fault("proxy_502", path="Login")
    assert simulator.read("Invoices")
    assert simulator.layer.post("/b1s/v1/Login", json=LOGIN).status_code == 502


def test_a_busy_service_says_so_in_json(simulator: Simulator) -> None:
    simulator.fault("busy")
    response = simulator.layer.get("/b1s/v1/Invoices")
    assert (response.status_code, response.json()["error"]["code"]) == (500, -1)


def test_a_slow_answer_comes_late(simulator: Simulator) -> None:
    simulator.fault("slow", delay_s=0.3)
    begin = time.monotonic()
    assert simulator.read("Invoices")
    assert time.monotonic() - begin >= 0.3


def test_a_hanging_request_ends_without_an_answer(simulator: Simulator) -> None:
    simulator.fault("hang")
    with pytest.raises(httpx.ReadTimeout):
        simulator.layer.get("/b1s/v1/Invoices", timeout=0.3)
    simulator.control.delete("/_control/faults")
    assert simulator.read("Invoices")


def test_a_reply_is_cut_in_its_middle(simulator: Simulator) -> None:
    simulator.fault("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        simulator.layer.get("/b1s/v1/Invoices")
    assert simulator.read("Invoices")


def test_a_next_page_can_be_said_to_be_elsewhere(simulator: Simulator) -> None:
    simulator.fault("foreign_next_link", host="collector.example.invalid")
    content = simulator.read("Invoices", Prefer="odata.maxpagesize=1")
    assert content["odata.nextLink"] == "https://collector.example.invalid/b1s/v1/Invoices?$skip=1"


def test_the_right_body_can_have_the_wrong_type(simulator: Simulator) -> None:
    simulator.fault("wrong_content_type")
    response = simulator.layer.get("/b1s/v1/Invoices")
    assert response.headers["content-type"] == "text/plain"
    assert json.loads(response.text)["value"]


def test_an_error_can_be_in_another_language(simulator: Simulator) -> None:
    simulator.fault("translated_error")
    error = simulator.layer.get("/b1s/v1/Invoices(7)").json()["error"]
    assert (error["code"], error["message"]["lang"]) == (-2028, "es-es")


def test_a_page_that_changes_while_it_is_read_slides_under_skip(simulator: Simulator) -> None:
    late = {"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-06-01", "amount": "10.00", "entry": 900}
    simulator.fault("change_after", path="Invoices", changes=[late])
    size = {"Prefer": "odata.maxpagesize=2"}
    first = simulator.read("Invoices?$orderby=DocDate", **size)
    second = simulator.read(first["odata.nextLink"], **size)
    read = [row["DocEntry"] for row in first["value"] + second["value"]]
    # The second row came again, and the new one was never seen.
    assert read == [1001, 1002, 1002, 1003]


def test_the_control_endpoint_names_what_it_does_not_know(simulator: Simulator) -> None:
    for content in ({"kind": "earthquake"}, {"kind": "slow", "delay": 1}):
        assert simulator.control.post("/_control/faults", json=content).status_code == 400
    assert simulator.control.get("/_control/state").json()["faults"] == []
