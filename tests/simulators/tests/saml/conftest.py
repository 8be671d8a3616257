"""The simulated identity provider as a process, with the packages of its lock."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from altscore_libs.testing import self_signed, wait_until_listening
from altscore_libs.testing_postgres import free_port
from altscore_local.layout import Layout
from altscore_local.npm_packages import packages_of
from altscore_local.sign_in import IDP, files

SOURCES = Path(__file__).parents[2]
ACS = "https://localhost:21109/v1/admin/saml/acs"


@dataclass
class Provider:
    """A running identity provider."""

    client: httpx.Client
    folder: Path


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    root = tmp_path_factory.mktemp("saml")
    folder, port = files(Layout(root=root)), free_port()
    certificate, key = self_signed(root)
    paths = {"tls-cert": certificate, "tls-key": key, "users": folder / "users.json"}
    paths |= {"cert": folder / "idp.crt", "key": folder / "idp.key"}
    paths |= {"other-cert": folder / "idp-other.crt", "other-key": folder / "idp-other.key"}
    named = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_saml", "--port", str(port), "--issuer", IDP, "--acs", ACS, *named],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "NODE_PATH": str(packages_of("saml"))},
    )
    try:
        wait_until_listening([port])
        context = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context) as client:
            yield Provider(client, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)
