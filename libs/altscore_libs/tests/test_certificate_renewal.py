"""A renewed certificate is taken by listeners and callers without a restart; a damaged one changes nothing."""

import asyncio
import contextlib
import datetime as dt
import gc
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from altscore_libs import service, tls
from altscore_libs.service import Readiness, serve
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ClientTls, ServerTls, client_context, reload_certificates, server_context
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)


class Authority:
    """An authority that issues and renews certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate(self._name, self._key, is_authority=True).public_bytes(_PEM))

    def issue(self, name: str) -> int:
        """Writes a new certificate and key; returns its serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key, is_authority=False)
        pem = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self._folder / f"{name}.key").write_bytes(pem)
        (self._folder / f"{name}.crt").write_bytes(certificate.public_bytes(_PEM))
        return certificate.serial_number

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        names = [x509.UniformResourceIdentifier("spiffe://altscore/score"), x509.DNSName("localhost")]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - dt.timedelta(minutes=1))
            .not_valid_after(NOW + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )


_PEM = serialization.Encoding.PEM


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ca")


@contextlib.asynccontextmanager
async def listening(context: ssl.SSLContext, seen: list[int]) -> AsyncIterator[int]:
    """A TLS port that notes the serial numbers of its callers' certificates."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        seen.append(x509.load_der_x509_certificate(certificate).serial_number if certificate else 0)
        writer.write(b"x")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port, ssl=context):
        yield port


async def serial_of_server(port: int, context: ssl.SSLContext) -> int:
    """Serial number of the certificate that a new connection is shown."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    assert await reader.read() == b"x"
    writer.close()
    return x509.load_der_x509_certificate(der).serial_number


async def test_listener_and_caller_use_renewed_certificates_on_new_connections(
    tmp_path: Path, authority: Authority
) -> None:
    first, caller = authority.issue("server"), authority.issue("caller")
    listener = server_context(
        ServerTls(tmp_path / "server.crt", tmp_path / "server.key", authority.file), require_client_certificate=True
    )
    client = client_context(ClientTls(authority.file, tmp_path / "caller.crt", tmp_path / "caller.key"))
    seen: list[int] = []
    async with listening(listener, seen) as port:
        assert await serial_of_server(port, client) == first
        second, renewed_caller = authority.issue("server"), authority.issue("caller")
        assert await serial_of_server(port, client) == first, "nothing changes before the reload"

        assert reload_certificates() == 2
        assert await serial_of_server(port, client) == second
        assert reload_certificates() == 0, "unchanged files are not loaded again"
    assert seen == [caller, caller, renewed_caller]


async def test_a_new_authority_is_trusted_besides_the_old_one(tmp_path: Path, authority: Authority) -> None:
    serial = authority.issue("server")
    listener = server_context(
        ServerTls(tmp_path / "server.crt", tmp_path / "server.key"), require_client_certificate=False
    )
    client = client_context(ClientTls(authority.file))
    following = Authority(tmp_path, "following-ca")
    async with listening(listener, []) as port:
        assert await serial_of_server(port, client) == serial
        authority.file.write_bytes(following.file.read_bytes())
        reload_certificates()
        assert await serial_of_server(port, client) == serial
        renewed = following.issue("server")
        reload_certificates()
        assert await serial_of_server(port, client) == renewed


async def test_a_listener_takes_callers_of_two_authorities_and_renewals_of_both(tmp_path: Path) -> None:
    services, connectors = Authority(tmp_path, "services"), Authority(tmp_path, "connectors")
    services.issue("server")
    tls_files = ServerTls(
        tmp_path / "server.crt",
        tmp_path / "server.key",
        client_ca_file=services.file,
        other_client_ca_file=connectors.file,
    )
    listener = server_context(tls_files, require_client_certificate=True)
    seen: list[int] = []
    following = Authority(tmp_path, "following")
    async with listening(listener, seen) as port:
        connector = connectors.issue("connector")
        files = (tmp_path / "connector.crt", tmp_path / "connector.key")
        await serial_of_server(port, client_context(ClientTls(services.file, *files)))
        renewed = following.issue("connector")
        with pytest.raises((ssl.SSLError, OSError, AssertionError)):
            await serial_of_server(port, client_context(ClientTls(services.file, *files)))
        connectors.file.write_bytes(following.file.read_bytes())
        reload_certificates()
        await serial_of_server(port, client_context(ClientTls(services.file, *files)))
    assert seen == [connector, renewed]


async def test_calls_go_on_while_authority_and_certificates_of_both_sides_change(
    tmp_path: Path, authority: Authority
) -> None:
    """The order of the runbook: trust both authorities, renew the certificates, trust the new one alone."""
    first, first_caller = authority.issue("server"), authority.issue("caller")
    files = (tmp_path / "caller.crt", tmp_path / "caller.key")
    listener = server_context(
        ServerTls(tmp_path / "server.crt", tmp_path / "server.key", authority.file), require_client_certificate=True
    )
    client = client_context(ClientTls(authority.file, *files))
    following, old = Authority(tmp_path, "following-ca"), authority.file.read_bytes()
    seen: list[int] = []
    servers: list[int] = []
    end = asyncio.Event()

    async def reload() -> None:
        while not end.is_set():
            reload_certificates()  # at any moment, half-written files among them
            await asyncio.sleep(0.003)

    async def call() -> None:
        while not end.is_set():
            servers.append(await serial_of_server(port, client))

    async def further_calls(count: int) -> None:
        goal = len(servers) + count
        while len(servers) < goal:
            await asyncio.sleep(0.005)
            for task in tasks:
                if task.done():
                    await task  # a failed call fails the test

    async with asyncio.timeout(60), listening(listener, seen) as port:
        tasks = [asyncio.create_task(coroutine) for coroutine in (reload(), call(), call())]
        await further_calls(20)
        authority.file.write_bytes(old + following.file.read_bytes())
        await further_calls(20)
        second = following.issue("server")
        await further_calls(20)
        second_caller = following.issue("caller")
        await further_calls(20)
        authority.file.write_bytes(following.file.read_bytes())
        await further_calls(20)
        end.set()
        await asyncio.gather(*tasks)
    assert (servers[0], servers[-1]) == (first, second)
    assert (seen[0], seen[-1]) == (first_caller, second_caller)
    assert len(servers) >= 100


@pytest.mark.parametrize("damaged", ["server.crt", "server.key"])
async def test_files_that_do_not_fit_change_nothing_and_are_tried_again(
    tmp_path: Path, authority: Authority, damaged: str
) -> None:
    first = authority.issue("server")
    listener = server_context(
        ServerTls(tmp_path / "server.crt", tmp_path / "server.key"), require_client_certificate=False
    )
    client = client_context(ClientTls(authority.file))
    before = (tmp_path / damaged).read_bytes()
    async with listening(listener, []) as port:
        second = authority.issue("server")
        after = (tmp_path / damaged).read_bytes()
        (tmp_path / damaged).write_bytes(before)

        assert reload_certificates() == 0
        assert tls._unusable._value.get() == 1
        assert await serial_of_server(port, client) == first

        (tmp_path / damaged).write_bytes(after)
        assert reload_certificates() == 1
        assert tls._unusable._value.get() == 0
        assert await serial_of_server(port, client) == second


def test_a_context_that_nobody_holds_is_forgotten(tmp_path: Path, authority: Authority) -> None:
    authority.issue("server")
    gc.collect()  # what earlier tests left
    before = len(tls._contexts)
    context = client_context(ClientTls(authority.file))
    assert len(tls._contexts) == before + 1
    del context
    gc.collect()
    assert len(tls._contexts) == before


async def test_a_process_reloads_by_itself(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RELOAD_S", 0.01)
    authority.issue("server")
    context = server_context(
        ServerTls(tmp_path / "server.crt", tmp_path / "server.key"), require_client_certificate=False
    )
    before, count = tls._contexts[context].digest, tls._reloaded._value.get()
    end = asyncio.Event()

    async def until_renewed(_: asyncio.Event) -> None:
        await end.wait()

    running = asyncio.create_task(
        serve("one", workers={"end": until_renewed}, readiness=Readiness(), internal_port=free_port())
    )
    authority.issue("server")
    async with asyncio.timeout(HANG_S):
        while tls._contexts[context].digest == before or tls._reloaded._value.get() == count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    end.set()
    await running
