"""The certificate authority changes in three steps, in their order, and nobody is without a trusted certificate."""

import ssl
from pathlib import Path

import pytest
from altscore_local import authority
from altscore_local.authority import issue, retire, trust
from altscore_local.cli import parser, run_command
from altscore_local.layout import Layout
from altscore_local.pki import SERVICES, STORES, TRUSTSTORE_PASSWORD, ensure_pki, has_issued_all
from altscore_local.process import StackError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12


@pytest.fixture
def issued(clone: Layout) -> Layout:
    """A clone with certificates."""
    ensure_pki(clone)
    return clone


def bundle(layout: Layout) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((layout.pki / "ca.pem").read_bytes())


def signed_by(layout: Layout, certificate: x509.Certificate) -> set[str]:
    """Names whose certificate that authority signed."""
    key = x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key(certificate))
    leaves = {
        name: x509.load_pem_x509_certificate((layout.pki / f"{name}.crt").read_bytes()) for name in (*SERVICES, *STORES)
    }
    names = {
        name
        for name, leaf in leaves.items()
        if leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value == key
    }
    for name in names:
        leaves[name].verify_directly_issued_by(certificate)
    return names


def public_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def java_trusts(layout: Layout) -> int:
    raw = (layout.pki / "ca.p12").read_bytes()
    return len(pkcs12.load_pkcs12(raw, TRUSTSTORE_PASSWORD.encode()).additional_certs)


def test_both_are_trusted_before_a_certificate_changes_and_the_old_one_goes_last(issued: Layout) -> None:
    everybody = {*SERVICES, *STORES}
    [old] = bundle(issued)

    trust(issued)
    first, new = bundle(issued)
    assert first == old
    assert signed_by(issued, old) == everybody

    issue(issued)
    assert bundle(issued) == [new, old]
    assert signed_by(issued, new) == everybody
    assert java_trusts(issued) == 2

    retire(issued)
    assert bundle(issued) == [new]
    assert java_trusts(issued) == 1
    key = load_pem_private_key((issued.pki / "ca.key").read_bytes(), None)
    assert key.public_key() == new.public_key()
    assert [path.name for path in issued.pki.iterdir() if "successor" in path.name] == []


def test_whoever_trusts_the_bundle_reads_it_whole(issued: Layout) -> None:
    trust(issued)
    assert len(ssl.create_default_context(cafile=str(issued.pki / "ca.pem")).get_ca_certs()) == 2


@pytest.mark.parametrize(
    ("done", "step"),
    [
        ((), "issue"),
        ((), "retire"),
        (("trust",), "trust"),
        (("trust",), "retire"),
        (("trust", "issue"), "trust"),
        (("trust", "issue"), "issue"),
        (("trust", "issue", "retire"), "retire"),
    ],
)
def test_a_step_out_of_turn_is_refused_and_changes_nothing(issued: Layout, done: tuple[str, ...], step: str) -> None:
    for name in done:
        authority.STEPS[name](issued)
    before = {path: path.read_bytes() for path in issued.pki.rglob("*") if path.is_file()}
    with pytest.raises(StackError):
        authority.STEPS[step](issued)
    assert {path: path.read_bytes() for path in issued.pki.rglob("*") if path.is_file()} == before


def test_the_old_authority_stays_while_a_certificate_is_its(issued: Layout, tmp_path: Path) -> None:
    former = (issued.pki / "kafka.crt").read_bytes()
    trust(issued)
    issue(issued)
    (issued.pki / "kafka.crt").write_bytes(former)
    assert not has_issued_all(issued)
    with pytest.raises(StackError, match="still"):
        retire(issued)


def test_a_start_between_two_steps_changes_no_authority(issued: Layout) -> None:
    for name, step in authority.STEPS.items():
        step(issued)
        before = (issued.pki / "ca.pem").read_bytes(), (issued.pki / "score.crt").read_bytes()
        ensure_pki(issued)
        assert ((issued.pki / "ca.pem").read_bytes(), (issued.pki / "score.crt").read_bytes()) == before, name


def test_a_step_that_was_cut_short_is_finished_by_its_repetition(
    issued: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(issued)
    old, new = bundle(issued)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_: (_ for _ in ()).throw(OSError("no space")))
        with pytest.raises(OSError, match="no space"):
            issue(issued)
    issue(issued)
    assert bundle(issued) == [new, old]
    assert has_issued_all(issued)


def test_the_command_takes_the_steps_and_tells_where_there_is_nothing_to_change(
    clone: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parser().parse_args(["authority", "trust"])
    assert run_command(options, clone) == 1
    assert "run `make up`" in capsys.readouterr().err
    ensure_pki(clone)
    assert run_command(options, clone) == 0
    assert len(bundle(clone)) == 2
    assert "certificate-authority.md" in capsys.readouterr().out
