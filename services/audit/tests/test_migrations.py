"""A chain that was begun before there was a tree gets the tree of all its entries."""

import shutil
from pathlib import Path

import psycopg
from altscore_libs import db
from altscore_libs.merkle_tree import leaf_hash, root_of
from altscore_libs.testing_postgres import PostgresServer

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BEFORE = ("0001_chain.py", "0002_counts.py", "0003_search.py")
APPEND = """
SELECT audit_append('general', array_agg(gen_random_uuid()), array_agg(now()), array_agg('x'::text),
    array_agg('{}'::text)) FROM generate_series(1, 300)
"""


def test_the_tree_of_older_entries_is_made_and_goes_on(
    pg_server: PostgresServer, template: str, tmp_path: Path
) -> None:
    for name in BEFORE:
        shutil.copy(MIGRATIONS / name, tmp_path / name)
    pg_server.create("audit_before_the_tree", owner="audit_owner")
    owner = pg_server.dsn("audit_before_the_tree", "audit_owner")
    try:
        db.upgrade(owner, tmp_path)
        with psycopg.connect(pg_server.dsn("audit_before_the_tree", "audit"), autocommit=True) as connection:
            connection.execute(APPEND)
            connection.execute(
                "SELECT audit_checkpoint_add(chain, last_seq, last_hash, '{}', repeat('0', 128), 'k', 'o', now())"
                " FROM audit_chain WHERE chain = 'general'"
            )
            db.upgrade(owner, MIGRATIONS)
            connection.execute(APPEND)
            entries = connection.execute("SELECT entry_hash FROM audit_log WHERE chain = 'general' ORDER BY seq")
            leaves = [leaf_hash(bytes(row[0])) for row in entries.fetchall()]
            nodes = connection.execute("SELECT level, index, hash FROM audit_tree_node ORDER BY index").fetchall()
            assert nodes == [(8, 0, root_of(leaves[:256])), (8, 1, root_of(leaves[256:512]))]
            checkpoints = connection.execute("SELECT seq FROM audit_checkpoint").fetchall()
            assert checkpoints == [(300,)]
    finally:
        pg_server.drop("audit_before_the_tree")
