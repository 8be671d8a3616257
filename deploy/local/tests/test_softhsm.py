"""Tokens of one owner lie side by side; whoever knows the PIN of one cannot use the keys of another."""

import json
import subprocess
import sys

import pytest
from altscore_libs.signer import key_id_of
from altscore_local import softhsm
from altscore_local.layout import ROOT, Layout
from altscore_local.pki import make_authority
from altscore_local.softhsm import TOKENS, ensure_tokens, token_conf, token_pin
from altscore_local.toolchain import softhsm_module
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

# The library reads SOFTHSM2_CONF once per process, so a process of its own looks.
SIGN = """
import asyncio, hashlib, json, sys
from pathlib import Path
from pydantic import SecretStr
from altscore_libs.event_signatures import EventVerifier, SentMessage, sign_batch
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import PublicKeys, make_signing_key, open_signer

async def main(module, folder, pin):
    tried = {}
    for name in ("consent", "consent-events"):
        settings = SignerSettings(
            pkcs11_module=Path(module), pkcs11_token=name, pkcs11_pin=SecretStr(pin), public_keys_dir=Path(folder)
        )
        label = "consent-signing" if name == "consent" else "consent-events"
        try:
            signer = await open_signer(settings, label)
            message = SentMessage("t", "k", b"v")
            (header,) = await sign_batch(signer, [message])
        except Unavailable:
            tried[name] = None
            continue
        try:
            tried[name] = EventVerifier(PublicKeys.load(Path(folder))).producer_of(message, header)
        except ValueError:
            tried[name] = "no producer"
    print(json.dumps(tried))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def layout(clone: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setattr(softhsm, "TOKENS", {name: TOKENS[name] for name in ("consent", "consent-events")})
    (clone.root / "deploy").symlink_to(ROOT / "deploy")
    (clone.pki / "public").mkdir(parents=True)
    return clone


def signed(layout: Layout, pin: str) -> dict[str, str | None]:
    done = subprocess.run(
        [sys.executable, "-c", SIGN, str(softhsm_module()), str(layout.pki / "public"), pin],
        env={"SOFTHSM2_CONF": str(token_conf(layout, "consent-events")), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, str | None] = json.loads(done.stdout)
    return answer


def test_the_pin_of_a_relay_opens_its_own_token_alone_and_making_tokens_again_changes_nothing(layout: Layout) -> None:
    ensure_tokens(layout)
    keys = {path.name: path.read_bytes() for path in (layout.pki / "public").iterdir()}
    assert set(keys) == {"consent-signing.pem", "consent-events.pem"}
    assert signed(layout, token_pin(layout, "consent-events")) == {"consent": None, "consent-events": "consent"}
    assert signed(layout, token_pin(layout, "consent")) == {"consent": "no producer", "consent-events": None}
    for _ in range(2):
        ensure_tokens(layout)
    assert {path.name: path.read_bytes() for path in (layout.pki / "public").iterdir()} == keys


def test_every_producer_has_a_token_of_its_own_for_its_events() -> None:
    producers = {name.removesuffix("-events") for name in TOKENS if name.endswith("-events")}
    assert producers == {
        "admin", "consent", "ingestion", "notification", "pipeline", "portal", "score", "scoring", "vault", "webhook"
    }  # fmt: skip
    assert all(TOKENS[f"{name}-events"].signing == (f"{name}-events",) for name in producers)


TOKEN_KEY = """
import asyncio, hashlib, json, pkcs11, sys
from pathlib import Path
from pydantic import SecretStr
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Pkcs11RsaSigner, rsa_key_labels

async def main(module, folder, pin, label):
    settings = SignerSettings(
        pkcs11_module=Path(module), pkcs11_token="score", pkcs11_pin=SecretStr(pin), public_keys_dir=Path(folder)
    )
    signature = await Pkcs11RsaSigner(settings).sign(label, hashlib.sha256(b"content").digest())
    token = pkcs11.lib(module).get_token(token_label="score").open()
    try:
        token.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)[pkcs11.Attribute.PRIVATE_EXPONENT]
    except pkcs11.exceptions.AttributeSensitive:
        print(json.dumps({"labels": await rsa_key_labels(settings), "signature": signature.hex()}))

asyncio.run(main(*sys.argv[1:]))
"""


def holds_key(layout: Layout, label: str) -> list[str]:
    """The labels of score's token, whose key `label` signs what the published key of that name verifies."""
    arguments = [str(softhsm_module()), str(layout.pki / "public"), token_pin(layout, "score"), label]
    done = subprocess.run(
        [sys.executable, "-c", TOKEN_KEY, *arguments],
        env={"SOFTHSM2_CONF": str(token_conf(layout, "score")), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer = json.loads(done.stdout)
    public = load_pem_public_key((layout.pki / "public" / f"{label}.pem").read_bytes())
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(bytes.fromhex(answer["signature"]), b"content", padding.PKCS1v15(), hashes.SHA256())
    return list(answer["labels"])


@pytest.fixture
def score_layout(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setattr(softhsm, "TOKENS", {"score": TOKENS["score"]})
    return layout


def published(layout: Layout) -> dict[str, bytes]:
    """The public keys by file name."""
    return {path.name: path.read_bytes() for path in (layout.pki / "public").iterdir()}


def test_the_first_key_of_access_tokens_is_made_once_and_no_retired_one_comes_back(score_layout: Layout) -> None:
    ensure_tokens(score_layout)
    assert set(published(score_layout)) == {"jwt-1.pem"}
    assert holds_key(score_layout, "jwt-1") == ["jwt-1"]
    # As after a rotation, once the first key retired.
    (score_layout.pki / "public" / "jwt-1.pem").rename(score_layout.pki / "public" / "jwt-2-20261121T090000Z.pem")
    after = published(score_layout)
    for _ in range(2):
        ensure_tokens(score_layout)
        assert published(score_layout) == after


def test_keys_of_access_tokens_that_were_files_go_into_the_token_under_their_names(score_layout: Layout) -> None:
    former = score_layout.pki / "jwt"
    former.mkdir()
    pairs = {name: rsa.generate_private_key(65_537, 2048) for name in ("jwt-1", "jwt-2-20261121T090000Z")}
    for name, key in pairs.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (former / f"{name}.pem").write_bytes(pem)
    for _ in range(2):
        ensure_tokens(score_layout)
    assert not former.exists(), "no file holds a private key any more"
    assert published(score_layout) == {
        f"{name}.pem": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        for name, key in pairs.items()
    }
    for name in pairs:
        assert holds_key(score_layout, name) == sorted(pairs)


def test_the_connector_authoritys_key_goes_into_a_token_of_its_own_and_fits_its_certificate(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(softhsm, "TOKENS", {name: TOKENS[name] for name in ("ingestion", "ingestion-ca")})
    for _ in range(2):  # the second authority takes the place of the first
        make_authority(layout.pki, "connector-ca")
        ensure_tokens(layout)
        assert not (layout.pki / "connector-ca.key").exists(), "no file holds the private key any more"
        assert not (layout.pki / "public" / "connector-ca.pem").exists(), "it is trusted for no event"
        certificate = x509.load_pem_x509_certificate((layout.pki / "connector-ca.pem").read_bytes())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key_of_authority(layout, "ingestion-ca") == key_id_of("connector-ca", key)
        assert key_of_authority(layout, "ingestion") is None, "the PIN that SFTP's process knows does not open it"


AUTHORITY_KEY = """
import asyncio, json, pkcs11, sys
from pathlib import Path
from pydantic import SecretStr
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import open_signer

async def main(module, pin):
    settings = SignerSettings(
        pkcs11_module=Path(module), pkcs11_token="ingestion-ca", pkcs11_pin=SecretStr(pin), public_keys_dir=Path()
    )
    try:
        signer = await open_signer(settings, "connector-ca")
        await signer.sign(bytes(32))
    except Unavailable:
        print("null")
        return
    session = pkcs11.lib(module).get_token(token_label="ingestion-ca").open()
    try:
        session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="connector-ca")[pkcs11.Attribute.VALUE]
    except pkcs11.exceptions.AttributeSensitive:
        print(json.dumps(signer.key_id))

asyncio.run(main(*sys.argv[1:]))
"""


def key_of_authority(layout: Layout, pin_of: str) -> str | None:
    """The id of the key that signs certificates, for whoever knows the PIN of that token; None: it does not sign."""
    done = subprocess.run(
        [sys.executable, "-c", AUTHORITY_KEY, str(softhsm_module()), token_pin(layout, pin_of)],
        env={"SOFTHSM2_CONF": str(token_conf(layout, "ingestion-ca")), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    key_id: str | None = json.loads(done.stdout)
    return key_id
