"""Run inside the image `audit`: writes entries as Parquet, reads them back and holds them against the chain."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from altscore_audit.chain.domain import GENERAL, GENESIS, Link, link_hash
from altscore_audit.exports.domain import Expected, file_of, is_whole
from altscore_libs.merkle_tree import GrowingTree, leaf_hash

BEGIN = datetime(2026, 5, 20, tzinfo=UTC)
links: list[Link] = []
for seq in range(1, 501):
    at = BEGIN + timedelta(seconds=seq)
    link = Link(
        chain=GENERAL,
        seq=seq,
        event_id=uuid.UUID(int=seq),
        occurred_at=at,
        recorded_at=at,
        action="consent_granted",
        payload=f'{{"purpose":"कार्यशील पूँजी","seq":{seq}}}',
        prev_hash=links[-1].entry_hash if links else GENESIS,
        entry_hash=b"",
    )
    links.append(replace(link, entry_hash=link_hash(link)))
tree = GrowingTree()
for link in links:
    tree.append(leaf_hash(link.entry_hash))
expected = Expected(
    first_seq=1, last_seq=len(links), prev_hash=GENESIS, last_hash=links[-1].entry_hash, root_hash=tree.root()
)
body = file_of(links)
assert is_whole(body, expected, GrowingTree())
assert not is_whole(file_of(links[:-1]), expected, GrowingTree())
print(len(links), body[:4].decode(), body[-4:].decode())
