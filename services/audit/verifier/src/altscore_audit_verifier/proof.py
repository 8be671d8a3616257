"""Verifies proofs offline: `python -m altscore_audit_verifier.proof bundle.json --public-key audit-checkpoint.pem`.

A bundle is what the API answers: entries, each with its path in the tree and the signed checkpoint above it. Two
checkpoints with a consistency proof are verified by `--consistency`. Nothing is read but these files.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from altscore_audit_verifier import segments, tree
from altscore_audit_verifier.bundle import Bundle, NotProven, entry_hash, read_bundle, suspects
from altscore_audit_verifier.report import CannotVerify
from altscore_audit_verifier.signatures import Checkpoint, Claim, Keys, claim_of, fault, is_signed, load_keys
from altscore_audit_verifier.witness import LABEL

_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def verify_inclusion(bundle: Mapping[str, Any], keys: Keys) -> Claim:
    """What the checkpoint above a proven entry says.

    Raises:
        NotProven: the entry is not in the signed tree, or not as it stands in the bundle; the text names the member.
    """
    proof = read_bundle(bundle)
    try:
        checkpoint = _checkpoint(proof.checkpoint)
    except _MALFORMED as error:
        raise NotProven("checkpoint.document: not a checkpoint") from error
    claim = _valid_claim(checkpoint, keys, proof.entry["chain"])
    recomputed = entry_hash(proof.entry)
    if recomputed != proof.entry_hash:
        raise NotProven(_changed_content(proof, recomputed, claim))
    try:
        root = _root(proof, proof.entry_hash, claim)
    except tree.WrongPath as error:
        raise NotProven(f"path: {error}") from error
    if root != claim.root_hash:
        raise NotProven("path: it does not lead from this entry to the signed root")
    return claim


def _root(proof: Bundle, hash_of_entry: bytes, claim: Claim) -> bytes:
    return tree.included_root(tree.leaf(hash_of_entry), index=proof.entry["seq"] - 1, size=claim.seq, path=proof.path)


def _changed_content(proof: Bundle, recomputed: bytes, claim: Claim) -> str:
    """Which member of an entry is not as it was hashed: one of the two hashes still leads to the root, or neither."""
    try:
        roots = [_root(proof, candidate, claim) for candidate in (recomputed, proof.entry_hash)]
    except tree.WrongPath as error:
        return f"entry.seq or path: {error}"
    if roots[0] == claim.root_hash:
        return "entry.entry_hash: it is not that of the content, which is in the tree"
    if roots[1] != claim.root_hash:
        return "entry.seq: the tree has another entry at this place"
    return f"{suspects(proof.entry)}: the content does not have this hash"


def verify_consistency(proof: Mapping[str, Any], keys: Keys, *, first: Any, second: Any) -> tuple[Claim, Claim]:
    """What two checkpoints say of which the later tree begins with the earlier one.

    Raises:
        NotProven: it does not, or a checkpoint does not hold.
    """
    try:
        chain, path = str(proof["chain"]), [bytes.fromhex(sibling) for sibling in proof["path"]]
        earlier, later = _checkpoint(first), _checkpoint(second)
    except _MALFORMED as error:
        raise NotProven("this is no consistency proof") from error
    claims = _valid_claim(earlier, keys, chain), _valid_claim(later, keys, chain)
    holds = tree.is_consistent(
        first=claims[0].seq,
        second=claims[1].seq,
        first_root=claims[0].root_hash or b"",
        second_root=claims[1].root_hash or b"",
        path=path,
    )
    if not holds:
        raise NotProven("the later tree does not begin with the earlier one")
    return claims


def verify_segment(bundle: Mapping[str, Any], keys: Keys) -> tuple[segments.Segment, segments.Deciders | None, Claim]:
    """What a segment's bundle proves: the segment, who decided to delete it, the signed tree that begins with it.

    Raises:
        NotProven: a signature does not hold, nobody decided about what is gone, or the signed tree begins otherwise.
    """
    try:
        signed, decision = bundle["segment"], bundle["decision"]
        segment = segments.read_segment(str(signed["document"]), str(signed["signature"]), keys)
        deciders = None if decision is None else segments.read_decision(decision, segment, keys)
        path, checkpoint = [bytes.fromhex(sibling) for sibling in bundle["path"]], _checkpoint(bundle["checkpoint"])
        is_gone = bundle["is_gone"]
    except segments.NotHeld as error:
        raise NotProven(f"segment or decision: {error}") from error
    except _MALFORMED as error:
        raise NotProven("this is no bundle of a segment") from error
    if is_gone and deciders is None:
        raise NotProven("decision: nobody decided about what is gone")
    claim = _valid_claim(checkpoint, keys, segment.chain)
    holds = tree.is_consistent(
        first=segment.last_seq,
        second=claim.seq,
        first_root=segment.root_hash,
        second_root=claim.root_hash or b"",
        path=path,
    )
    if not holds:
        raise NotProven("path: the signed tree does not begin with the segment's")
    return segment, deciders, claim


def verify_cosignature(cosignature: Mapping[str, Any], document: str, keys: Keys) -> str:
    """The id of the witness that signed a checkpoint too.

    Raises:
        NotProven: no witness on the list signed this checkpoint.
    """
    try:
        statement = json.loads(cosignature["statement"])
        witness = str(statement["witness"])
        named, signature = statement["checkpoint_sha256"], str(cosignature["signature"])
    except _MALFORMED as error:
        raise NotProven("this is no cosignature") from error
    if (
        witness.rpartition("-")[0] != LABEL
        or witness not in keys
        or not is_signed(cosignature["statement"], signature, keys[witness])
    ):
        raise NotProven("the cosignature is by no witness on the list")
    if named != hashlib.sha256(document.encode()).hexdigest():
        raise NotProven("the witness signed another checkpoint")
    return witness


def _checkpoint(body: Mapping[str, Any]) -> Checkpoint:
    document = json.loads(body["document"])
    return Checkpoint(
        source="bundle",
        chain=str(document["chain"]),
        seq=int(document["seq"]),
        document=str(body["document"]),
        signature=str(body["signature"]),
    )


def _valid_claim(checkpoint: Checkpoint, keys: Keys, chain: str) -> Claim:
    if (why := fault(checkpoint, keys)) is not None:
        raise NotProven(f"checkpoint.document or checkpoint.signature: {why}")
    claim = claim_of(checkpoint)
    if checkpoint.chain != chain:
        raise NotProven("entry.chain: the checkpoint is of another chain")
    if claim.root_hash is None:
        raise NotProven("checkpoint.document: it names no tree")
    return claim


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore-audit-proof", description=__doc__)
    parser.add_argument("bundle", type=Path, help="an answer of the API, one of its proofs, or a consistency proof")
    parser.add_argument(
        "--public-key", action="append", type=Path, required=True, help="<label>.pem, folder or audit-keys.json"
    )
    parser.add_argument(
        "--consistency", nargs=2, type=Path, metavar=("FIRST", "SECOND"), help="the two signed checkpoints"
    )
    parser.add_argument("--cosignature", type=Path, help="the witness's line, where the bundle does not hold it")
    parser.add_argument(
        "--witness-key",
        action="append",
        type=Path,
        default=[],
        help="the witness's public key; it must have signed too",
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Verifies and prints; 0 when everything is proven, 1 when something is not, 2 when nothing could be verified."""
    options = _parser().parse_args(arguments)
    try:
        for line in _verified(options):
            _print(line)
    except NotProven as error:
        _print(f"NOT PROVEN: {error}")
        return 1
    except CannotVerify as error:
        _print(f"cannot verify: {error}")
        return 2
    return 0


def _verified(options: argparse.Namespace) -> list[str]:
    keys, bundle = load_keys(options.public_key), _json(options.bundle)
    if options.consistency:
        first, second = (_json(path) for path in options.consistency)
        claims = verify_consistency(bundle, keys, first=first, second=second)
        return [f"proven: the tree of {claims[1].seq} entries begins with the signed tree of {claims[0].seq}"]
    witnesses = load_keys(options.witness_key) if options.cosignature or options.witness_key else {}
    if "segment" in bundle or "segments" in bundle:
        items = bundle.get("segments", [bundle])
        if not items or not isinstance(items, list):
            raise CannotVerify("the answer holds no segment")
        return [_segment_line(item, keys) + _witnessed(options, item, witnesses) for item in items]
    lines = []
    bundles = bundle.get("proofs", [bundle])
    if not bundles or not isinstance(bundles, list):
        raise CannotVerify("the answer holds no proof")
    for proof in bundles:
        claim = verify_inclusion(proof, keys)
        entry = proof["entry"]
        line = f"proven: {entry['chain']}/{entry['seq']} ({entry['action']}) is in the signed tree of {claim.seq}"
        lines.append(line + _witnessed(options, proof, witnesses))
    return lines


def _segment_line(bundle: Mapping[str, Any], keys: Keys) -> str:
    segment, deciders, claim = verify_segment(bundle, keys)
    line = f"proven: {segment.chain}/{segment.first_seq} to {segment.last_seq} ({segment.month}) "
    line += f"are in the signed tree of {claim.seq}"
    if deciders is None:
        return line
    return f"{line}; {deciders.proposed_by} and {deciders.approved_by} decided to delete them"


def _witnessed(options: argparse.Namespace, proof: Mapping[str, Any], witnesses: Keys) -> str:
    """Who witnessed the checkpoint of a proof, nothing where no witness's key is given."""
    if not witnesses:
        return ""
    cosignature = _json(options.cosignature) if options.cosignature else proof.get("cosignature")
    if cosignature is None:
        raise NotProven("cosignature: no witness has signed this checkpoint")
    try:
        witness = verify_cosignature(cosignature, str(proof["checkpoint"]["document"]), witnesses)
    except NotProven as error:
        raise NotProven(f"cosignature: {error}") from error
    return f", witnessed by {witness}"


def _json(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CannotVerify(f"{path.name}: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise CannotVerify(f"{path.name}: no JSON object")
    return body


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    """Ends the process with the status."""
    raise SystemExit(run())


if __name__ == "__main__":
    main()
