"""The verification itself: rows, heads, checkpoints and the last state must agree."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from altscore_audit_verifier import checkpoints, memory, rows, segments, signatures, tree
from altscore_audit_verifier.checkpoints import BucketReader
from altscore_audit_verifier.memory import Seen
from altscore_audit_verifier.report import CannotVerify, ChainReport, Problem
from altscore_audit_verifier.rows import Head
from altscore_audit_verifier.segments import Base
from altscore_audit_verifier.signatures import Checkpoint, Keys

CHAINS = ("general", "failed_auth")


class _Signatures:
    """Whether checkpoints are valid under a list of keys; each is verified once."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._faults: dict[Checkpoint, str | None] = {}

    def of(self, keys: Keys) -> "_Signatures":
        """These, as long as the list is the same."""
        return self if keys.keys() == self._keys.keys() else _Signatures(keys)

    def fault(self, checkpoint: Checkpoint) -> str | None:
        """Why a checkpoint is not valid, None when it is."""
        if checkpoint not in self._faults:
            self._faults[checkpoint] = signatures.fault(checkpoint, self._keys)
        return self._faults[checkpoint]


class Looks:
    """Verifies again and again, and remembers: what a look saw is what the next one must find.

    Args:
        dsn: of a role that may read.
        keys: whose checkpoints are accepted; asked for at each look, so that a new key counts without a restart.
        bucket: WORM copies of the checkpoints; without it a forger of the whole database is seen by memory alone.
        state: file with the last look; without it the memory is this process's.
        workers: processes that recompute long chains.

    Raises:
        CannotVerify: the state file cannot be understood.
    """

    def __init__(
        self,
        dsn: str,
        keys: Callable[[], Keys],
        *,
        bucket: BucketReader | None = None,
        state: Path | None = None,
        workers: int = 1,
    ) -> None:
        self._dsn, self._keys, self._bucket, self._state, self._workers = dsn, keys, bucket, state, workers
        self._signatures = _Signatures({})
        self._seen = memory.load(state) if state is not None else {}

    def look(self, further: Mapping[str, Collection[int]] | None = None) -> list[ChainReport]:
        """Checks every chain; remembers what it saw when all of it holds.

        Args:
            further: sizes of trees, by chain, whose roots the reports must name beside those of the checkpoints.

        Raises:
            CannotVerify: nothing was proven.
        """
        try:
            reports = self._look(further or {})
        except psycopg.Error as error:
            raise CannotVerify(f"database: {type(error).__name__}") from error
        if not any(report.problems for report in reports):
            self._seen = {report.chain: Seen(report.entries, report.head) for report in reports}
            if self._state is not None:
                memory.save(self._state, self._seen)
        return reports

    def _look(self, further: Mapping[str, Collection[int]]) -> list[ChainReport]:
        # what the bucket held before must be in the snapshot; what the table holds must be in the bucket afterwards
        keys = self._keys()
        self._signatures = self._signatures.of(keys)
        before = self._bucket.checkpoints() if self._bucket is not None else []
        with rows.snapshot(self._dsn) as connection:
            heads, table = rows.heads(connection), checkpoints.from_table(connection)
            after = self._bucket.checkpoints() if self._bucket is not None else None
            if missing := set(CHAINS) - set(heads):
                raise CannotVerify(f"no chain {', '.join(sorted(missing))}")
            reports = []
            for chain, head in sorted(heads.items()):
                base, wrong = segments.base_of(connection, chain, keys)
                report = ChainReport(chain, entries=max(head.max_seq, base.seq), head=head.entry_hash.hex())
                report.deleted_seq, report.problems = base.seq, wrong
                signed = [item for item in (*table, *before) if item.chain == chain]
                sizes = {item.seq for item in signed} | set(further.get(chain, ()))
                _check_rows(self._dsn, connection, report, head=head, base=base, workers=self._workers, sizes=sizes)
                _check_memory(connection, report, self._seen.get(chain))
                _check_checkpoints(connection, report, self._signatures, signed)
                if after is not None:
                    _check_bucket(report, signed, after)
                reports.append(report)
        return reports


def verify(
    dsn: str, keys: Keys, *, bucket: BucketReader | None = None, state: Path | None = None, workers: int = 1
) -> list[ChainReport]:
    """Checks every chain once; see `Looks`.

    Raises:
        CannotVerify: nothing was proven.
    """
    return Looks(dsn, lambda: keys, bucket=bucket, state=state, workers=workers).look()


def _check_rows(
    dsn: str,
    connection: psycopg.Connection[Any],
    report: ChainReport,
    *,
    head: Head,
    base: Base,
    workers: int,
    sizes: Collection[int],
) -> None:
    last_seq = max(head.seq, head.max_seq)
    chain = rows.check_chain(dsn, connection, report.chain, last_seq=last_seq, workers=workers, sizes=sizes, base=base)
    report.roots = chain.roots
    if chain.problem is not None:
        report.problems.append(chain.problem)
    elif head.max_seq > head.seq:
        report.problems.append(Problem(head.seq + 1, "beyond_head", "the chain's head does not know this entry"))
    elif head.entry_hash != (rows.entry_hash(connection, report.chain, head.seq) or base.entry_hash):
        report.problems.append(Problem(max(head.seq, 1), "head", "the chain's head names another hash"))
    else:
        _check_nodes(connection, report, chain.tiles)


def _check_nodes(connection: psycopg.Connection[Any], report: ChainReport, tiles: Sequence[bytes]) -> None:
    """The stored nodes, from which the service makes its proofs, are those of the entries."""
    nodes, level = list(tiles), 8
    while nodes:
        for index, stored in rows.unlike_nodes(connection, report.chain, level, nodes):
            report.problems.append(
                _unlike_node(report, index * (1 << level) + 1, stored, is_beyond=index >= len(nodes))
            )
            return
        nodes = [
            tree.complete_root(nodes[start : start + rows.TILE])
            for start in range(0, len(nodes) - rows.TILE + 1, rows.TILE)
        ]
        level += 8


def _unlike_node(report: ChainReport, seq: int, stored: bytes | None, *, is_beyond: bool) -> Problem:
    if is_beyond:
        return Problem(report.entries + 1, "tree", "a stored node is over entries that are not there")
    if stored is None:
        return Problem(seq, "tree", "a stored node is gone")
    return Problem(seq, "tree", "a stored node is not that of the entries")


def _check_memory(connection: psycopg.Connection[Any], report: ChainReport, seen: Seen | None) -> None:
    if seen is None or seen.seq == 0:
        return
    if report.entries < seen.seq:
        report.problems.append(Problem(report.entries + 1, "truncated", "entries seen at the last look are gone"))
        return
    stored_hash = rows.entry_hash(connection, report.chain, seen.seq)
    if stored_hash is not None and stored_hash.hex() != seen.entry_hash:
        report.problems.append(Problem(seen.seq, "rewritten", "the chain up to here is another than at the last look"))


def _check_checkpoints(
    connection: psycopg.Connection[Any], report: ChainReport, valid: _Signatures, signed: Sequence[Checkpoint]
) -> None:
    verified_seq = 0
    stored = rows.entry_hashes(connection, report.chain, {checkpoint.seq for checkpoint in signed})
    for checkpoint in sorted(signed, key=lambda item: item.seq):
        report.checkpoints += checkpoint.source == "table"
        report.objects += checkpoint.source == "bucket"
        if (why := valid.fault(checkpoint)) is not None:
            report.problems.append(Problem(checkpoint.seq, "checkpoint", f"{checkpoint.source}: {why}"))
            continue
        claim = signatures.claim_of(checkpoint)
        report.signed_seq = max(report.signed_seq, checkpoint.seq)
        report.signed.append(checkpoint)
        stored_hash = stored.get(checkpoint.seq)
        root = report.roots.get(checkpoint.seq)
        if stored_hash is None and checkpoint.seq > report.entries:
            report.problems.append(Problem(report.entries + 1, "truncated", f"signed up to {checkpoint.seq}"))
        elif stored_hash != claim.entry_hash and (stored_hash is not None or checkpoint.seq > report.deleted_seq):
            report.problems.append(
                Problem(checkpoint.seq, "rewritten", f"signed otherwise; the first change is behind {verified_seq}")
            )
        elif root is not None and claim.root_hash is not None and root != claim.root_hash:
            report.problems.append(Problem(checkpoint.seq, "tree", "the signed root is not that of the entries"))
        else:
            verified_seq = checkpoint.seq


def _check_bucket(report: ChainReport, signed: Sequence[Checkpoint], objects: Sequence[Checkpoint]) -> None:
    in_bucket = {item.seq for item in objects if item.chain == report.chain}
    lost = sorted({item.seq for item in signed if item.source == "table"} - in_bucket)
    report.problems += [Problem(seq, "checkpoint", "not in the bucket") for seq in lost]
