"""Where the score process's time goes: py-spy's samples of running code, summed by part."""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.score.servers import Servers

RATE_PER_S = 500
_WAITS = "_worker (concurrent/futures"  # a pool's thread without work, which py-spy takes for a busy one
# The first that occurs in a stack, from its inner end, names the part.
PARTS = (
    ("redis_pipeline", "Redis client"),
    ("aiohttp", "consent client"),
    ("GetClient", "consent client"),
    ("asyncpg", "asyncpg"),
    ("dedicated_connections", "asyncpg"),
    ("GroupCommit", "group commit"),
    ("fastavro", "audit event (Avro)"),
    ("events.py", "audit event (Avro)"),
    ("outbox.py", "audit event (Avro)"),
    ("audit/service.py", "audit event (Avro)"),
    ("strictjson", "parse"),
    ("pydantic", "parse"),
    ("scores/domain.py", "body of the reply"),
    ("scores/reader.py", "signature and cache entry"),
    ("access/", "token and revocations"),
    ("tokens/", "token and revocations"),
    ("limits/", "limits in process"),
    ("prometheus_client", "metrics"),
    ("altscore_libs/web", "request context and route"),
    ("altscore_libs/http1", "strict HTTP"),
    ("uvicorn", "uvicorn"),
    ("starlette", "Starlette"),
    ("calls/", "steps of the call"),
    ("scores/service.py", "steps of the call"),
    ("clients.py", "consent client"),
)


def shares(servers: Servers, load: Callable[[], object], *, name: str = "score-api") -> dict[str, Any]:
    """Percent of the process's own time by part, while a load runs; empty where py-spy is not installed."""
    program = shutil.which("py-spy") or str(Path(sys.executable).with_name("py-spy"))
    if not Path(program).exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "raw"
        command = [program, "record", "-r", str(RATE_PER_S), "-f", "raw", "-o", str(out), "-d", "3600"]
        recorder = subprocess.Popen([*command, "-p", str(servers.pid(name))], stderr=subprocess.DEVNULL)
        load()
        recorder.send_signal(2)
        recorder.wait(30)
        lines = out.read_text(encoding="utf-8").splitlines()
    samples = [(stack.split(";"), int(count)) for stack, _, count in (line.rpartition(" ") for line in lines)]
    samples = [sample for sample in samples if not sample[0][-1].startswith(_WAITS)]
    total = sum(count for _, count in samples)
    by_part: Counter[str] = Counter()
    for frames, count in samples:
        by_part[_part_of(frames)] += count
    return {part: round(100 * count / total, 1) for part, count in by_part.most_common()}


def _part_of(frames: list[str]) -> str:
    for frame in reversed(frames):
        for sign, part in PARTS:
            if sign in frame:
                return part
    return "event loop (uvloop, TLS, kernel)"
