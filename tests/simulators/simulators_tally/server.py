"""The server: one request at a time, the reply in the request's charset."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from simulators_tally.captured import COMPANIES, CapturedCompany, Reply, read_capture
from simulators_tally.envelopes import RUNNING, UNKNOWN, collection, escape, line_error, split_objects
from simulators_tally.faults import Fault, Faults
from simulators_tally.generated import GeneratedCompany
from simulators_tally.questions import BadQuestionError, Question, decode, read_question

Company = CapturedCompany | GeneratedCompany
_MAX_BODY = 1 << 20
_LONGEST_DIALOG_S = 600.0


class Tally:
    """The loaded companies; the first one is the one open on the screen.

    Args:
        data_dir: folder of generated companies; a file that appears or changes is loaded before the next answer.

    Attributes:
        before_answer: is called before each answer; a test edits the ledger there, while it is being read.
        faults: what it does wrong.
    """

    def __init__(self, data_dir: Path | None) -> None:
        self._data_dir = data_dir
        self._seen: list[tuple[Path, int, int]] = []
        self.generated: list[GeneratedCompany] = []
        self.companies: list[Company] = [*COMPANIES]
        self.before_answer: Callable[[], None] = lambda: None
        self.faults = Faults()
        self.load()

    def load(self) -> None:
        """Loads the generated companies anew if a file appeared, changed or went."""
        files = sorted(self._data_dir.glob("*.json")) if self._data_dir else []
        seen = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
        if seen != self._seen:
            self.generated = [GeneratedCompany.from_file(path) for path in files]
            self.companies = [*self.generated, *COMPANIES]
            self._seen = seen

    def open_only(self, *companies: GeneratedCompany) -> None:
        """Closes every company and opens these, for a test that changes a ledger between two questions."""
        self.generated = list(companies)
        self.companies = list(companies)

    def reply(self, text: str) -> Reply:
        """The answer to one request."""
        self.before_answer()
        self.load()
        try:
            question = read_question(text)
        except BadQuestionError:
            return Reply(UNKNOWN)
        if question.kind == "collection" and question.object_type == "company":
            return Reply(self._company_list())
        company = self._company(question)
        if question.kind == "collection":
            # A wrong company is not an error for a collection: nothing is found, the status is 1.
            return company.answer(question) if company else Reply(collection(question.object_type, ()))
        if question.name.lower() != "bills receivable":
            return Reply(UNKNOWN)
        return company.receivable() if company else Reply(line_error(question.company or ""))

    def _company(self, question: Question) -> Company | None:
        if question.company is None:
            return self.companies[0]
        return next((company for company in self.companies if company.name == question.company), None)

    def _company_list(self) -> str:
        ours = [_company_line(item.name, item.guid, item.extent()) for item in self.generated]
        if self.companies == self.generated:
            return collection("company", ours)
        _, captured, _ = split_objects(read_capture("company_extent_9000.xml").text, "COMPANY")
        known = "".join(captured)
        others = [_company_line(item.name, item.guid, {}) for item in COMPANIES if item.guid not in known]
        return collection("company", [*ours, *captured, *others])


def _company_line(name: str, guid: str, extent: dict[str, str]) -> str:
    kinds = {"ALTVCHID": "Number", "ALTMSTID": "Number"}
    values = "".join(
        f'     <{tag} TYPE="{kinds.get(tag, "Date")}">{" " if tag in kinds else ""}{value}</{tag}>\r\n'
        for tag, value in extent.items()
    )
    return (
        f'    <COMPANY NAME="{escape(name)}" RESERVEDNAME="">\r\n{values}'
        f'     <NAME TYPE="String">{escape(name)}</NAME>\r\n'
        f'     <GUID TYPE="String">{guid}</GUID>\r\n    </COMPANY>\r\n'
    )


def encode(reply: Reply, *, is_wide: bool) -> bytes:
    """UTF-16LE without BOM, or UTF-8 where every other character has become a question mark."""
    if is_wide:
        return reply.wide if reply.wide is not None else reply.text.encode("utf-16-le")
    return reply.narrow if reply.narrow is not None else reply.text.encode("ascii", errors="replace")


class Handler(BaseHTTPRequestHandler):
    """GET /status is liveness, everything else is POST /."""

    server_version = "TallyPrime"
    sys_version = ""
    timeout = 30
    tally: Tally

    def do_GET(self) -> None:
        """Liveness; it waits its turn like any other request."""
        self._send(RUNNING.encode() if self.path == "/status" else UNKNOWN.encode(), is_wide=False)

    def do_POST(self) -> None:
        """Works the answer out to its end, whether or not the client still waits."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= _MAX_BODY:
            self._send(UNKNOWN.encode(), is_wide=False)
            return
        try:
            text, is_wide = decode(self.rfile.read(length), self.headers.get("Content-Type", ""))
        except BadQuestionError:
            self._send(UNKNOWN.encode(), is_wide=False)
            return
        fault = self.tally.faults.take(text)
        if fault is None or not self._fails(fault, text, is_wide=is_wide):
            self._send(encode(self.tally.reply(text), is_wide=is_wide), is_wide=is_wide)

    def _fails(self, fault: Fault, text: str, *, is_wide: bool) -> bool:
        """Whether the fault has answered, or has kept silent, instead of the company."""
        lines = {"error_line": line_error(""), "not_understood": UNKNOWN}
        if fault.kind in lines:
            self._send(encode(Reply(lines[fault.kind]), is_wide=is_wide), is_wide=is_wide)
        elif fault.kind in ("cut", "broken"):
            data = encode(self.tally.reply(text), is_wide=is_wide)
            half = data[: len(data) // 4 * 2]  # whole characters of UTF-16
            self._send(half, is_wide=is_wide, length=len(half if fault.kind == "cut" else data))
        elif fault.kind == "short":
            head, vouchers, tail = split_objects(self.tally.reply(text).text, "VOUCHER")
            few = "".join([head, *vouchers[: len(vouchers) // 2], tail])
            self._send(encode(Reply(few), is_wide=is_wide), is_wide=is_wide)
        elif fault.kind == "other_charset":
            self._send(encode(self.tally.reply(text), is_wide=False), is_wide=is_wide)
        elif fault.kind == "busy":
            self.close_connection = True
        else:
            if fault.kind == "dialog":
                self.tally.faults.clicked.wait(_LONGEST_DIALOG_S)
            else:
                time.sleep(fault.delay_s)
            return False
        return True

    def _send(self, data: bytes, *, is_wide: bool, length: int | None = None) -> None:
        try:
            self.send_response(200)
            self.send_header("Content-Type", f"text/xml; charset={'utf-16' if is_wide else 'utf-8'}")
            self.send_header("Content-Length", str(len(data) if length is None else length))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            sys.stderr.write("the client left before its answer was ready\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """One short line per request, without its body."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")


def make_server(port: int, tally: Tally, *, host: str = "127.0.0.1") -> HTTPServer:
    """Binds the server to an address, loopback by default; HTTPServer without threads serves one request at a time."""
    handler = type("BoundHandler", (Handler,), {"tally": tally})
    return HTTPServer((host, port), handler)


@contextmanager
def served() -> Iterator[tuple[str, Tally]]:
    """A silent server in this process: its address, and the Tally of which a test changes the companies."""
    tally = Tally(None)
    handler = type("SilentHandler", (Handler,), {"tally": tally, "log_message": lambda *_: None})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", tally
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
