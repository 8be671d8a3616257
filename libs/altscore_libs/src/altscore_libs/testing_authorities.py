"""A pytest plug-in: tests trust one public certificate authority instead of all of them.

Reading all of them takes a client of HTTP longer than most tests take, and no test calls anybody whom they know.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import certifi
import pytest

_END = "-----END CERTIFICATE-----\n"


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """While tests run, who asks for the authorities of the system or of certifi gets the first one."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder, "authority.pem")
        file.write_text(certifi.contents().partition(_END)[0] + _END, encoding="ascii")
        patch.setattr(certifi, "where", lambda: str(file))
        if "SSL_CERT_FILE" in os.environ:
            patch.setenv("SSL_CERT_FILE", str(file))
        return (yield)
