"""A successor for the certificate authority of this clone, in three steps between which everything goes on working.

`trust`: everybody trusts both; certificates are still the old one's. `issue`: the successor signs every certificate
anew. `retire`: nobody trusts the old one any more. docs/runbooks/certificate-authority.md says what is restarted when.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from altscore_local.files import PRIVATE, PUBLIC, write_file
from altscore_local.layout import Layout
from altscore_local.pki import ensure_pki, has_issued_all, make_authority
from altscore_local.process import StackError

BUNDLE, KEY = "ca.pem", "ca.key"
SUCCESSOR = "ca-successor"


def trust(layout: Layout) -> None:
    """Makes the successor and trusts it besides the old authority.

    Raises:
        StackError: a change is under way already.
    """
    folder = layout.pki
    if len(_certificates(folder)) > 1:
        raise StackError("two authorities are trusted already: go on with the next step")
    make_authority(folder, "ca", file_name=SUCCESSOR)
    _write_bundle(folder, [*_certificates(folder), _certificate(folder / f"{SUCCESSOR}.pem")])


def issue(layout: Layout) -> None:
    """Signs every certificate anew with the successor's key; both authorities stay trusted.

    Raises:
        StackError: there is no successor, or it is not trusted yet.
    """
    folder = layout.pki
    if not (folder / f"{SUCCESSOR}.key").exists() or len(_certificates(folder)) != 2:
        raise StackError("no successor is trusted yet: begin with the step `trust`")
    new = _certificate(folder / f"{SUCCESSOR}.pem")
    [old] = [each for each in _certificates(folder) if each != new]
    write_file(folder / KEY, (folder / f"{SUCCESSOR}.key").read_bytes(), mode=PRIVATE)
    _write_bundle(folder, [new, old])
    for suffix in ("key", "pem"):
        (folder / f"{SUCCESSOR}.{suffix}").unlink()
    ensure_pki(layout)


def retire(layout: Layout) -> None:
    """Trusts the successor alone.

    Raises:
        StackError: no old authority is trusted, or a certificate is still its.
    """
    folder = layout.pki
    if (folder / f"{SUCCESSOR}.key").exists() or len(_certificates(folder)) != 2:
        raise StackError("there is no old authority to retire: the steps before are `trust` and `issue`")
    if not has_issued_all(layout):
        raise StackError("a certificate is still the old authority's: run the step `issue`")
    _write_bundle(folder, _certificates(folder)[:1])
    ensure_pki(layout)  # what is derived from the bundle


STEPS: Mapping[str, Callable[[Layout], None]] = {"trust": trust, "issue": issue, "retire": retire}


def _certificates(folder: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((folder / BUNDLE).read_bytes())


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _write_bundle(folder: Path, certificates: list[x509.Certificate]) -> None:
    """The first is the one whose key signs."""
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)
    write_file(folder / BUNDLE, pem, mode=PUBLIC)
