"""A collector and a schema registry of the tests' own: HTTP servers on loopback, in threads."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class ExportedSpan:
    """A span as the collector got it."""

    def __init__(self, service: str, span: Any) -> None:
        self.service, self.name = service, span.name
        self.trace_id, self.span_id = span.trace_id.hex(), span.span_id.hex()
        self.parent_id = span.parent_span_id.hex()
        self.attributes = {item.key: item.value.string_value or item.value.int_value for item in span.attributes}
        self.links = [link.trace_id.hex() for link in span.links]
        self.is_error = span.status.code == span.status.STATUS_CODE_ERROR


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportedSpan]]]:
    """Address of an OTLP/HTTP collector, and the spans that it got."""
    spans: list[ExportedSpan] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = {item.key: item.value.string_value for item in resource.resource.attributes}
                for scope in resource.scope_spans:
                    spans.extend(ExportedSpan(names["service.name"], span) for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _served(Handler) as url:
        yield url, spans


@contextmanager
def registry() -> Iterator[str]:
    """Address of a schema registry that knows every schema it is asked for."""
    schemas: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if body["schema"] not in schemas:
                schemas.append(body["schema"])
            subject = self.path.split("/")[2].split("?")[0]
            number = schemas.index(body["schema"]) + 1
            self._answer({"subject": subject, "id": number, "version": 1, "schema": body["schema"]})

        def do_GET(self) -> None:
            number = int(self.path.split("/")[3].split("?")[0])
            self._answer({"schema": schemas[number - 1]})

        def _answer(self, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with _served(Handler) as url:
        yield url


@contextmanager
def registry_of(answers: dict[int, tuple[int, str]]) -> Iterator[tuple[str, list[int]]]:
    """Address of a schema registry that answers these ids with a status and a schema, and the ids it was asked for.

    An id that is not there is unknown.
    """
    asked: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = int(self.path.split("/")[3].split("?")[0])
            asked.append(number)
            status, schema = answers.get(number, (404, ""))
            document = {"schema": schema} if status == 200 else {"error_code": status, "message": "no"}
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with _served(Handler) as url:
        yield url, asked
