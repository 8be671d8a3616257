"""Contexts that expire, and the retailers whose scores, blocks or grants changed."""

from alembic import op
from altscore_libs.ddl import bounded_context

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Readers ask for what was committed since they last asked: by transaction id, since instants and serial numbers are
# taken before the commit and come out of order. Rows are never updated, so that no two transactions wait for one.
CHANGES = """
CREATE TABLE retailer_change (
    retailer_id    text NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    changed_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE retailer_change IS 'cached scores of these retailers that were read before are not shown';
CREATE INDEX retailer_change_by_transaction ON retailer_change (transaction_id);
CREATE INDEX retailer_change_by_age ON retailer_change (changed_at);
GRANT SELECT ON retailer_change TO score;
CREATE FUNCTION note_retailer_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO retailer_change (retailer_id) VALUES (NEW.retailer_id);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION note_retailer_change() FROM PUBLIC;
CREATE TRIGGER stale_cache_is_noted AFTER INSERT ON stale_cache FOR EACH ROW EXECUTE FUNCTION note_retailer_change();
CREATE FUNCTION forget_old_changes()
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM retailer_change WHERE changed_at < now() - interval '6 hours'
$$;
REVOKE ALL ON FUNCTION forget_old_changes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_old_changes() TO score;
"""


def upgrade() -> None:
    """Bounds contexts and adds the list of changes."""
    op.execute(bounded_context())
    op.execute(CHANGES)
