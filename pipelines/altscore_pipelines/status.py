"""What a run worked on and left out, and which batches of Bronze the next run would set aside, in words."""

import json
from collections.abc import Iterator
from datetime import datetime

from altscore_libs.signer import PublicKeys

from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.errors import Missing, NothingToExplain
from altscore_pipelines.storage import Storage


def describe_run(lake: Storage, run_id: str) -> Iterator[str]:
    """Lines about a finished run: its inputs, the batches it set aside, the ledgers that were late.

    Raises:
        NothingToExplain: there is no such run.
    """
    try:
        manifest = json.loads(lake.read(f"gold/run={run_id}/manifest.json").body)
    except Missing:
        raise NothingToExplain(f"there is no finished run {run_id}, or its retention has passed") from None
    batches, aside = len(manifest["bronze"]), manifest["set_aside"]
    yield f"run {run_id}, snapshot {manifest['as_of_on']}, consent version {manifest['consent_version']}"
    yield f"code {manifest['code_version']}, {batches} batches, {manifest['retailers']} retailers"
    for batch in aside:
        yield (
            f"set aside: {batch['batch']} {batch['object']}: {batch['reason']}"
            f" ({batch['count']} records, {batch['amount_inr']} INR)"
        )
    for ledger in manifest.get("late_ledgers", ()):
        yield (
            f"late: {ledger['distributor_id']} covers {ledger['covered_on']},"
            f" {ledger['late_days']} days behind: {ledger['effect']}"
        )


def check_bronze(bronze: Storage, keys: PublicKeys, now: datetime) -> Iterator[str]:
    """A line per batch that a run started now would set aside, then one that counts them."""
    content = read_bronze(bronze, keys=keys, now=now)
    for batch in content.set_aside:
        yield f"set aside: {batch}"
    yield f"{len(content.batches)} sound batches, {len(content.set_aside)} to be set aside"
