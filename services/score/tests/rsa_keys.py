"""Keys of access tokens without a key store: the public half is published, the other one lies beside it."""

from pathlib import Path

from altscore_libs.testing import SoftwareRsaSigner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PRIVATE = "private"


def write_rsa_key(folder: Path, name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Makes a signing key of that name and publishes it in a folder."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    (folder / PRIVATE).mkdir(exist_ok=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / PRIVATE / f"{name}.pem").write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pem").write_bytes(public)
    return key


def private_key(folder: Path, name: str) -> rsa.RSAPrivateKey:
    """The private half of a key that `write_rsa_key` published there."""
    key = serialization.load_pem_private_key((folder / PRIVATE / f"{name}.pem").read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def signer_of(folder: Path) -> SoftwareRsaSigner:
    """A signer with all keys that `write_rsa_key` published there."""
    names = [path.stem for path in (folder / PRIVATE).glob("*.pem")]
    return SoftwareRsaSigner([], keys={name: private_key(folder, name) for name in names})
