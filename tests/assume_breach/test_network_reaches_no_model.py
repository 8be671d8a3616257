"""Who reaches MLflow's port, and even holds a service's certificate, sees no model there and writes none."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from altscore_libs.testing import wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local import mlflow_server
from altscore_local.layout import Layout
from altscore_local.object_store import RIGHTS, policy_of
from altscore_local.pki import SERVICES, ensure_pki

APPLICATION = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"models"})
"""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A clone with certificates, and a free port for MLflow."""
    layout = Layout(tmp_path_factory.mktemp("clone"))
    layout = replace(layout, port_offset=free_port() - layout.port("mlflow"))
    for folder in (layout.secrets, layout.run, layout.data, layout.logs):
        folder.mkdir(parents=True)
    ensure_pki(layout)
    return layout


@pytest.fixture(scope="module")
def url(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """MLflow's server program with the stack's own arguments of TLS, before a small application."""
    folder, port = tmp_path_factory.mktemp("application"), layout.port("mlflow")
    (folder / "served.py").write_text(APPLICATION)
    command = [sys.executable, "-m", "uvicorn", "served:app", "--port", str(port), "--lifespan", "off"]
    with subprocess.Popen([*command, *mlflow_server.tls_arguments(layout)], cwd=folder) as process:
        wait_until_listening([port])
        yield f"https://127.0.0.1:{port}/"
        process.terminate()


def without_certificate(layout: Layout) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(layout.pki / "ca.pem"))


def of_service(layout: Layout, name: str) -> ssl.SSLContext:
    context = without_certificate(layout)
    context.load_cert_chain(layout.pki / f"{name}.crt", layout.pki / f"{name}.key")
    return context


def test_ml_ops_is_served(layout: Layout, url: str) -> None:
    assert httpx.get(url, verify=mlflow_server.client_context(layout)).text == "models"
    assert mlflow_server.is_ready(layout)


@pytest.mark.parametrize("thief", [None, *SERVICES])
def test_nobody_else_is(layout: Layout, url: str, thief: str | None) -> None:
    context = without_certificate(layout) if thief is None else of_service(layout, thief)
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, verify=context)


def test_the_server_neither_forwards_artifacts_nor_could_write_one(layout: Layout) -> None:
    source = Path(mlflow_server.__file__).read_text(encoding="utf-8")
    assert '"_MLFLOW_SERVER_SERVE_ARTIFACTS": "false"' in source
    actions = {action for statement in policy_of("mlflow")["Statement"] for action in statement["Action"]}
    assert {action for action in actions if "Put" in action or "Delete" in action} == set()
    assert {user for user, places in RIGHTS.items() if "s3:PutObject" in places.get("altscore-models", ())} == {
        "training"
    }
