"""A process: mTLS names its callers, others are refused, it stops when told."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import httpx
import pytest
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.service import Listener, Readiness, serve
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ClientTls, ServerTls, client_context
from altscore_libs.web import allow_callers, create_app, peer, router
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi import Depends, FastAPI, Request

NOW = dt.datetime.now(dt.UTC)


def issue(folder: Path, name: str, signer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None) -> tuple:  # type: ignore[type-arg]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing = signer or (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(minutes=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    )
    if signer is not None:
        names = [x509.UniformResourceIdentifier(f"spiffe://altscore/{name}"), x509.DNSName("localhost")]
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(usage, critical=False)
    certificate = builder.sign(signing, hashes.SHA256())
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return subject, key


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    ca = issue(tmp_path, "ca", None)
    connector_ca = issue(tmp_path, "connector-ca", None)
    (tmp_path / "distributor").mkdir()
    for name in ("shop", "till", "other", "distributor/dist_2"):
        issue(tmp_path, name, ca)
    for name in ("admin", "distributor/dist_1"):
        issue(tmp_path, name, connector_ca)
    foreign = issue(tmp_path, "foreign-ca", None)
    issue(tmp_path, "foreign", foreign)
    return tmp_path


def app() -> FastAPI:
    application, routes = create_app("shop"), router()

    @routes.get("/who")
    async def who(request: Request) -> dict[str, str | None]:
        caller = peer(request)
        return {"service": caller.service, "distributor_id": caller.distributor_id}

    @routes.get("/till", dependencies=[Depends(allow_callers("till"))])
    async def till() -> dict[str, str]:
        return {"ok": "yes"}

    application.include_router(routes)
    return application


def client(pki: Path, port: int, name: str | None) -> ServiceClient:
    files = (pki / f"{name}.crt", pki / f"{name}.key") if name else (None, None)
    return ServiceClient(
        f"https://localhost:{port}", tls=ClientTls(pki / "ca.crt", *files), timeout_s=HANG_S, attempts=1
    )


async def until_ready(port: int) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(HANG_S):
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.02)


async def test_callers_are_known_by_their_certificate_and_others_are_refused(pki: Path) -> None:
    port, internal, stop = free_port(), free_port(), asyncio.Event()

    async def until_stopped(ended: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, ended)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    tls = ServerTls(
        pki / "shop.crt",
        pki / "shop.key",
        client_ca_file=pki / "ca.crt",
        other_client_ca_file=pki / "connector-ca.crt",
    )
    process = asyncio.create_task(
        serve(
            "shop",
            listeners=[Listener(app(), port, tls)],
            workers={"end": until_stopped},
            readiness=Readiness(),
            internal_port=internal,
        )
    )
    await until_ready(internal)
    async with client(pki, port, "till") as till, client(pki, port, "other") as other:
        assert await till.call("GET", "/who") == {"service": "till", "distributor_id": None}
        assert await till.call("GET", "/till") == {"ok": "yes"}
        with pytest.raises(RemoteError) as refused:
            await other.call("GET", "/till")
        assert (refused.value.status, refused.value.code) == (403, "FORBIDDEN")
    async with client(pki, port, "distributor/dist_1") as distributor:
        assert await distributor.call("GET", "/who") == {"service": None, "distributor_id": "dist_1"}
    for outside in ("admin", "distributor/dist_2"):  # each from the authority of the others
        async with client(pki, port, outside) as caller:
            assert await caller.call("GET", "/who") == {"service": None, "distributor_id": None}
    for name in (None, "foreign"):
        context = client_context(ClientTls(pki / "ca.crt"))
        if name:
            context.load_cert_chain(pki / f"{name}.crt", pki / f"{name}.key")
        async with httpx.AsyncClient(verify=context) as http:
            with pytest.raises((httpx.HTTPError, ssl.SSLError)):
                await http.get(f"https://localhost:{port}/who")
    stop.set()
    await asyncio.wait_for(process, timeout=HANG_S)
