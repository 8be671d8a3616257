"""Whether anything is served at all: one row, read with the revocations, written by the role that may write access."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# An older row is not put back, and none is removed: switched off, it stays so until a newer version says otherwise.
SWITCH = """
CREATE TABLE serving_switch (
    switch_id  smallint PRIMARY KEY DEFAULT 1 CHECK (switch_id = 1),
    version    bigint NOT NULL CHECK (version > 0),
    is_off     boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    reason     text NOT NULL CHECK (reason ~ '^[a-z_]{1,40}$'),
    mac        bytea NOT NULL
);
COMMENT ON TABLE serving_switch IS 'while it is off every call of a lender is refused with 503; no row: on';
COMMENT ON COLUMN serving_switch.mac IS 'HMAC over the row, by the service';
CREATE FUNCTION serving_switch_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'the switch has a newer version' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER serving_switch_grows BEFORE UPDATE OR DELETE ON serving_switch
    FOR EACH ROW EXECUTE FUNCTION serving_switch_grows();
CREATE FUNCTION lock_serving_switch()
RETURNS SETOF serving_switch LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7, 17);
    RETURN QUERY SELECT * FROM serving_switch FOR UPDATE;
END $$;
CREATE FUNCTION set_serving_switch(
    p_version bigint, p_is_off boolean, p_changed_at timestamptz, p_reason text, p_mac bytea
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO serving_switch (version, is_off, changed_at, reason, mac)
    VALUES (p_version, p_is_off, p_changed_at, p_reason, p_mac)
    ON CONFLICT (switch_id) DO UPDATE SET version = excluded.version, is_off = excluded.is_off,
        changed_at = excluded.changed_at, reason = excluded.reason, mac = excluded.mac
$$;
REVOKE ALL ON FUNCTION lock_serving_switch, set_serving_switch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_serving_switch, set_serving_switch TO score_access;
GRANT SELECT ON serving_switch TO score, score_access;
"""


def upgrade() -> None:
    """Adds the table; the release before does not read it."""
    op.execute(SWITCH)
