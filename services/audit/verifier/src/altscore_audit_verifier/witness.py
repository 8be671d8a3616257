"""The second custodian: cosigns checkpoints with a key of its own, and never two that contradict each other."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from altscore_audit_verifier import signatures
from altscore_audit_verifier.report import CannotVerify, ChainReport, Problem
from altscore_audit_verifier.signatures import Checkpoint

LABEL = "audit-witness"
_FIRST = "0" * 64


class Witnessed(NamedTuple):
    """A tree that this witness signed."""

    size: int
    root: str


class Cosignature(NamedTuple):
    """What this witness signed about the checkpoint of a place."""

    chain: str
    size: int
    statement: str
    signature: str


class Witness:
    """Cosigns the checkpoints of a chain whose tree holds every tree that it signed before.

    Its log is a file to which lines are appended; each names the digest of the line before it.

    Args:
        folder: the witness's own, on another machine than the database; key and log are made when they are missing.

    Raises:
        CannotVerify: key or log cannot be read, or the log was changed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._log, self._last_line = folder / "witness.jsonl", _FIRST
        self._key = _key(folder / f"{LABEL}.key")
        self.key_id = signatures.key_id_of(LABEL, self._key.public_key())
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public_pem = public.decode()
        (folder / f"{LABEL}.pem").write_text(self.public_pem)
        self._trees: dict[str, dict[int, str]] = {}
        self._cosigned: dict[str, Cosignature] = {}
        for line in self._lines():
            self._remember(line)

    def cosignatures(self) -> list[Cosignature]:
        """The newest of each chain."""
        return list(self._cosigned.values())

    def sizes(self) -> dict[str, Collection[int]]:
        """The newest tree that was signed of each chain: its root must be that of the entries of today."""
        return {chain: [max(trees)] for chain, trees in self._trees.items()}

    def newest(self, chain: str) -> Witnessed | None:
        """The largest tree of a chain that this witness signed."""
        trees = self._trees.get(chain)
        return None if not trees else Witnessed(max(trees), trees[max(trees)])

    def contradictions(self, report: ChainReport) -> list[Problem]:
        """What of a chain contradicts what was signed: a fork, a shrunk tree, a rewritten one."""
        problems, trees = [], self._trees.get(report.chain, {})
        newest = self.newest(report.chain)
        if newest is not None and report.entries < newest.size:
            problems.append(Problem(report.entries + 1, "shrunk", f"a tree of {newest.size} entries was witnessed"))
        elif newest is not None and report.roots.get(newest.size, bytes.fromhex(newest.root)).hex() != newest.root:
            problems.append(Problem(newest.size, "rewritten", "the witnessed tree had another root"))
        roots: dict[int, bytes] = {}
        for checkpoint in report.signed:
            claim = signatures.claim_of(checkpoint)
            if claim.root_hash is None:
                continue
            known = trees.get(claim.seq, claim.root_hash.hex())
            if claim.root_hash.hex() != known or roots.setdefault(claim.seq, claim.root_hash) != claim.root_hash:
                problems.append(Problem(claim.seq, "fork", "two signed checkpoints of one size name two trees"))
        return problems

    def cosign(self, report: ChainReport) -> int:
        """Signs the newest checkpoints of a chain in which nothing is wrong; how many it signed.

        A report is of entries that were all read: that its roots are those of the checkpoints and of the tree that was
        witnessed last is the proof that the later tree holds the earlier one.
        """
        if report.problems:
            return 0
        newest, signed = self.newest(report.chain), 0
        for checkpoint in sorted(report.signed, key=lambda item: item.seq):
            claim = signatures.claim_of(checkpoint)
            if claim.root_hash is None or claim.seq in self._trees.get(report.chain, {}):
                continue
            if (newest is not None and claim.seq <= newest.size) or report.roots.get(claim.seq) != claim.root_hash:
                continue
            self._append(checkpoint, claim.root_hash)
            signed += 1
        return signed

    def _append(self, checkpoint: Checkpoint, root_hash: bytes) -> None:
        statement = _canonical(
            {
                "version": 1,
                "witness": self.key_id,
                "checkpoint_sha256": hashlib.sha256(checkpoint.document.encode()).hexdigest(),
                "witnessed_at": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            }
        )
        fields = {
            "chain": checkpoint.chain,
            "tree_size": checkpoint.seq,
            "root_hash": root_hash.hex(),
            "document": checkpoint.document,
            "checkpoint_signature": checkpoint.signature,
            "statement": statement,
            "signature": signatures.sign(statement, self._key),
            "previous": self._last_line,
        }
        line = _canonical(fields)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._last_line = hashlib.sha256(line.encode()).hexdigest()
        self._remember(fields)

    def _remember(self, line: dict[str, Any]) -> None:
        chain, size = line["chain"], line["tree_size"]
        self._trees.setdefault(chain, {})[size] = line["root_hash"]
        self._cosigned[chain] = Cosignature(
            chain=chain, size=size, statement=line["statement"], signature=line["signature"]
        )

    def _lines(self) -> Iterator[dict[str, Any]]:
        """The log, each line following from the one before it; half a line at the end is what a crash left."""
        if not self._log.exists():
            return
        text = self._log.read_text(encoding="utf-8")
        whole, _, torn = text.rpartition("\n")
        if torn:
            with self._log.open("r+b") as file:
                file.truncate(len((whole + "\n").encode()) if whole else 0)
        for number, line in enumerate(whole.split("\n") if whole else [], start=1):
            try:
                fields: dict[str, Any] = json.loads(line)
                is_next = fields["previous"] == self._last_line and isinstance(fields["tree_size"], int)
                is_own = signatures.is_signed(fields["statement"], fields["signature"], self._key.public_key())
                names = json.loads(fields["document"])
                is_same = (names["chain"], names["seq"], names["root_hash"]) == (
                    fields["chain"], fields["tree_size"], fields["root_hash"],
                )  # fmt: skip
            except (ValueError, KeyError, TypeError) as error:
                raise CannotVerify(f"the witness's log, line {number}: {type(error).__name__}") from error
            if not (is_next and is_own and is_same):
                raise CannotVerify(f"the witness's log was changed at line {number}")
            self._last_line = hashlib.sha256(line.encode()).hexdigest()
            yield fields


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.touch(mode=0o600)
        path.write_bytes(pem)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise CannotVerify(f"the witness's key: {type(error).__name__}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CannotVerify("the witness's key is no EC key")
    return key


def _canonical(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"), sort_keys=True)
