"""The simulator as a process, behind TLS, and a client that keeps its cookies."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs.testing import self_signed
from altscore_libs.testing_postgres import HANG_S

SOURCES = Path(__file__).parents[2]
LOGIN = {"CompanyDB": "SBODEMOIN", "UserName": "altscore", "Password": "a-password"}
GSTINS = ("27AAACZ0000A1Z9", "24AAACZ0000A1ZF")


def company() -> dict[str, Any]:
    """Two partners and four invoices: paid with another by one payment, part-paid, open and in dollars."""
    return {
        "database": LOGIN["CompanyDB"],
        "user": LOGIN["UserName"],
        "password": LOGIN["Password"],
        "now": "2026-08-01T09:00:00",
        "changes": [
            {
                "op": "add",
                "kind": "partner",
                "code": "C00002",
                "name": "Ram & Sons",
                "fields": {"Cellular": "+91 90000 00000", "FreeText": "likes tea"},
                "addresses": [
                    {"AddressName": "Bill to", "AddressType": "bo_BillTo", "State": "MH", "GSTIN": GSTINS[0]},
                    {"AddressName": "Godown", "AddressType": "bo_ShipTo", "State": "GJ", "GSTIN": GSTINS[1]},
                ],
                "tax_ids": [{"Address": "Bill to", "AddrType": "bo_BillTo", "TaxId0": "AAACZ0000A"}],
            },
            {"op": "add", "kind": "partner", "code": "C00003", "name": "श्री कृष्ण जनरल स्टोर"},
            {"op": "add", "kind": "invoice", "partner": "C00002", "on": "2026-07-02", "amount": "11800.00"},
            {"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-07-03", "amount": "5250.50"},
            {"op": "add", "kind": "invoice", "partner": "C00002", "on": "2026-07-04", "amount": "1180.00"},
            {
                "op": "add",
                "kind": "invoice",
                "partner": "C00003",
                "on": "2026-07-05",
                "amount": "8300.00",
                "currency": "USD",
                "foreign_amount": "100.00",
            },
            {
                "op": "add",
                "kind": "payment",
                "partner": "C00002",
                "on": "2026-07-20",
                "transfer": "12300.00",
                "transfer_reference": "UTR0001",
                "applied": [{"entry": 1001, "amount": "11800.00"}, {"entry": 1003, "amount": "500.00"}],
            },
        ],
    }


@dataclass
class Simulator:
    """A running simulator."""

    layer: httpx.Client
    control: httpx.Client

    def login(self, version: str = "v1") -> httpx.Response:
        """Logs in; the client keeps both cookies."""
        response = self.layer.post(f"/b1s/{version}/Login", json=LOGIN)
        assert response.status_code == 200
        return response

    def read(self, target: str, *, version: str = "v1", **headers: str) -> Any:
        """The JSON of a successful reading."""
        response = self.layer.get(f"/b1s/{version}/{target}", headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def change(self, *changes: dict[str, Any]) -> list[Any]:
        """Changes the company; the keys of what was made or changed."""
        response = self.control.post("/_control/changes", json=list(changes))
        assert response.status_code == 200, response.text
        keys: list[Any] = response.json()["keys"]
        return keys

    def fault(self, kind: str, **settings: Any) -> None:
        """Arms a fault."""
        response = self.control.post("/_control/faults", json={"kind": kind, **settings})
        assert response.status_code == 200, response.text

    def oracle(self) -> Any:
        """The live truth."""
        return self.control.get("/_oracle/ledger").json()


Start = Callable[..., AbstractContextManager[Simulator]]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for loopback."""
    return self_signed(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def start(certificate: tuple[Path, Path], tmp_path: Path) -> Start:
    """Starts a simulator with further options."""

    @contextmanager
    def run(*arguments: str, is_plain: bool = False) -> Iterator[Simulator]:
        (tmp_path / "company.json").write_text(json.dumps(company()), encoding="utf-8")
        cert, key = certificate
        secured = ["--plain"] if is_plain else ["--cert", str(cert), "--key", str(key)]
        command = [sys.executable, "-m", "simulators_sap_b1", "--port", "0", "--control-port", "0", *secured]
        command += ["--company", str(tmp_path / "company.json"), *arguments]
        env = os.environ | {"PYTHONPATH": str(SOURCES)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as process:
            assert process.stdout is not None
            ports = [part.rsplit(":", 1)[1] for part in process.stdout.readline().split() if ":" in part]
            context = ssl.create_default_context(cafile=str(cert))
            scheme = "http" if is_plain else "https"
            with (
                httpx.Client(base_url=f"{scheme}://127.0.0.1:{ports[0]}", verify=context, trust_env=False) as layer,
                httpx.Client(base_url=f"http://127.0.0.1:{ports[1]}", trust_env=False) as control,
            ):
                yield Simulator(layer=layer, control=control)
            process.terminate()
            assert process.wait(timeout=HANG_S) == 0

    return run


@pytest.fixture
def simulator(start: Start) -> Iterator[Simulator]:
    """The simulator, logged in."""
    with start() as running:
        running.login()
        yield running
