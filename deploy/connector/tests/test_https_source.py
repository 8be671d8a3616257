"""A release over https: bounded in size and time, from the named address under its own certificate, or a sentence."""

import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from altscore_connector.errors import UpdateError
from altscore_connector.release_source import HttpsSource, open_source
from altscore_release.keys import SecretKey

from .stub_release import StubRelease, installed, updater

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Serves a folder, or misbehaves for the paths that a test names."""

    url: str
    ca_file: Path
    folder: Path
    replies: dict[str, Reply] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    certificate, key_file = tmp_path / "server.pem", tmp_path / "server.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key_file), "-out", str(certificate), "-days", "2", "-subj", "/CN=releases"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:TRUE"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key_file)
    serving = Server("", certificate, tmp_path / "release")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            serving.paths.append(self.path)
            name = self.path.rsplit("/", 1)[1]
            if name in serving.replies:
                serving.replies[name](self)
                return
            content = (serving.folder / name).read_bytes()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Silence."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    serving.url = f"https://127.0.0.1:{listener.server_port}/connector"
    yield serving
    listener.shutdown()
    listener.server_close()
    thread.join()


def status(code: int, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return reply


def without_end(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response_only(200)
    handler.end_headers()
    for _ in range(10_000):
        try:
            handler.wfile.write(b"x" * 65_536)
        except OSError:
            return


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response_only(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")


def test_a_release_is_installed_from_an_address(server: Server, tmp_path: Path, key: SecretKey) -> None:
    StubRelease(server.folder, key).write()
    installation = installed(tmp_path, key)
    with open_source(server.url, ca_file=server.ca_file, proxy=None) as source:
        assert updater(installation, key).update(source).current == "0.2.0"
    assert set(server.paths) == {
        f"/connector/{name}"
        for name in (
            "manifest.json",
            "manifest.json.minisig",
            "altscore-connector-0.2.0.pyz",
            "altscore-connector-0.2.0.pyz.minisig",
        )
    }


@pytest.mark.parametrize(
    ("name", "reply", "sentence"),
    [
        ("manifest.json", status(404), "127.0.0.1 answers 404 for manifest.json"),
        ("manifest.json", status(302, Location="https://elsewhere.example/"), "which is not followed"),
        ("manifest.json", without_end, "manifest.json is larger than it may be"),
        ("altscore-connector-0.2.0.pyz", without_end, "pyz is larger than it may be"),
        ("altscore-connector-0.2.0.pyz", cut, "cannot be read"),
    ],
    ids=["missing", "redirect", "endless manifest", "endless bundle", "cut"],
)
def test_an_address_that_misbehaves_is_a_sentence(
    name: str, reply: Reply, sentence: str, *, server: Server, tmp_path: Path, key: SecretKey
) -> None:
    StubRelease(server.folder, key).write()
    installation = installed(tmp_path, key)
    server.replies[name] = reply
    with (
        open_source(server.url, ca_file=server.ca_file, proxy=None) as source,
        pytest.raises(UpdateError, match=sentence),
    ):
        updater(installation, key).update(source)
    assert installation.active.current == "0.1.0"
    assert not list(installation.home.glob(".update-*"))


def test_a_certificate_of_another_authority_is_refused(server: Server) -> None:
    with open_source(server.url, ca_file=None, proxy=None) as source, pytest.raises(UpdateError, match="certificate"):
        source.read("manifest.json", limit=100)
    assert server.paths == []


@pytest.mark.parametrize("is_dripping", [False, True], ids=["silent", "dripping"])
def test_a_hanging_address_ends_in_time(is_dripping: bool, server: Server) -> None:
    ended = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        status(200, **{"Content-Length": "100000"})(handler)
        while not ended.wait(0.05):
            try:
                handler.wfile.write(b"x" if is_dripping else b"")
            except OSError:
                return

    server.replies["manifest.json"] = reply
    context = ssl.create_default_context(cafile=str(server.ca_file))
    begun = time.monotonic()
    with httpx.Client(base_url=server.url + "/", verify=context, timeout=0.5, trust_env=False) as client:
        source = HttpsSource(client, total_timeout_s=0.5)
        with pytest.raises(UpdateError, match="too long" if is_dripping else "does not answer in time"):
            source.read("manifest.json", limit=100_000)
    ended.set()
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:1/", "ftp://x/", "https://", "https://[x/", "file:///etc", "no-such-folder"],
)
def test_only_folders_and_https_addresses_are_read(location: str) -> None:
    with (
        pytest.raises(UpdateError, match=r"no address that begins with https|there is no folder"),
        open_source(location, ca_file=None, proxy=None),
    ):
        pass


def test_a_proxy_that_is_no_address_and_an_authority_that_is_none_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with (
        pytest.raises(UpdateError, match="begins with http:// or"),
        open_source("https://x/", ca_file=None, proxy="proxy"),
    ):
        pass
    with (
        pytest.raises(UpdateError, match="--ca-file"),
        open_source("https://x/", ca_file=tmp_path / "ca.pem", proxy=None),
    ):
        pass
