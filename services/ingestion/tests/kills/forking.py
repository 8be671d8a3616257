"""Starts `python -m altscore_ingestion <command>` over and over without importing everything anew each time.

Reads one JSON object per line, {command, environment, log}; forks, runs the product's own main() in the child, and
answers with its process id. Everything but the import of modules happens in the child, as at any start.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping

import altscore_ingestion.vault.wiring
import altscore_ingestion.wiring  # noqa: F401  # what `api` imports, Parquet and S3 among it
from altscore_ingestion.main import main


def run(command: str, environment: Mapping[str, str], log: str) -> None:
    """Becomes the process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(output, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    sys.argv = ["altscore_ingestion", command]
    main()


def serve() -> None:
    """Forks for every line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once
    for line in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            try:
                run(**json.loads(line))
            finally:
                os._exit(1)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
