"""Sessions of the Service Layer: two cookies, an end by time, a limit, case-sensitive paths."""

import httpx
import pytest

from .conftest import LOGIN, Simulator, Start


def error_code(response: httpx.Response) -> object:
    """The code of an error body."""
    return response.json()["error"]["code"]


def test_a_login_gives_a_session_and_the_node_that_it_lives_on(simulator: Simulator) -> None:
    response = simulator.login()
    assert set(response.json()) == {"odata.metadata", "SessionId", "Version", "SessionTimeout"}
    assert response.json()["SessionTimeout"] == 30
    cookies = response.headers.get_list("set-cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["B1SESSION", "ROUTEID"]
    assert all("path=/b1s/v1" in cookie for cookie in cookies)
    assert simulator.read("Invoices")["value"]


@pytest.mark.parametrize("missing", ["B1SESSION", "ROUTEID"])
def test_both_cookies_are_needed(simulator: Simulator, missing: str) -> None:
    simulator.layer.cookies.delete(missing)
    response = simulator.layer.get("/b1s/v1/Invoices")
    assert (response.status_code, error_code(response)) == (401, 301)


def test_another_node_does_not_know_the_session(simulator: Simulator) -> None:
    session_id = simulator.layer.cookies["B1SESSION"]
    simulator.layer.cookies.clear()
    headers = {"Cookie": f"B1SESSION={session_id}; ROUTEID=.node9"}
    assert simulator.layer.get("/b1s/v1/Invoices", headers=headers).status_code == 401


def test_a_wrong_password_and_a_wrong_path_are_told_apart(simulator: Simulator) -> None:
    refused = simulator.layer.post("/b1s/v1/Login", json=LOGIN | {"Password": "wrong"})
    assert (refused.status_code, error_code(refused)) == (401, -304)
    simulator.layer.cookies.clear()
    lower = simulator.layer.post("/b1s/v1/login", json=LOGIN)
    assert (lower.status_code, error_code(lower)) == (401, 301)


def test_the_second_version_says_the_same_in_its_own_form(simulator: Simulator) -> None:
    simulator.layer.cookies.clear()
    response = simulator.layer.get("/b1s/v2/Invoices")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "301"
    assert isinstance(response.json()["error"]["message"], str)
    assert "@odata.context" in simulator.login("v2").json()
    assert simulator.read("Invoices", version="v2")["value"]


def test_a_session_ends_by_logout_and_by_a_restart(simulator: Simulator) -> None:
    assert simulator.layer.post("/b1s/v1/Logout").status_code == 204
    assert simulator.layer.get("/b1s/v1/Invoices").status_code == 401
    simulator.login()
    assert simulator.control.post("/_control/expire").json() == {"sessions": 1}
    assert simulator.layer.get("/b1s/v1/Invoices").status_code == 401


def test_an_unused_session_ends_by_time(start: Start) -> None:
    with start("--session-timeout-s", "0.000001") as running:
        running.login()
        assert running.layer.get("/b1s/v1/Invoices").status_code == 401


def test_only_so_many_sessions_are_open_at_once(start: Start) -> None:
    with start("--max-sessions", "1", is_plain=True) as running:
        running.login()
        refused = running.layer.post("/b1s/v1/Login", json=LOGIN)
        assert refused.status_code == 500
        assert "maximum number of sessions" in refused.json()["error"]["message"]["value"]
