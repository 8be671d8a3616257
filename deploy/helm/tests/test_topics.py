"""The job that makes topics registers what the local stack registers, and refuses to run over nothing."""

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import httpx
import pytest
from altscore_helm.chart import CHART
from altscore_local.layout import ROOT
from altscore_local.registry import COMPATIBILITY, schema_versions

SCHEMAS = ROOT / "schemas"


@pytest.fixture(scope="module")
def job() -> Iterator[ModuleType]:
    """The program as the job runs it: its folder is the first of the path."""
    sys.path.insert(0, str(CHART / "jobs"))
    spec = importlib.util.spec_from_file_location("apply_topics", CHART / "jobs" / "apply_topics.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(CHART / "jobs"))


class RegistryServer:
    """A schema registry that notes what it is asked, and refuses one subject when told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.refused = ""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.calls.append((self.command, unquote(self.path), body))
                is_refused = bool(server.refused) and server.refused in unquote(self.path)
                self.send_response(409 if is_refused else 200)
                self.end_headers()
                self.wfile.write(b"{}")

            do_PUT = do_POST = answer  # noqa: N815  # names of the standard library

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    server = RegistryServer()
    yield server
    server.close()


def test_schemas_are_registered_under_the_subjects_of_the_local_stack(
    job: ModuleType, registry: RegistryServer
) -> None:
    job.register_schemas(registry.url, SCHEMAS)

    assert registry.calls[0] == ("PUT", "/config", {"compatibility": COMPATIBILITY})
    posted = {(path, json.dumps(json.loads(body["schema"]))) for _, path, body in registry.calls[1:]}
    expected = {
        (f"/subjects/{subject}/versions", json.dumps(json.loads(path.read_text(encoding="utf-8"))))
        for subject, path in schema_versions(SCHEMAS)
    }
    assert len(expected) > 20
    assert posted == expected
    assert len(registry.calls) == len(expected) + 1


def test_versions_of_an_event_are_registered_oldest_first(job: ModuleType, registry: RegistryServer) -> None:
    job.register_schemas(registry.url, SCHEMAS)

    [folder] = [path.parent for path in SCHEMAS.glob("*/consent.granted/v2.avsc")]
    texts = [json.loads((folder / f"v{number}.avsc").read_text(encoding="utf-8")) for number in (1, 2)]
    posted = [json.loads(body["schema"]) for _, path, body in registry.calls if path.startswith("/subjects")]
    assert posted.index(texts[0]) < posted.index(texts[1])


def test_an_incompatible_schema_stops_the_release(job: ModuleType, registry: RegistryServer) -> None:
    registry.refused = "audit"
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        job.register_schemas(registry.url, SCHEMAS)


def test_an_empty_list_of_topics_is_no_success(job: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "topics.yml").write_text("[]", encoding="utf-8")
    with pytest.raises(SystemExit, match="names no topic"):
        job.main("expand", {"TOPICS_SCHEMAS_DIR": str(tmp_path)})


def test_a_topic_that_exists_is_given_the_retention_in_a_form_that_the_client_takes(job: ModuleType) -> None:
    admin = job.AdminClient({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    change = job.retention_of(job.Topic("score.updated", 4, retention_ms=86_400_000))
    [asked] = admin.incremental_alter_configs([change], request_timeout=1).keys()
    assert asked is change
    [entry] = change.incremental_configs
    assert (entry.name, entry.value) == ("retention.ms", "86400000")
