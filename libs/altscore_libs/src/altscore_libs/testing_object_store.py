"""The S3 server that set-up builds, for tests: where it is, and when it takes buckets."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_LIMIT_S = 60.0  # of a machine that does other things; an idle one needs less than a second
_EVERY_S = 0.05


def object_store_program() -> Path | None:
    """The newest one that was built, if any: `make setup` builds it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "altscore"
    return max(cache.glob("minio-*/minio"), default=None)


def await_buckets(client: Any, process: subprocess.Popen[bytes]) -> None:
    """Waits until the server takes buckets: its own health says yes before its users and buckets are read.

    Args:
        client: of its administrator.
        process: of the server.

    Raises:
        RuntimeError: it ended, or took too long.
    """
    end_s = time.monotonic() + _LIMIT_S
    while time.monotonic() < end_s:
        if process.poll() is not None:
            raise RuntimeError("the object store ended at start")
        try:
            client.list_buckets()
        except (BotoCoreError, ClientError):
            time.sleep(_EVERY_S)
        else:
            return
    raise RuntimeError("the object store did not start")
