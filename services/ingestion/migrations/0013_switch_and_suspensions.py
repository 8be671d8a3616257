"""Ingestion can be switched off as a whole, and a distributor suspended so that it can be undone."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SUSPENSIONS = """
ALTER TABLE distributor ADD COLUMN is_suspended boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN distributor.is_suspended IS 'refused until two operators undo it; its keys stay as they are';
"""

# An older row is not put back, and none is removed: switched off, it stays so until a newer version says otherwise.
SWITCH = """
CREATE TABLE ingestion_switch (
    switch_id  smallint PRIMARY KEY DEFAULT 1 CHECK (switch_id = 1),
    version    bigint NOT NULL CHECK (version > 0),
    is_off     boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    reason     text NOT NULL CHECK (reason ~ '^[a-z_]{1,40}$'),
    mac        bytea NOT NULL
);
COMMENT ON TABLE ingestion_switch IS 'while it is off connectors are refused with 503 and files wait; no row: on';
COMMENT ON COLUMN ingestion_switch.mac IS 'HMAC over the row, by the service';
CREATE FUNCTION ingestion_switch_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'the switch has a newer version' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ingestion_switch_grows BEFORE UPDATE OR DELETE ON ingestion_switch
    FOR EACH ROW EXECUTE FUNCTION ingestion_switch_grows();
GRANT SELECT, INSERT, UPDATE ON ingestion_switch TO ingestion;
"""


def upgrade() -> None:
    """Adds a column and a table; the release before knows neither and accepts on."""
    op.execute(SUSPENSIONS)
    op.execute(SWITCH)
