"""A proof is verified from files alone, and nothing that was changed in one passes."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_audit_verifier import tree
from altscore_audit_verifier.proof import run
from altscore_audit_verifier.report import ChainReport
from altscore_audit_verifier.signatures import Checkpoint, key_id_of, sign
from altscore_audit_verifier.witness import Witness
from altscore_libs.merkle_tree import Subtree, consistency_ranges, inclusion_paths, path_over, root_of
from altscore_libs.testing import Database
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIZE, SEQ = 40, 17
INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
ENTRIES = f"""
SELECT chain, seq, event_id::text, {INSTANT.format("occurred_at")}, {INSTANT.format("recorded_at")}, action, payload,
       encode(prev_hash, 'hex'), encode(entry_hash, 'hex')
FROM audit_log WHERE chain = 'general' ORDER BY seq
"""
APPEND = """
SELECT audit_append('general', array_agg(id ORDER BY n), array_agg(at ORDER BY n), array_agg('x'::text),
    array_agg(format('{"action":"x","event_id":"%s","n":%s,"occurred_at":"2026-11-28T00:00:00Z"}', id, n) ORDER BY n))
FROM (
    SELECT n, lpad(n::text, 32, '0')::uuid AS id, timestamptz '2026-11-28T00:00:00Z' AS at FROM generate_series(1, 40) n
) AS entries
"""
NAMES = ("chain", "seq", "event_id", "occurred_at", "recorded_at", "action", "payload", "prev_hash", "entry_hash")
Bundle = dict[str, Any]


class Log:
    """Forty entries of the database's own function, and checkpoints over any part of them."""

    def __init__(self, dsn: str, folder: Path) -> None:
        with psycopg.connect(dsn) as connection:
            connection.execute(APPEND.encode())
            self.entries = [dict(zip(NAMES, row, strict=True)) for row in connection.execute(ENTRIES).fetchall()]
        self.leaves = [tree.leaf(bytes.fromhex(entry["entry_hash"])) for entry in self.entries]
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = folder / "audit-checkpoint.pem"
        self.public_key.write_bytes(
            self.key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def checkpoint(self, size: int, **changed: object) -> dict[str, str]:
        """A signed checkpoint of the first entries."""
        fields = {
            "version": 2,
            "chain": "general",
            "seq": size,
            "entry_hash": self.entries[size - 1]["entry_hash"],
            "tree_size": size,
            "root_hash": root_of(self.leaves[:size]).hex(),
            "signed_at": "2026-11-29T00:00:00.000000Z",
            "key_id": key_id_of("audit-checkpoint", self.key.public_key()),
        }
        document = json.dumps(fields | changed, separators=(",", ":"), sort_keys=True)
        return {"document": document, "signature": sign(document, self.key)}

    def bundle(self, seq: int = SEQ, size: int = SIZE) -> Bundle:
        """What the audit API answers."""
        path = inclusion_paths(self.leaves[:size])[seq - 1]
        return {
            "version": 1,
            "entry": self.entries[seq - 1],
            "path": [sibling.hex() for sibling in path],
            "checkpoint": self.checkpoint(size),
        }


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database.app_dsn, tmp_path)


def verified(log: Log, body: object, tmp_path: Path, *options: str) -> int:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return run([str(path), "--public-key", str(log.public_key), *options])


@pytest.mark.parametrize(("seq", "size"), [(1, 1), (1, 40), (17, 40), (32, 33), (33, 33), (40, 40)])
def test_an_entry_is_proven_from_files_alone(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str], seq: int, size: int
) -> None:
    assert verified(log, log.bundle(seq, size), tmp_path) == 0
    assert f"general/{seq} (x) is in the signed tree of {size}" in capsys.readouterr().out


def test_a_whole_answer_of_the_api_is_proven_proof_by_proof(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(log, {"proofs": [log.bundle(3), log.bundle(4)], "unsigned": []}, tmp_path) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert verified(log, {"proofs": [], "unsigned": []}, tmp_path) == 2


FORMS: dict[str, tuple[str, Callable[[Bundle], object]]] = {
    "a number as text": ("entry.seq", lambda bundle: bundle["entry"].update(seq="17")),
    "half a number": ("entry.seq", lambda bundle: bundle["entry"].update(seq=17.5)),
    "a version as a truth": ("version", lambda bundle: bundle.update(version=True)),
    "a hash in capitals": ("entry.entry_hash", lambda bundle: _recase(bundle["entry"], "entry_hash")),
    "a hash with spaces": ("path", lambda bundle: bundle["path"].__setitem__(0, bundle["path"][0] + " ")),
    "a line break that moves the payload": (
        "entry.action",
        lambda bundle: bundle["entry"].update(action=f"x\n{bundle['entry']['payload'][:-1]}", payload="}"),
    ),
    "a time without a zone": ("entry.occurred_at", lambda bundle: bundle["entry"].update(occurred_at="2026-11-29")),
    "half a character": ("entry.payload", lambda bundle: bundle["entry"].update(payload="\ud800")),
    "a shorter path": ("path", lambda bundle: bundle["path"].pop()),
    "a longer path": ("path", lambda bundle: bundle["path"].append("00" * 32)),
    "no signature": ("checkpoint.signature", lambda bundle: bundle["checkpoint"].update(signature="")),
    "no checkpoint": ("checkpoint", lambda bundle: bundle.update(checkpoint=None)),
    "one member more": ("entry.lender_id", lambda bundle: bundle["entry"].update(lender_id="lender_ugro")),
}


def _recase(members: Bundle, name: str) -> None:
    members[name] = members[name].upper()


def members_of(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every value in a bundle that holds no further ones."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield place
        return
    for name, child in children:
        yield from members_of(child, (*place, name))


def changed(value: Any) -> Any:
    """Another value of the same form: a digit of it is another digit; a letter where it has none."""
    if isinstance(value, int):
        return value + 1
    digits = [index for index, character in enumerate(value) if character.isdigit()]
    if not digits:
        return value + "x"
    last = digits[-1]
    return value[:last] + ("1" if value[last] != "1" else "2") + value[last + 1 :]


def alter(members: Any, name: str | int) -> None:
    """Another value of the same form."""
    members[name] = changed(members[name])


def leave_out(members: Any, name: str | int) -> None:
    """One value less."""
    members.pop(name)


def test_whatever_single_member_is_changed_or_left_out_is_named(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = list(members_of(log.bundle()))
    assert len(places) == 1 + 9 + len(log.bundle()["path"]) + 2
    for place in places:
        name = ".".join(str(part) for part in place if isinstance(part, str))
        for change in (alter, leave_out):
            bundle = copy.deepcopy(log.bundle())
            members: Any = bundle
            for part in place[:-1]:
                members = members[part]
            change(members, place[-1])
            assert verified(log, bundle, tmp_path) == 1, place
            verdict = capsys.readouterr().out
            assert verdict.startswith("NOT PROVEN")
            assert re.search(rf"\b{re.escape(name)}\b", verdict), (place, verdict)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_member_of_another_form_is_named(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    bundle, (name, change) = copy.deepcopy(log.bundle()), FORMS[form]
    change(bundle)
    assert verified(log, bundle, tmp_path) == 1
    assert capsys.readouterr().out.startswith(f"NOT PROVEN: {name}:")


def test_which_of_an_entrys_members_was_changed_follows_from_what_its_payload_says_too(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        "event_id": "entry.event_id or entry.payload: ",
        "action": "entry.action or entry.payload: ",
        "occurred_at": "entry.occurred_at or entry.payload: ",
        "recorded_at": "entry.payload, entry.recorded_at or entry.prev_hash: ",
        "entry_hash": "entry.entry_hash: ",
        "seq": "entry.seq: ",
        "chain": "entry.chain: ",
    }
    for name, message in expected.items():
        bundle = copy.deepcopy(log.bundle())
        bundle["entry"][name] = changed(bundle["entry"][name])
        assert verified(log, bundle, tmp_path) == 1
        assert capsys.readouterr().out.startswith(f"NOT PROVEN: {message}"), name


@pytest.mark.parametrize(
    "changed", [{"version": 1}, {"version": 3}, {"tree_size": 41}, {"seq": 0, "tree_size": 0}, {"chain": "failed_auth"}]
)
def test_a_signed_document_that_names_no_tree_of_this_chain_proves_nothing(
    log: Log, tmp_path: Path, changed: dict[str, object]
) -> None:
    assert verified(log, log.bundle() | {"checkpoint": log.checkpoint(SIZE, **changed)}, tmp_path) == 1


def consistency(log: Log, tmp_path: Path, first: int, second: int, path: list[bytes]) -> int:
    for name, size in (("first", first), ("second", second)):
        (tmp_path / f"{name}.json").write_text(json.dumps(log.checkpoint(size)), encoding="utf-8")
    body = {"version": 1, "chain": "general", "first": first, "second": second, "path": [each.hex() for each in path]}
    files = [str(tmp_path / "first.json"), str(tmp_path / "second.json")]
    return verified(log, body, tmp_path, "--consistency", *files)


@pytest.mark.parametrize(("first", "second"), [(1, 40), (7, 40), (8, 9), (32, 40), (40, 40)])
def test_two_checkpoints_are_proven_to_be_of_one_tree(log: Log, tmp_path: Path, first: int, second: int) -> None:
    hashes = {
        Subtree(level, place): root_of(log.leaves[place << level : (place + 1) << level])
        for level in range(7)
        for place in range(SIZE >> level)
    }
    path = path_over(consistency_ranges(first=first, second=second), hashes)
    assert consistency(log, tmp_path, first, second, path) == 0
    assert consistency(log, tmp_path, first, second, [*path, bytes(32)]) == 1
    if path:
        assert consistency(log, tmp_path, first, second, path[:-1]) == 1
        assert consistency(log, tmp_path, first, second, [bytes(32), *path[1:]]) == 1


def test_a_witness_s_signature_is_verified_with_its_own_key(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, witness = log.bundle(), Witness(tmp_path / "witness")
    report = ChainReport("general", entries=SIZE, roots={SIZE: root_of(log.leaves)})
    report.signed.append(Checkpoint(source="table", chain="general", seq=SIZE, **bundle["checkpoint"]))
    assert witness.cosign(report) == 1
    line = tmp_path / "line.json"
    line.write_text((tmp_path / "witness/witness.jsonl").read_text(), encoding="utf-8")
    options = ("--cosignature", str(line), "--witness-key", str(tmp_path / "witness/audit-witness.pem"))
    assert verified(log, bundle, tmp_path, *options) == 0
    assert f"witnessed by {witness.key_id}" in capsys.readouterr().out
    assert verified(log, log.bundle(SEQ, 39), tmp_path, *options) == 1
    wrong = ("--cosignature", str(line), "--witness-key", str(log.public_key))
    assert verified(log, bundle, tmp_path, *wrong) == 1
    [cosignature] = witness.cosignatures()
    members = {"statement": cosignature.statement, "signature": cosignature.signature}
    capsys.readouterr()
    whole = bundle | {"version": 2, "cosignature": members}
    assert verified(log, whole, tmp_path) == 0  # who has no witness's key proves what it did before
    asked = ("--witness-key", str(tmp_path / "witness/audit-witness.pem"))
    assert verified(log, whole, tmp_path, *asked) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(f"witnessed by {witness.key_id}")
    for changed in (
        None,
        members | {"signature": "00" * 64},
        members | {"statement": members["statement"].replace("2026", "2027")},
        members | {"statement": members["statement"] + " "},
        members | {"further": ""},
        {"statement": members["statement"]},
    ):
        assert verified(log, whole | {"cosignature": changed}, tmp_path, *asked) == 1, changed
        assert "cosignature" in capsys.readouterr().out
    assert verified(log, log.bundle(SEQ, 39) | {"version": 2, "cosignature": members}, tmp_path, *asked) == 1
    assert verified(log, bundle | {"cosignature": members}, tmp_path) == 1  # the first version has none
    assert verified(log, bundle | {"version": 2}, tmp_path) == 1


def test_the_published_keys_are_taken_as_they_were_downloaded(log: Log, tmp_path: Path) -> None:
    published = tmp_path / "audit-keys.json"
    published.write_text(json.dumps({"keys": [{"name": "audit-checkpoint.2.pem", "pem": log.public_key.read_text()}]}))
    log.public_key = published
    assert verified(log, log.bundle(), tmp_path) == 0
    published.write_text('{"keys": [{"name": "audit-checkpoint.pem"}]}')
    assert verified(log, log.bundle(), tmp_path) == 2


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_a_file_that_holds_no_object_proves_nothing(log: Log, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    assert run([str(tmp_path / "x.json"), "--public-key", str(log.public_key)]) == 2


def test_an_unknown_key_proves_nothing(log: Log, tmp_path: Path, database: Database) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    forger = Log.__new__(Log)
    forger.__dict__.update(log.__dict__)
    forger.key = ec.generate_private_key(ec.SECP256R1())
    assert verified(log, forger.bundle(), tmp_path) == 1


def test_a_trusted_key_of_another_purpose_signs_no_checkpoint(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.public_key = log.public_key.rename(tmp_path / "consent-signing.pem")
    key_id = key_id_of("consent-signing", log.key.public_key())
    bundle = log.bundle() | {"checkpoint": log.checkpoint(SIZE, key_id=key_id)}
    assert verified(log, bundle, tmp_path) == 1
    assert "signs something else" in capsys.readouterr().out
