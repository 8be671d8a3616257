"""The model's ledger in each ERP: a simulator that serves it, and the connector's source that reads it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from altscore_connector.config import CsvConfig, SapB1Config, SftpConfig, TallyConfig
from altscore_connector.csvdrop.source import CsvSource
from altscore_connector.sap_b1.service_layer import ServiceLayer
from altscore_connector.sap_b1.source import SapB1Source
from altscore_connector.source import Source
from altscore_connector.state import State
from altscore_connector.tally.source import TallySource
from altscore_libs.testing import self_signed
from altscore_libs.testing_postgres import HANG_S
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.sap_company import to_sap_company
from simulators_ledger.tally_company import to_tally_company
from simulators_sftp.programs import ensure_programs

from .model import AS_OF, Model

GUID = "5c2d7e1a-9a30-4f6e-8b5d-6a7b8c9d0e1f"
COMPANY = "Conformance & Sons"
LOGIN = {"database": "SBOCONFORMANCE", "user": "altscore", "password": "a-password"}
UNREADABLE = "Invoice No,Invoice Date,Party,Amount\nSI/BROKEN,05-12-2025,Nobody,1.2.3\n"
_MINUTE_S = 60


class Site(Protocol):
    """One ERP with the model's ledger in it.

    Attributes:
        subject: what `check` names when the ERP cannot be reached.
        refused: what `check` names when it does not let us in.
    """

    subject: str
    refused: str

    def publish(self, model: Model) -> None:
        """Puts the whole ledger into the ERP."""
        ...

    def change(self, model: Model, invoice: int) -> None:
        """The invoice has the amount that the model has now."""
        ...

    def cancel(self, model: Model, invoice: int) -> None:
        """The invoice is cancelled, as the model has it."""
        ...

    def delete(self, model: Model, invoice: int) -> None:
        """The invoice is deleted where the ERP knows that, else cancelled."""
        ...

    def delete_receipt(self, model: Model, receipt: int) -> None:
        """The receipt is deleted where the ERP knows that, else cancelled."""
        ...

    def add_unreadable(self) -> None:
        """A document that nobody can read comes in."""
        ...

    def source(self, state: State) -> Source:
        """The source."""
        ...

    def unreachable(self, state: State) -> Source:
        """The source while the ERP does not answer."""
        ...

    def refusing(self, state: State) -> Source:
        """The source with credentials, or a company, that the ERP does not know."""
        ...


@contextmanager
def started(*command: str) -> Iterator[list[int]]:
    """A simulator as a process, and the ports that it prints."""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield [int(part.rsplit(":", 1)[1]) for part in line.split() if part.rsplit(":", 1)[-1].isdigit()]
        process.terminate()
        process.wait(timeout=HANG_S)


class TallySite:
    """The ledger in Tally; edits move the AlterID."""

    subject = "tally.url"
    refused = "tally.companies[1]"

    def __init__(self, folder: Path, port: int) -> None:
        self._path, self._edits = folder / "company.json", 0
        self._config = TallyConfig(f"http://127.0.0.1:{port}", (COMPANY,), timeout_s=HANG_S)

    def publish(self, model: Model) -> None:
        """As `Site`."""
        to_tally_company(model.ledger, self._path, name=COMPANY, guid=GUID)

    def change(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        paise = int(model.ledger.invoices.paise[invoice])

        def edit(_: list[dict[str, Any]], voucher: dict[str, Any]) -> None:
            party, sales = voucher["entries"]
            party["paise"], party["bills"][0]["paise"], sales["paise"] = -paise, -paise, paise

        self._edit(("Sales", "Tax Invoice"), invoice + 1, edit)

    def cancel(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self._edit(("Sales", "Tax Invoice"), invoice + 1, lambda _, voucher: voucher.update(cancelled=True))

    def delete(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self._edit(("Sales", "Tax Invoice"), invoice + 1, lambda vouchers, voucher: vouchers.remove(voucher))

    def delete_receipt(self, model: Model, receipt: int) -> None:
        """As `Site`."""
        self._edit(("Receipt",), receipt + 1, lambda vouchers, voucher: vouchers.remove(voucher))

    def add_unreadable(self) -> None:
        """As `Site`."""

        def edit(vouchers: list[dict[str, Any]], voucher: dict[str, Any]) -> None:
            copy = json.loads(json.dumps(voucher)) | {"guid": f"{GUID}-ffffff01", "number": "BROKEN"}
            copy["entries"][0]["amount_text"] = "$ 100.00"
            vouchers.append(copy)

        self._edit(("Sales", "Tax Invoice"), 1, edit)

    def _edit(
        self, types: tuple[str, ...], number: int, change: Callable[[list[dict[str, Any]], dict[str, Any]], object]
    ) -> None:
        company = json.loads(self._path.read_text(encoding="utf-8"))
        vouchers: list[dict[str, Any]] = company["vouchers"]
        [voucher] = [item for item in vouchers if item["type"] in types and item["number"] == str(number)]
        self._edits += 1
        voucher["alter_id"] = 1_000_000 + self._edits
        change(vouchers, voucher)
        fresh = self._path.with_suffix(".part")
        fresh.write_text(json.dumps(company), encoding="utf-8")
        fresh.replace(self._path)

    def source(self, state: State) -> TallySource:
        """As `Site`."""
        return TallySource(self._config, state)

    def unreachable(self, state: State) -> TallySource:
        """As `Site`."""
        return TallySource(replace(self._config, url="http://127.0.0.1:1"), state)

    def refusing(self, state: State) -> TallySource:
        """As `Site`."""
        return TallySource(replace(self._config, companies=("Nobody Ltd",)), state)


class SapB1Site:
    """The ledger in SAP Business One, where nothing is ever deleted."""

    subject = "sap_b1.url"
    refused = "sap_b1.user"

    def __init__(self, folder: Path, ports: list[int], certificate: Path) -> None:
        self._folder, self._control = folder, f"http://127.0.0.1:{ports[1]}/_control"
        self._config = SapB1Config(
            url=f"https://127.0.0.1:{ports[0]}",
            company_db=LOGIN["database"],
            user=LOGIN["user"],
            password_file=self._password("right", LOGIN["password"]),
            ca_file=certificate,
            timeout_s=HANG_S,
        )

    def _password(self, name: str, password: str) -> Path:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(password, encoding="utf-8")
        return path

    def publish(self, model: Model) -> None:
        """As `Site`."""
        to_sap_company(model.ledger, self._folder / "fresh.json", **LOGIN)
        self._post("company", json.loads((self._folder / "fresh.json").read_text(encoding="utf-8")))

    def change(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        amount = f"{int(model.ledger.invoices.paise[invoice]) / 100:.2f}"
        self._post("changes", {"op": "change", "kind": "invoice", "entry": 1001 + invoice, "amount": amount})

    def cancel(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self._post("changes", {"op": "cancel", "kind": "invoice", "entry": 1001 + invoice, "on": AS_OF.isoformat()})

    def delete(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self.cancel(model, invoice)

    def delete_receipt(self, model: Model, receipt: int) -> None:
        """As `Site`."""
        self._post("changes", {"op": "cancel", "kind": "payment", "entry": 501 + receipt, "on": AS_OF.isoformat()})

    def add_unreadable(self) -> None:
        """As `Site`."""
        invoice = {"op": "add", "kind": "invoice", "partner": "C00001", "on": "2025-12-05", "amount": "0.00"}
        self._post("changes", invoice | {"currency": "USD", "foreign_amount": "50.00"})

    def _post(self, what: str, content: object) -> None:
        response = httpx.post(f"{self._control}/{what}", json=content, trust_env=False, timeout=HANG_S)
        assert response.status_code == 200, response.text

    def _open(self, config: SapB1Config, state: State) -> SapB1Source:
        return SapB1Source(config, state, connect=lambda access: ServiceLayer(access, sleep=lambda _s: None))

    def source(self, state: State) -> SapB1Source:
        """As `Site`."""
        return self._open(self._config, state)

    def unreachable(self, state: State) -> SapB1Source:
        """As `Site`."""
        return self._open(replace(self._config, url="https://127.0.0.1:1"), state)

    def refusing(self, state: State) -> SapB1Source:
        """As `Site`."""
        return self._open(replace(self._config, password_file=self._password("wrong", "not-it")), state)


class CsvSite:
    """The ledger as monthly exports, each complete for its month; a re-export is a minute younger."""

    subject = "csv.folder"
    refused = "csv.folder"

    def __init__(self, folder: Path) -> None:
        self._exports, self._folder = folder / "exports", folder / "drop"
        self._folder.mkdir()
        self._edition = 0
        self._config = CsvConfig(self._folder, settle_s=0, payments="receipts")

    def publish(self, model: Model) -> None:
        """As `Site`."""
        before = {path.name: path.read_bytes() for path in self._exports.glob("*")}
        names = to_csv_drop(model.ledger, self._exports)
        for name in names:
            path = self._exports / name
            if before.get(name) != path.read_bytes():
                self._put(name, path.read_bytes(), modified_s=int(path.stat().st_mtime) + _MINUTE_S * self._edition)
        self._edition += 1

    def _put(self, name: str, data: bytes, *, modified_s: int) -> None:
        path = self._folder / name
        path.write_bytes(data)
        os.utime(path, (modified_s, modified_s))

    def change(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self.publish(model)

    def cancel(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self.publish(model)

    def delete(self, model: Model, invoice: int) -> None:
        """As `Site`."""
        self.publish(model)

    def delete_receipt(self, model: Model, receipt: int) -> None:
        """As `Site`."""
        self.publish(model)

    def add_unreadable(self) -> None:
        """As `Site`."""
        self._put("invoices_extra.csv", UNREADABLE.encode(), modified_s=1_765_000_000)

    def source(self, state: State) -> Source:
        """As `Site`."""
        return CsvSource(self._config, "dist_x", state)

    def unreachable(self, state: State) -> Source:
        """As `Site`."""
        return CsvSource(replace(self._config, folder=self._folder / "nowhere"), "dist_x", state)

    def refusing(self, state: State) -> Source:
        """A file where a folder should be: a folder has no credentials."""
        return CsvSource(replace(self._config, folder=Path(__file__)), "dist_x", state)


class SftpSite(CsvSite):
    """The same exports on an SFTP server."""

    subject = "sftp.host"
    refused = "sftp.user"

    def __init__(self, folder: Path, control_port: int) -> None:
        super().__init__(folder)
        self._control = f"http://127.0.0.1:{control_port}/_control"
        state = httpx.get(f"{self._control}/state", trust_env=False).json()
        key, self._other = folder / "key", folder / "other"
        key.touch(mode=0o600)
        key.write_bytes(Path(state["user_key"]).read_bytes())
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._other)]
        subprocess.run(command, check=True, timeout=HANG_S)
        self._local = replace(self._config, folder=folder / "fetched")
        self._server = SftpConfig(
            host="127.0.0.1",
            port=state["port"],
            user=state["user"],
            host_key=state["host_key"],
            folder=state["folder"],
            key_file=key,
            timeout_s=HANG_S,
        )

    def _put(self, name: str, data: bytes, *, modified_s: int) -> None:
        content = {"name": name, "base64": _base64(data), "modified_s": modified_s, "with_digest": True}
        response = httpx.post(f"{self._control}/upload", json=content, trust_env=False, timeout=HANG_S)
        assert response.status_code == 200, response.text

    def _open(self, config: SftpConfig, state: State) -> Source:
        from altscore_connector.sftp.source import SftpSource  # noqa: PLC0415 - asyncssh may not be installed

        return SftpSource(config, self._local, "dist_x", state=state)

    def source(self, state: State) -> Source:
        """As `Site`."""
        return self._open(self._server, state)

    def unreachable(self, state: State) -> Source:
        """As `Site`."""
        return self._open(replace(self._server, port=1), state)

    def refusing(self, state: State) -> Source:
        """As `Site`."""
        return self._open(replace(self._server, key_file=self._other), state)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@contextmanager
def tally_site(folder: Path, model: Model) -> Iterator[Site]:
    """A site with Tally."""
    to_tally_company(model.ledger, folder / "company.json", name=COMPANY, guid=GUID)
    with started("simulators_tally", "--port", "0", "--data-dir", str(folder)) as ports:
        yield TallySite(folder, ports[0])


@contextmanager
def sap_b1_site(folder: Path, model: Model) -> Iterator[Site]:
    """A site with SAP Business One."""
    certificate, key = self_signed(folder)
    path = folder / "company.json"
    to_sap_company(model.ledger, path, **LOGIN)
    command = ["simulators_sap_b1", "--port", "0", "--control-port", "0", "--company", str(path)]
    with started(*command, "--cert", str(certificate), "--key", str(key)) as ports:
        yield SapB1Site(folder, ports, certificate)


@contextmanager
def csv_site(folder: Path, model: Model) -> Iterator[Site]:
    """A site with a drop folder."""
    site = CsvSite(folder)
    site.publish(model)
    yield site


@contextmanager
def sftp_site(folder: Path, model: Model) -> Iterator[Site]:
    """A site with an SFTP server."""
    pytest.importorskip("asyncssh", reason="SKIPPED: asyncssh is not installed")
    if ensure_programs() is None:
        pytest.skip("SKIPPED: no sshd of Debian can be fetched")
    command = ["simulators_sftp", "--port", "0", "--control-port", "0", "--state", str(folder / "server")]
    with started(*command) as ports:
        site = SftpSite(folder, ports[1])
        site.publish(model)
        yield site


SITES = {"tally": tally_site, "sap_b1": sap_b1_site, "csv": csv_site, "sftp": sftp_site}
