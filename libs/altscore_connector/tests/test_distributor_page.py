"""The page for distributors, "Connect in 15 minutes": its commands are run line by line, in order, as they stand."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from altscore_connector.check_texts import CHECK_FAULTS, REQUEST_FAULTS
from altscore_connector.cli import COMMANDS
from altscore_connector.config import load_config
from altscore_connector.csvdrop.columns import DEFAULT_NAMES
from altscore_connector.signing import SignedParts, sign_v1, sign_v2

from .site_service import SiteService, serving

PAGE = (Path(__file__).parents[3] / "docs/distributors/README.md").read_text(encoding="utf-8")
SOURCES = Path(__file__).parents[1] / "src"
URL = "https://ingest.altscore.example:8443"
_FENCE = re.compile(
    r"(?P<not_run><!-- not run: [^\n]+ -->\n)?^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)


@dataclass
class Command:
    """A line that begins with `$`, and the lines that are shown below it."""

    line: str
    shown: list[str] = field(default_factory=list)


def fences(kind: str) -> list[re.Match[str]]:
    return [match for match in _FENCE.finditer(PAGE) if match["kind"] == kind and not match["not_run"]]


def commands(text: str) -> list[Command]:
    listed: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            listed.append(Command(line[2:]))
        else:
            listed[-1].shown.append(line)
    return listed


def is_shown(command: Command, output: str) -> bool:
    """Whether the output is what the page shows; an ellipsis stands for anything."""
    lines = ["(?s:.*)" if line == "…" else re.escape(line).replace("…", ".*") for line in command.shown]
    return not lines or re.fullmatch("\n".join(lines), output.strip("\n")) is not None


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    with serving(SiteService(), tmp_path) as running:
        yield running


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of the console command."""
    path = tmp_path / "bin" / "altscore-connector"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m altscore_connector "$@"\n')
    path.chmod(0o755)
    return path.parent


class Site:
    """Runs lines in one shell after the other, in the folder and with the variables that the lines before left."""

    def __init__(self, folder: Path, program: Path, service: SiteService) -> None:
        self.folder, self._program, self._service = folder, program, service
        self.here = folder
        self._variables: list[str] = []

    def run(self, line: str) -> str:
        """Output of a line that must not fail."""
        self._answer(line)
        script = "\n".join([*self._variables, line.replace(URL, self._service.url)])
        done = subprocess.run(
            [
                "bash",
                "-eo",
                "pipefail",
                "-c",
                f'export PATH="{self._program}:$PATH"\n{script}\npwd >"{self.folder}/.here"',
            ],
            cwd=self.here,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.here = Path((self.folder / ".here").read_text().strip())
        if re.match(r"[A-Z]+=", line):
            self._variables.append(line)
        return done.stdout

    def _answer(self, line: str) -> None:
        """What AltScore sends, before the line that reads it."""
        name = next((name for name in ("answer.json", "new-secrets.json") if name in line), None)
        if name is None or line.startswith("rm "):
            return
        if name == "new-secrets.json":
            self._service.keys.clear()
        key, secret = self._service.onboard()
        document = {"api_key": key, "signing_secret": secret}
        if name == "answer.json":
            request = (self.here / "client.csr").read_bytes()
            document |= {
                "certificate_pem": self._service.certificate(request),
                "ca_pem": self._service.authority.pem.decode(),
            }
        (self.here / name).write_text(json.dumps(document))


@pytest.mark.timeout(300)  # two dozen processes, a quarter of a minute of computing
def test_the_page_works_line_by_line(tmp_path: Path, program: Path, service: SiteService) -> None:
    folder = tmp_path / "machine"
    folder.mkdir()
    site, names = Site(folder, program, service), set()
    for match in _FENCE.finditer(PAGE):
        if match["not_run"]:
            continue
        if match["kind"] == "csv":
            path = site.here / match["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(match["text"], encoding="utf-8")
        for command in commands(match["text"]) if match["kind"] == "console" else []:
            output = site.run(command.line)
            assert is_shown(command, output), f"{command.line}\n{output}"
            names |= set(re.findall(r"altscore-connector ([a-z][a-z-]*)", command.line))
    # `update` needs two releases: deploy/connector/tests runs these lines of the page.
    assert names >= set(COMMANDS) - {"keygen", "send", "update"}
    assert {len(payload["invoices"]) for payload in service.payloads} == {2}
    assert len(service.payloads) == 2, "once by sync, once by resync"


def test_what_is_shown_can_differ() -> None:
    assert is_shown(Command("x", ["one …", "…", "end"]), "one thing\nmore\nmore\nend\n")
    assert not is_shown(Command("x", ["one …", "end"]), "one thing\nmore\nend\n")
    assert not is_shown(Command("x", ["end"]), "ending")


def test_every_sentence_that_check_can_say_stands_on_the_page() -> None:
    rules = {**CHECK_FAULTS, **REQUEST_FAULTS}
    assert len(rules) > 30
    for rule, (english, _) in rules.items():
        assert f"| `{rule}` | {english[:1].upper()}{english[1:]} |" in PAGE
    assert set(re.findall(r"^\| `(\w+_\w+)` \| [A-Z][^|]*\|$", PAGE, re.M)) - set(rules) == set()


def test_what_update_says_and_what_check_names_of_the_erp_are_as_the_page_shows_them() -> None:
    paths = sorted(SOURCES.rglob("*.py"))
    code = re.sub(r'"\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in paths))
    table = PAGE[PAGE.index("| what `update` says |") :].split("\n\n")[0]
    told = [part for row in table.splitlines()[2:] for part in row.split(" | ")[0].strip("| ").split("; ")]
    assert len(told) > 10
    sentences = {part: re.escape(part.strip("… ")).replace("…", "[^\n]*") for part in told}
    assert [part for part, pattern in sentences.items() if not re.search(pattern, code)] == []
    subjects = {name.replace("{number}", "n") for name in re.findall(r'subject=f?"(\w+\.[^"]+)"', code)}
    assert len(subjects) > 5
    assert [name for name in subjects if f"`{name}`" not in PAGE] == []


def test_every_column_and_header_stands_on_the_page() -> None:
    assert all(f"`{name}`" in PAGE for name in DEFAULT_NAMES)
    missing = {header for headers in DEFAULT_NAMES.values() for header in headers if header.lower() not in PAGE.lower()}
    assert missing <= {"GSTIN / UIN"}


def test_the_mapping_of_the_page_is_read(tmp_path: Path) -> None:
    [mapping] = fences("toml")
    (tmp_path / "connector.toml").write_text(
        'distributor_id = "dist_x"\nstate_file = "s"\n[ingestion]\nurl = "https://x"\nca_file = "a"\n'
        'certificate_file = "b"\nkey_file = "c"\n[keystore]\nfile = "k"\n[csv]\nfolder = "drop"\n' + mapping["text"]
    )
    config = load_config(tmp_path / "connector.toml").csv
    assert config is not None
    assert config.columns == (("invoice_no", ("Vch No",)), ("party", ("Customer", "Ledger")))


def test_the_signature_vectors_hold() -> None:
    [block] = fences("json")
    document = json.loads(block["text"])
    secret = document["signing_secret"]
    assert {vector["method"] for vector in document["vectors"]} == {"GET", "POST"}
    for vector in document["vectors"]:
        parts = SignedParts(
            path=vector["path"],
            method=vector["method"],
            batch_id=vector["x_batch_id"],
            erp_type=vector["x_erp_type"],
        )
        body = vector["body"].encode()
        assert sign_v1(secret, body) == vector["x_payload_signature"]
        assert sign_v2(secret, body, parts, timestamp_s=vector["timestamp_s"]) == vector["x_payload_signature_v2"]
