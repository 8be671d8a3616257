"""The plumbing tables, and one table under the signed context."""

from alembic import op
from altscore_libs.ddl import bounded_context, inbox_tables, outbox_accounting, outbox_tables, signed_context

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates them."""
    op.execute(outbox_tables("plumbing"))
    op.execute(outbox_accounting("plumbing"))
    op.execute(inbox_tables("plumbing"))
    op.execute(signed_context("plumbing"))
    op.execute(bounded_context())
    op.execute(
        """
        CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL);
        GRANT SELECT, INSERT, UPDATE, DELETE ON effects TO plumbing;
        CREATE TABLE secrets_of (subject text NOT NULL, value text NOT NULL);
        ALTER TABLE secrets_of ENABLE ROW LEVEL SECURITY;
        ALTER TABLE secrets_of FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON secrets_of USING (subject = current_subject());
        CREATE POLICY fill ON secrets_of FOR INSERT TO plumbing_owner WITH CHECK (true);
        GRANT SELECT ON secrets_of TO plumbing;
        INSERT INTO secrets_of VALUES ('a', 'of a'), ('b', 'of b');
        INSERT INTO context_key (key) VALUES (decode(repeat('ab', 32), 'hex'));
        """
    )
