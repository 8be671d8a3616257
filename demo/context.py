"""What every step of the demo shares: the stack's addresses, clients, the checks and the summary."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
LENDERS = ("lender_shriram", "lender_ugro")
PURPOSE = "working_capital_loan"
LAKE_LIMIT_S = {"duckdb": 300, "spark": 1_500}  # two runs in a row; Spark starts a JVM for every step of dbt
PROGRESS_S = 10.0  # the longest silence of a step


class DemoFailedError(Exception):
    """Something that the demo claims was not seen."""


@dataclass
class Demo:
    """The state of one demo run.

    Args:
        var: folder of the stack's instance (addresses in stack.json, secrets, certificates).
        size: `full` for the specified volume, `small` for tests.
        engine: of the lake, `duckdb` or `spark`; decides how long a run may take.
    """

    var: Path
    size: str = "full"
    engine: str = "duckdb"
    console: Console = field(default_factory=Console)
    summary: dict[str, Any] = field(default_factory=lambda: {"timings_s": {}, "refusals": []})
    facts: dict[str, Any] = field(default_factory=dict)
    checks: int = 0

    def __post_init__(self) -> None:
        self.stack: dict[str, Any] = json.loads((self.var / "stack.json").read_text(encoding="utf-8"))
        self.out = self.var / "demo"
        self.out.mkdir(parents=True, exist_ok=True)

    @property
    def lake_limit_s(self) -> int:
        """Longest wait for a pipeline run, seconds."""
        return LAKE_LIMIT_S[self.engine]

    @contextmanager
    def step(self, key: str, title: str) -> Iterator[None]:
        """One named, timed step."""
        self.console.print(f"\n[bold]{title}[/bold]")
        started = time.monotonic()
        yield
        elapsed = time.monotonic() - started
        self.summary["timings_s"][key] = round(elapsed, 2)
        self.console.print(f"  [dim]{elapsed:.1f} s[/dim]")

    def check(self, claim: str, holds: bool, seen: object = None, *, detail: str = "") -> None:
        """Records that `claim` was seen to hold; `seen` is shown beside it, `detail` only when it fails.

        Raises:
            DemoFailedError: it does not hold.
        """
        note = "" if seen is None else f" [dim]{seen}[/dim]"
        if not holds:
            self.console.print(f"  [red]✗[/red] {claim}{note} {detail}")
            raise DemoFailedError(f"{claim}: {seen} {detail}")
        self.checks += 1
        self.console.print(f"  [green]✓[/green] {claim}{note}", soft_wrap=True)

    def check_answer(self, claim: str, holds: bool, answer: httpx.Response) -> None:
        """Like `check`, about an HTTP answer: shows the status, and the body only when it fails."""
        self.check(claim, holds, answer.status_code, detail=answer.text[:300])

    def say(self, text: str) -> None:
        """A line for people."""
        self.console.print(f"  {text}")

    def port(self, name: str) -> int:
        """Port of a process of the stack."""
        return int(self.stack["ports"][name])

    def url(self, name: str) -> str:
        """TLS address of an API of the stack."""
        return f"https://{self.stack['hosts'][name]}:{self.port(name)}"

    def secret(self, name: str) -> str:
        """A generated secret of this instance."""
        return (self.var / "secrets" / name).read_text(encoding="utf-8").strip()

    def pki(self, name: str) -> Path:
        """A certificate or key file."""
        return self.var / "pki" / name

    def tls(self, identity: str | None = None) -> ssl.SSLContext:
        """A client context that trusts the stack's CA, with a service's certificate where one is named."""
        context = ssl.create_default_context(cafile=str(self.pki("ca.pem")))
        if identity is not None:
            context.load_cert_chain(self.pki(f"{identity}.crt"), self.pki(f"{identity}.key"))
        return context

    def http(self, name: str, *, identity: str | None = None, headers: dict[str, str] | None = None) -> httpx.Client:
        """A client of an API of the stack."""
        return httpx.Client(
            base_url=self.url(name), verify=self.tls(identity), timeout=30, headers=headers or {}, trust_env=False
        )

    def operator(self, number: int = 1) -> httpx.Client:
        """Admin's API as the demo's first or second operator."""
        return self.token_holder(f"ops-{number}")

    def token_holder(self, name: str) -> httpx.Client:
        """Admin's API as the holder of a development token."""
        token = json.loads(self.secret("operators.json"))[name]
        return self.http("admin", headers={"Authorization": f"Bearer {token}"})

    def superuser(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """The database's superuser: for observing and, once, for tampering."""
        return psycopg.connect(
            self.stack["postgres"]["superuser_dsn"].replace("/postgres?", f"/{database}?"), autocommit=True
        )

    def count(self, database: str, query: str, *parameters: object) -> Any:
        """One value of a query, as superuser."""
        with self.superuser(database) as connection:
            row = connection.execute(query.encode(), parameters).fetchone()
        return row[0] if row else None

    def until(self, what: str, probe: Any, *, limit_s: float = 60, every_s: float = 0.2) -> Any:
        """Waits until `probe()` is truthy and returns its value.

        Raises:
            DemoFailedError: not within `limit_s` seconds.
        """
        end = time.monotonic() + limit_s
        with self.progress(what):
            while True:
                value = probe()
                if value:
                    return value
                if time.monotonic() > end:
                    raise DemoFailedError(f"{what}: not within {limit_s:.0f} s")
                time.sleep(every_s)

    @contextmanager
    def progress(self, what: str, *, every_s: float = PROGRESS_S) -> Iterator[None]:
        """While what is inside takes its time, a line now and then, so that a redirected output is not silent."""
        ended, begun = threading.Event(), time.monotonic()

        def tell() -> None:
            while not ended.wait(every_s):
                self.say(f"… {what}: {time.monotonic() - begun:.0f} s so far")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()

    def keep_facts(self) -> None:
        """Keeps what later commands need (ids and the lenders' credentials), readable by this user alone."""
        path = self.out / "facts.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.facts, ensure_ascii=False, default=str), encoding="utf-8")

    def recall(self) -> None:
        """Takes up facts and summary of an earlier run, to go on from the middle."""
        self.facts.update(json.loads((self.out / "facts.json").read_text(encoding="utf-8")))
        self.summary.update(json.loads((self.out / "summary.json").read_text(encoding="utf-8")))

    def write_summary(self) -> Path:
        """Writes the machine-readable record of the run."""
        path = self.out / "summary.json"
        path.write_text(json.dumps(self.summary, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
        return path
