"""What was done to an exported file is named; what was not touched is OK."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from altscore_consent_verifier.main import run
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

RETAILER = "ret_7f3a92c1d4e8b051"
FIRST, SECOND = "cns_" + "1" * 32, "cns_" + "2" * 32
Damage = Callable[[dict[str, Any]], None]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Signer:
    """Signs as the consent service does."""

    def __init__(self, folder: Path, number: str = "") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = f"consent-signing-{hashlib.sha256(der).hexdigest()[:16]}"
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"consent-signing{number}.pem").write_bytes(pem)

    def sign(self, text: str) -> str:
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()

    def entry(self, content: dict[str, Any]) -> dict[str, Any]:
        record = canonical({**content, "key_id": self.key_id})
        names = {"consent_id": content["consent_id"], "kind": content["kind"]}
        return {**names, "record": record, "signature": self.sign(record), "key_id": self.key_id}


def grant(consent_id: str, **change: Any) -> dict[str, Any]:
    content = {
        "schema": "altscore.consent-record.1",
        "record_version": 2,
        "kind": "grant",
        "consent_id": consent_id,
        "retailer_id": RETAILER,
        "lender_scope": ["lender_shriram", "lender_ugro"],
        "purpose": "working_capital_loan",
        "notice": {"id": "n", "version": "2", "language": "hi", "sha256": "a" * 64},
        "given_at": "2026-05-20T08:00:00.000000Z",
        "expires_at": "2027-05-20T00:00:00.000000Z",
    }
    return content | change


def withdrawal(consent_id: str) -> dict[str, Any]:
    return {
        "kind": "withdrawal",
        "consent_id": consent_id,
        "retailer_id": RETAILER,
        "withdrawn_at": "2026-06-01T08:00:00.000000Z",
    }


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    return folder


@pytest.fixture
def old(keys: Path) -> Signer:
    return Signer(keys)


@pytest.fixture
def new(keys: Path) -> Signer:
    return Signer(keys, ".2")


def listed(signer: Signer, body: dict[str, Any]) -> dict[str, Any]:
    digests = [
        {
            "consent_id": entry["consent_id"],
            "kind": entry["kind"],
            "sha256": hashlib.sha256(entry["record"].encode() + bytes.fromhex(entry["signature"])).hexdigest(),
        }
        for entry in body["records"]
    ]
    head = {name: body[name] for name in ("schema", "retailer_id", "exported_at", "uses")}
    document = canonical({**head, "records": digests, "key_id": signer.key_id})
    return body | {"manifest": {"document": document, "signature": signer.sign(document), "key_id": signer.key_id}}


@pytest.fixture
def export(old: Signer, new: Signer) -> dict[str, Any]:
    body = {
        "schema": "altscore.consent-export.1",
        "retailer_id": RETAILER,
        "exported_at": "2026-06-02T00:00:00.000000Z",
        "uses": [],
        "records": [old.entry(grant(FIRST)), old.entry(withdrawal(FIRST)), new.entry(grant(SECOND))],
    }
    return listed(new, body)


def check(tmp_path: Path, keys: Path, body: Any) -> int:
    file = tmp_path / "export.json"
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return run(["--public-key", str(keys), "--json", str(file)])


def faults_of(capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    return {finding["what"]: finding["fault"] for finding in json.loads(capsys.readouterr().out)["findings"]}


def test_an_untouched_export_is_ok_record_by_record_with_keys_old_and_new(
    tmp_path: Path, keys: Path, export: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, keys, export) == 0
    names = {f"{FIRST} grant", f"{FIRST} withdrawal", f"{SECOND} grant", "manifest"}
    assert faults_of(capsys) == dict.fromkeys(names)


def _edit(index: int, **change: Any) -> Damage:
    return lambda body: body["records"][index].update(change)


def _replace(index: int, old: str, new: str) -> Damage:
    def damage(body: dict[str, Any]) -> None:
        entry = body["records"][index]
        assert old in entry["record"]
        entry["record"] = entry["record"].replace(old, new)

    return damage


def _spaced(body: dict[str, Any]) -> None:
    body["records"][0]["record"] = json.dumps(json.loads(body["records"][0]["record"]))


def _swap(body: dict[str, Any]) -> None:
    first, third = body["records"][0], body["records"][2]
    first["signature"], third["signature"] = third["signature"], first["signature"]


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "a lender added": (_replace(0, "lender_ugro", "lender_evil"), f"{FIRST} grant", "signature does not hold"),
    "expiry prolonged": (_replace(2, "2027-", "2099-"), f"{SECOND} grant", "signature does not hold"),
    "other spacing": (_spaced, f"{FIRST} grant", "signature does not hold"),
    "signatures swapped": (_swap, f"{SECOND} grant", "signature does not hold"),
    "no hex": (_edit(0, signature="zz"), f"{FIRST} grant", "not a signature"),
    "unknown key": (_replace(0, "consent-signing-", "consent-signinx-"), f"{FIRST} grant", "not on the list"),
    "renamed": (_edit(0, consent_id="cns_x"), "cns_x grant", "another name"),
    "another key named beside it": (_edit(0, key_id="consent-signing-0"), f"{FIRST} grant", "another key"),
    "no record at all": (_edit(0, record=7), f"{FIRST} grant", "no record"),
    "removed": (lambda body: body["records"].pop(2), f"{SECOND} grant", "the list names it"),
    "withdrawal hidden": (lambda body: body["records"].pop(1), f"{FIRST} withdrawal", "the list names it"),
    "grant of a withdrawal removed": (lambda body: body["records"].pop(0), f"{FIRST} grant", "withdrawal ends"),
    "doubled": (lambda body: body["records"].append(body["records"][0]), f"{FIRST} grant", "twice"),
    "another retailer's file": (lambda body: body.update(retailer_id="ret_x"), f"{FIRST} grant", "another retailer"),
    "another time": (lambda body: body.update(exported_at="2020-01-01T00:00:00Z"), "manifest", "another time"),
    "uses edited": (lambda body: body.update(uses=[{"uses": 1}]), "manifest", "other uses"),
    "list edited": (lambda body: body["manifest"].update(signature="00" * 64), "manifest", "does not hold"),
    "list gone": (lambda body: body.pop("manifest"), "manifest", "missing"),
}


@pytest.mark.parametrize(("damage", "what", "fault"), DAMAGES.values(), ids=DAMAGES.keys())
def test_what_was_done_is_named(
    tmp_path: Path,
    keys: Path,
    export: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    *,
    damage: Damage,
    what: str,
    fault: str,
) -> None:
    damage(export)
    assert check(tmp_path, keys, export) == 1
    assert fault in (faults_of(capsys)[what] or "")


def test_a_record_that_was_signed_but_is_not_in_the_list_is_named(
    tmp_path: Path, keys: Path, export: dict[str, Any], old: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    export["records"].append(old.entry(grant("cns_3")))
    assert check(tmp_path, keys, export) == 1
    assert faults_of(capsys)["cns_3 grant"] == "not in the list"


SIGNED_NONSENSE = {
    "expires before given": ({"expires_at": "2020-01-01T00:00:00Z"}, "expires before"),
    "no lender": ({"lender_scope": []}, "no lender"),
    "no zone": ({"given_at": "2026-05-20T08:00:00"}, "a field of a grant is missing"),
    "other retailer": ({"retailer_id": "ret_0"}, "another retailer"),
}


@pytest.mark.parametrize(("change", "fault"), SIGNED_NONSENSE.values(), ids=SIGNED_NONSENSE.keys())
def test_a_good_signature_over_nonsense_is_not_enough(
    tmp_path: Path,
    keys: Path,
    export: dict[str, Any],
    old: Signer,
    *,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    fault: str,
) -> None:
    body = listed(old, export | {"records": [old.entry(grant(FIRST, **change))]})
    assert check(tmp_path, keys, body) == 1
    assert fault in (faults_of(capsys)[f"{FIRST} grant"] or "")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "other"}', '{"a": 1, "a": 2}', "[" * 100_000])
def test_what_is_no_export_proves_nothing(tmp_path: Path, keys: Path, old: Signer, text: str) -> None:
    assert old.key_id
    assert check(tmp_path, keys, text) == 2


def test_without_a_key_nothing_is_proven(tmp_path: Path, keys: Path) -> None:
    assert check(tmp_path, keys, "{}") == 2
