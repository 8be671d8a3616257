"""Certificates of services live 30 days at most and are renewed long before, under processes that go on running."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from altscore_libs.testing_postgres import free_port
from altscore_libs.tls import ClientTls, ServerTls, client_context, reload_certificates, server_context
from altscore_local import pki
from altscore_local.cli import parser, run_command
from altscore_local.housekeeping import Housekeeper, Metrics
from altscore_local.layout import Layout
from altscore_local.pki import SERVICES, STORES, ensure_pki, renew_services
from cryptography import x509


@pytest.fixture
def issued(clone: Layout) -> Layout:
    """A clone with certificates."""
    ensure_pki(clone)
    return clone


def certificate(layout: Layout, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((layout.pki / f"{name}.crt").read_bytes())


def issue_for(layout: Layout, name: str, days: int) -> None:
    """Replaces a certificate by one that ends in so many days."""
    pki._Authority(layout.pki, "ca").issue(layout.pki, name, hosts=["localhost"], days=days)


def test_a_services_certificate_lives_for_30_days_at_most(issued: Layout) -> None:
    now = datetime.now(UTC)
    lives = {name: certificate(issued, name).not_valid_after_utc - now for name in SERVICES}
    assert {name: life for name, life in lives.items() if not timedelta(days=29) < life <= timedelta(days=30)} == {}


def test_what_is_not_due_stays(issued: Layout) -> None:
    before = {name: certificate(issued, name) for name in (*SERVICES, *STORES)}
    assert renew_services(issued) == []
    ensure_pki(issued)
    assert {name: certificate(issued, name) for name in before} == before
    assert pki.has_issued_all(issued)


@pytest.mark.parametrize("days", [0, 1, 13, 20, 31, 397])
def test_a_certificate_that_ends_soon_or_lives_too_long_is_renewed_alone(issued: Layout, days: int) -> None:
    others = {name: certificate(issued, name) for name in SERVICES if name != "consent"}
    issue_for(issued, "consent", days)
    assert renew_services(issued) == ["consent"]
    assert {name: certificate(issued, name) for name in others} == others
    assert pki.has_issued_all(issued)


def test_the_housekeeper_renews_without_being_asked(issued: Layout) -> None:
    issue_for(issued, "vault", 5)
    before = certificate(issued, "vault")
    Housekeeper(issued, Metrics()).turn()
    assert certificate(issued, "vault") != before


def test_the_housekeeper_of_a_container_has_no_authority_and_renews_nothing(issued: Layout) -> None:
    issue_for(issued, "vault", 5)
    before = certificate(issued, "vault")
    Housekeeper(issued, Metrics(), part="airflow").turn()
    (issued.pki / "ca.key").unlink()
    Housekeeper(issued, Metrics()).turn()
    assert certificate(issued, "vault") == before


def test_the_command_says_what_it_renewed(issued: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    issue_for(issued, "score", 5)
    assert run_command(parser().parse_args(["renew-certificates"]), issued) == 0
    assert "renewed: score" in capsys.readouterr().out
    (issued.pki / "ca.key").unlink()
    assert run_command(parser().parse_args(["renew-certificates"]), issued) == 1


async def test_a_process_that_runs_shows_and_uses_the_renewed_certificates(issued: Layout) -> None:
    folder = issued.pki
    server = server_context(
        ServerTls(folder / "consent.crt", folder / "consent.key", folder / "ca.pem"), require_client_certificate=True
    )
    client = client_context(ClientTls(folder / "ca.pem", folder / "score.crt", folder / "score.key"))
    seen: list[tuple[int, int]] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        seen[-1] = (seen[-1][0], _serial(writer.get_extra_info("ssl_object")))
        writer.close()

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port, ssl=server):
        for is_renewed in (False, True):
            if is_renewed:
                for name in ("consent", "score"):
                    issue_for(issued, name, 5)
                assert set(renew_services(issued)) == {"consent", "score"}
                assert reload_certificates() >= 2
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost")
            seen.append((_serial(writer.get_extra_info("ssl_object")), 0))
            assert await reader.read() == b"x"
            writer.close()
            expected = certificate(issued, "consent").serial_number, certificate(issued, "score").serial_number
            assert seen[-1] == expected
    assert seen[0] != seen[1]


def _serial(connection: ssl.SSLObject) -> int:
    der = connection.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number
