"""The limit: an empty answer by uvicorn over TLS 1.3, as any Python service of ours would give it at best."""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from altscore_libs.tls import ServerTls, server_context

_HEADERS = [(b"content-length", b"0")]


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, says nothing."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


def serve(app: Any, settings: dict[str, Any], *, require_client_certificate: bool = False) -> None:
    """Serves an application as the baselines are served: one uvicorn process, uvloop, httptools, TLS 1.3."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=settings["port"],
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
    config.load()
    authority = Path(settings["ca"]) if require_client_certificate else None
    tls = ServerTls(Path(settings["cert"]), Path(settings["key"]), authority)
    config.ssl = server_context(tls, require_client_certificate=require_client_certificate)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve(empty, json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
