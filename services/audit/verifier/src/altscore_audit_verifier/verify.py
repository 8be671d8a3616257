"""The verification itself: rows, heads, checkpoints and the last state must agree."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from altscore_audit_verifier import checkpoints, memory, rows
from altscore_audit_verifier.checkpoints import Bucket, Checkpoint, Keys
from altscore_audit_verifier.memory import Seen
from altscore_audit_verifier.report import CannotVerify, ChainReport, Problem
from altscore_audit_verifier.rows import Head

CHAINS = ("general", "failed_auth")


def verify(
    dsn: str, keys: Keys, *, bucket: Bucket | None = None, state: Path | None = None, workers: int = 1
) -> list[ChainReport]:
    """Checks every chain; remembers what it saw when all of it holds.

    Args:
        dsn: of a role that may read.
        keys: whose checkpoints are accepted.
        bucket: WORM copies of the checkpoints; without it a forger of the whole database is seen by `state` alone.
        state: file with the last look.
        workers: processes that recompute long chains.

    Raises:
        CannotVerify: nothing was proven.
    """
    seen = memory.load(state) if state is not None else {}
    objects = checkpoints.from_bucket(bucket) if bucket is not None else None
    with rows.snapshot(dsn) as connection:
        heads = rows.heads(connection)
        if missing := set(CHAINS) - set(heads):
            raise CannotVerify(f"no chain {', '.join(sorted(missing))}")
        table = checkpoints.from_table(connection)
        reports = []
        for chain in sorted(heads):
            report = ChainReport(chain, entries=heads[chain].max_seq, head=heads[chain].entry_hash.hex())
            _check_rows(dsn, connection, report, heads[chain], workers)
            _check_memory(connection, report, seen.get(chain))
            _check_checkpoints(connection, report, keys, table, objects)
            reports.append(report)
    if state is not None and not any(report.problems for report in reports):
        memory.save(state, {report.chain: Seen(report.entries, report.head) for report in reports})
    return reports


def _check_rows(dsn: str, connection: psycopg.Connection[Any], report: ChainReport, head: Head, workers: int) -> None:
    broken = rows.check_chain(dsn, connection, report.chain, last_seq=max(head.seq, head.max_seq), workers=workers)
    if broken is not None:
        report.problems.append(broken)
    elif head.max_seq > head.seq:
        report.problems.append(Problem(head.seq + 1, "beyond_head", "the chain's head does not know this entry"))
    elif head.entry_hash != (rows.entry_hash(connection, report.chain, head.seq) or rows.GENESIS):
        report.problems.append(Problem(max(head.seq, 1), "head", "the chain's head names another hash"))


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
    connection: psycopg.Connection[Any],
    report: ChainReport,
    keys: Keys,
    table: Sequence[Checkpoint],
    objects: Sequence[Checkpoint] | None,
) -> None:
    of_chain = [item for item in (*table, *(objects or ())) if item.chain == report.chain]
    verified_seq = 0
    for checkpoint in sorted(of_chain, key=lambda item: item.seq):
        report.checkpoints += checkpoint.source == "table"
        report.objects += checkpoint.source == "bucket"
        if (why := checkpoints.fault(checkpoint, keys)) is not None:
            report.problems.append(Problem(checkpoint.seq, "checkpoint", f"{checkpoint.source}: {why}"))
            continue
        report.signed_seq = max(report.signed_seq, checkpoint.seq)
        stored_hash = rows.entry_hash(connection, report.chain, checkpoint.seq)
        if stored_hash is None and checkpoint.seq > report.entries:
            report.problems.append(Problem(report.entries + 1, "truncated", f"signed up to {checkpoint.seq}"))
        elif stored_hash != checkpoints.signed_hash(checkpoint):
            report.problems.append(
                Problem(checkpoint.seq, "rewritten", f"signed otherwise; the first change is behind {verified_seq}")
            )
        else:
            verified_seq = checkpoint.seq
    if objects is not None:
        in_bucket = {(item.chain, item.seq) for item in objects}
        lost = [item.seq for item in table if item.chain == report.chain and (item.chain, item.seq) not in in_bucket]
        report.problems += [Problem(seq, "checkpoint", "not in the bucket") for seq in lost]
