"""The compose file on a real engine: started, called, restarted, confined, gone without a trace."""

import json
import time
import uuid

import httpx
import pytest

from demo.context import Demo
from demo.sign_in import signed_in

from .conftest import PORTAL, PROCESSES, PROJECT, ROOT, VAR, Target, remove

pytestmark = pytest.mark.containers
LENDER = "lender_shriram"
RETAILER = "ret_0123456789abcdef"
PURPOSE = "working_capital_loan"
SECOND_LENDER = {"lender_id": "lender_ugro", "name": "Ugro"}


@pytest.fixture(scope="module")
def demo(target: Target) -> Demo:
    """Addresses and credentials of the target, as the demo reads them."""
    assert target.start_s > 0
    return Demo(ROOT / VAR, "small")


@pytest.fixture(scope="module")
def lender(demo: Demo) -> dict[str, str]:
    """A lender's credentials, made by an operator."""
    with demo.operator(1) as ops:
        answer = ops.post("/v1/admin/lenders", json={"lender_id": LENDER, "name": "Shriram"})
    assert answer.status_code in (200, 201), answer.text
    return {name: answer.json()[name] for name in ("client_id", "client_secret")}


def call(demo: Demo, lender: dict[str, str]) -> httpx.Response:
    """One score call of the lender, token included."""
    with demo.http("score") as client:
        issued = client.post("/v1/auth/token", json=lender)
        assert issued.status_code == 200, issued.text
        headers = {
            "Authorization": f"Bearer {issued.json()['access_token']}",
            "X-Client-ID": LENDER,
            "X-Request-ID": str(uuid.uuid4()),
        }
        return client.post("/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers=headers)


def inspect(target: Target, service: str) -> dict[str, object]:
    """What the engine says about a container."""
    container = target.compose("ps", "--all", "--quiet", service).strip()
    described: dict[str, object] = json.loads(target.run("docker", "inspect", container))[0]
    return described


def test_a_lender_calls_through_score_consent_and_the_stores(demo: Demo, lender: dict[str, str]) -> None:
    answer = call(demo, lender)

    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == "CONSENT_NOT_GRANTED"


def test_two_operators_sign_in_at_the_identity_provider_and_act_by_the_touch_of_their_keys(
    target: Target, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMPOSE_PROJECT_NAME", "ALTSCORE_PORT_OFFSET"):
        monkeypatch.setenv(name, target.environment[name])  # an invitation is made inside of admin's container

    asha, banu = signed_in(demo, ("asha", "banu"))

    session = asha.client.get("/v1/admin/session").json()
    assert session["sign_in"] == "token", session
    unconfirmed = asha.client.post("/v1/admin/lenders", json=SECOND_LENDER, headers=asha.csrf)
    assert unconfirmed.status_code == 403, unconfirmed.text
    answer = banu.post("/v1/admin/lenders", json=SECOND_LENDER)
    assert answer.status_code in (200, 201), answer.text


def test_an_officer_and_an_owner_sign_in_at_the_portal(target: Target) -> None:
    """By OpenID Connect, and by a letter and an SMS: the drill ends with an error where a check does not hold."""
    python = str(ROOT / ".venv" / "bin" / "python")

    shown = target.run(python, "-m", "demo.portal_drill", "--var", VAR, timeout_s=180)

    assert "they are signed in for their lender" in shown
    assert "they are signed in for their distributor" in shown


def test_after_a_restart_of_a_process_and_of_its_stores_the_call_is_answered_again(
    target: Target, demo: Demo, lender: dict[str, str]
) -> None:
    target.compose("restart", "postgres", "redis", "score-api")
    end = time.monotonic() + 180
    while True:
        try:
            if call(demo, lender).status_code == 403:
                break
        except (httpx.HTTPError, AssertionError):
            pass
        assert time.monotonic() < end
        time.sleep(1)


@pytest.mark.parametrize("name", [*PROCESSES, *PORTAL])
def test_a_process_runs_confined_as_its_own_user(target: Target, name: str) -> None:
    described = inspect(target, name)
    host, config = described["HostConfig"], described["Config"]
    assert isinstance(host, dict)
    assert isinstance(config, dict)
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert int(config["User"].split(":")[0]) > 10_000
    assert not [variable for variable in config["Env"] if "PASSWORD" in variable or "SECRET" in variable]


def inside(target: Target, service: str, code: str) -> str:
    """Output of Python code inside a container."""
    return target.compose("exec", "-T", service, "/opt/altscore/bin/python", "-c", code).strip()


def test_a_process_cannot_read_the_private_files_of_another(target: Target) -> None:
    reads = (
        "import pathlib\n"
        "for name in ('pki/consent.key', 'pki/ca.key', 'run/env/consent-api.env', 'pki/score.key'):\n"
        "    try: pathlib.Path('/srv/altscore/var/' + name).read_bytes(); print('read', name)\n"
        "    except PermissionError: print('refused', name)\n"
    )
    assert inside(target, "score-api", reads).splitlines() == [
        "refused pki/consent.key",
        "refused pki/ca.key",
        "refused run/env/consent-api.env",
        "read pki/score.key",
    ]


def test_nothing_leaves_the_zones_and_a_store_is_not_seen_outside_its_zone(target: Target) -> None:
    connect = (
        "import socket\n"
        "for place in (('192.0.2.1', 443), ('1.1.1.1', 53), ('tally-sim.altscore.internal', 21010)):\n"
        "    try: socket.create_connection(place, timeout=3); print('open')\n"
        "    except OSError: print('closed')\n"
        "socket.create_connection(('consent.altscore.internal', 21102), timeout=5); print('neighbour')\n"
    )
    assert inside(target, "score-api", connect).splitlines() == ["closed", "closed", "closed", "neighbour"]


def test_the_witness_reaches_what_it_reads_and_nobody_else_reaches_its_key(target: Target) -> None:
    connect = (
        "import pathlib, socket\n"
        "names = {'postgres': 21000, 's3': 21006, 'redis': 21001, 'kafka': 21002, 'score': 21101, 'vault': 21104}\n"
        "for name, port in names.items():\n"
        "    try: socket.create_connection((name + '.altscore.internal', port), timeout=3); print('open', name)\n"
        "    except OSError: pass\n"
        "print(oct(pathlib.Path('/srv/altscore/witness/audit-witness.key').stat().st_mode & 0o777))\n"
    )
    assert inside(target, "audit-witness", connect).splitlines() == ["open postgres", "open s3", "0o600"]
    mounts = {name: json.dumps(inspect(target, name)["Mounts"]) for name in (*PROCESSES, "provision", "postgres", "s3")}
    assert not [name for name, mounted in mounts.items() if "/srv/altscore/witness" in mounted]
    assert "/srv/altscore/witness" in json.dumps(inspect(target, "audit-witness")["Mounts"])
    with pytest.raises(AssertionError):
        inside(
            target,
            "score-api",
            "import socket; socket.create_connection(('audit-witness.altscore.internal', 21018), 3)",
        )


def test_zz_stopped_and_removed_nothing_is_left(target: Target) -> None:
    remove(target)
    for kind in ("container", "volume", "network"):
        extra = ("--all",) if kind == "container" else ()
        left = target.run(
            "docker", kind, "ls", "--quiet", *extra, "--filter", f"label=com.docker.compose.project={PROJECT}"
        )
        assert left.strip() == "", kind
