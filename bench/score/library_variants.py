"""Each hand-written part of the hot path, and the libraries that could do its work, behind one call each."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import resources
from urllib.parse import unquote, urlsplit

import aiohttp
import coredis
import glide
import httpx
import redis.asyncio
from altscore_libs.tls import ClientTls, client_context
from altscore_libs.web import add_hot_route, create_app
from altscore_score.clients import GetClient
from altscore_score.platform.redis_pipeline import Address, PipelinedRedis, Script
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from bench.score.servers import Servers

LIBRARIES = ("redis", "coredis", "glide", "aiohttp", "httpx")
LENDERS = 200
Call = Callable[[int], Awaitable[None]]
_ARGUMENTS = ["0", "nonce", "1", "2", "1000000000", "60000000", "1000000000", "86400000000"]
_ARGUMENTS += ["1000000000", "86400000000"]
_PATH = "/v1/consent/check"


def _keys(number: int) -> list[str]:
    lender = f"l:{number % LENDERS}"
    return [f"{lender}:m", f"{lender}:d", f"{lender}:r", f"{lender}:c", f"{lender}:g"]


def _arguments(number: int) -> list[str]:
    return [*_ARGUMENTS[:1], f"n{number}", *_ARGUMENTS[2:]]


@asynccontextmanager
async def redis_variants(servers: Servers) -> AsyncIterator[dict[str, Call]]:
    """One round trip with the script of the limits, as the score service makes it for every call."""
    parts = urlsplit(servers.stores.redis.url)
    ca_file = str(servers.layout.pki / "ca.pem")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    text = resources.files("altscore_score.limits").joinpath("windows.lua").read_text(encoding="utf-8")
    host, port = parts.hostname or "127.0.0.1", parts.port or 6379
    script = Script.of(text)
    own = PipelinedRedis(Address.parse(servers.stores.redis.url, servers.layout.pki / "ca.pem"))
    redis_py = redis.asyncio.Redis(
        host=host, port=port, username=username, password=password, ssl=True, ssl_ca_certs=ca_file
    )
    registered = redis_py.register_script(text)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(
            coredis.Redis(
                host=host,
                port=port,
                username=username,
                password=password,
                ssl_context=ssl.create_default_context(cafile=ca_file),
            )
        )
        core_script = core.register_script(text)
        rust = await glide.GlideClient.create(_glide_configuration(servers, host, port, username, password))
        rust_script = glide.Script(text)  # type: ignore[no-untyped-call]  # of its Rust extension

        async def ours(number: int) -> None:
            await own.execute(script, _keys(number), _arguments(number))

        async def by_redis_py(number: int) -> None:
            await registered(_keys(number), _arguments(number))

        async def by_coredis(number: int) -> None:
            await core_script(_keys(number), _arguments(number))

        async def by_glide(number: int) -> None:
            await rust.invoke_script(rust_script, keys=list(_keys(number)), args=list(_arguments(number)))

        yield {"ours": ours, "redis-py": by_redis_py, "coredis": by_coredis, "valkey-glide": by_glide}
        await own.close()
        await redis_py.aclose()
        await rust.close()


def _glide_configuration(
    servers: Servers, host: str, port: int, username: str, password: str
) -> glide.GlideClientConfiguration:
    authority = (servers.layout.pki / "ca.pem").read_bytes()
    return glide.GlideClientConfiguration(
        addresses=[glide.NodeAddress(host, port)],
        use_tls=True,
        credentials=glide.ServerCredentials(username=username, password=password),
        advanced_config=glide.AdvancedGlideClientConfiguration(
            tls_config=glide.TlsAdvancedConfiguration(root_pem_cacerts=authority)
        ),
        protocol=glide.ProtocolVersion.RESP2,
    )


@asynccontextmanager
async def http_variants(servers: Servers, port: int) -> AsyncIterator[dict[str, Call]]:
    """One GET with three parameters over kept mutual-TLS connections, JSON decoded."""
    pki = servers.layout.pki
    context = client_context(ClientTls(pki / "ca.pem", pki / "score.crt", pki / "score.key"))
    base = f"https://127.0.0.1:{port}"
    own = GetClient(base, context)

    def parameters(number: int) -> dict[str, str]:
        return {"retailer_id": f"ret_{number:016x}", "lender_id": "lender_a", "purpose": "working_capital_loan"}

    connector = aiohttp.TCPConnector(ssl=context, limit=32)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=1.0)) as aio,
        httpx.AsyncClient(base_url=base, verify=context, timeout=1.0, trust_env=False) as plain,
    ):
        await _until_it_answers(aio, base)

        async def ours(number: int) -> None:
            await own.call("GET", _PATH, params=parameters(number))

        async def by_aiohttp(number: int) -> None:
            async with aio.get(base + _PATH, params=parameters(number)) as response:
                await response.json()

        async def by_httpx(number: int) -> None:
            (await plain.get(_PATH, params=parameters(number))).json()

        yield {"ours, on aiohttp": ours, "aiohttp": by_aiohttp, "httpx": by_httpx}
        await own.close()


async def _until_it_answers(session: aiohttp.ClientSession, base: str) -> None:
    for _ in range(100):
        try:
            async with session.get(base + _PATH):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the server does not answer")


_BODY = b'{"consented":true}'


async def _plain(_request: Request) -> Response:
    return Response(_BODY, media_type="application/json")


def route_variants() -> dict[str, Call]:
    """One request through the application without a socket: our hot layer, a Route of Starlette, FastAPI's route."""
    by_layer, by_starlette, by_fastapi = create_app("layer"), create_app("starlette"), create_app("fastapi")
    add_hot_route(by_layer, "/hot", _plain, "GET")
    by_starlette.router.routes.insert(0, Route("/hot", _plain, methods=["GET"]))

    @by_fastapi.get("/hot")
    async def hot() -> Response:
        return Response(_BODY, media_type="application/json")

    return {
        "ours, a layer": _asked(by_layer),
        "Starlette route": _asked(by_starlette),
        "FastAPI route": _asked(by_fastapi),
    }


def _asked(application: ASGIApp) -> Call:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"status {message['status']}")

    async def call(_number: int) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": "/hot",
            "raw_path": b"/hot",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        await application(scope, receive, send)

    return call
