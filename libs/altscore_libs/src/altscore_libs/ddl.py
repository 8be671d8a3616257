"""SQL for migrations: the tables that every service's outbox, inbox and signed context stand on."""

STRIPES = 64
STRIPE_LOCKS = 742_003

_ACCOUNTING_TABLES = f"""
ALTER TABLE outbox
    ADD COLUMN mac            bytea CHECK (octet_length(mac) = 32),
    ADD COLUMN refused_at     timestamptz,
    ADD COLUMN refused_reason text;
COMMENT ON COLUMN outbox.mac IS 'HMAC-SHA256 under a secret of the service''s processes; no row is sent without';
COMMENT ON COLUMN outbox.refused_at IS 'set aside by the relay: never numbered, signed or sent';
DROP INDEX outbox_unsent;
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL AND refused_at IS NULL;
CREATE INDEX outbox_refused ON outbox (id) WHERE refused_at IS NOT NULL;

CREATE TABLE outbox_upgrade (
    is_only       boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    unmaced_until timestamptz NOT NULL
);
INSERT INTO outbox_upgrade (unmaced_until)
SELECT CASE WHEN EXISTS (SELECT FROM outbox) THEN now() + interval '15 minutes' ELSE '-infinity' END;

CREATE TABLE outbox_stripe (stripe integer PRIMARY KEY, last bigint NOT NULL DEFAULT 0) WITH (fillfactor = 10);
CREATE TABLE outbox_checked (stripe integer PRIMARY KEY, last bigint NOT NULL DEFAULT 0);
INSERT INTO outbox_stripe (stripe) SELECT generate_series(0, {STRIPES - 1});
INSERT INTO outbox_checked (stripe) SELECT stripe FROM outbox_stripe;
COMMENT ON TABLE outbox_stripe IS 'last number given to a row, gapless in each stripe';
CREATE TABLE outbox_trace (
    stripe  integer NOT NULL,
    first   bigint NOT NULL,
    row_ids bigint[] NOT NULL,
    PRIMARY KEY (stripe, first)
);
COMMENT ON TABLE outbox_trace IS 'which rows have the numbers from `first` on, until the relay has settled them';
CREATE TABLE outbox_missing (
    stripe      integer NOT NULL,
    number      bigint NOT NULL,
    row_id      bigint,
    noticed_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    PRIMARY KEY (stripe, number)
);
COMMENT ON TABLE outbox_missing IS 'rows that were committed and are gone; the owner sets resolved_at';

"""  # noqa: S608

_ACCOUNTING_TRIGGER = f"""
CREATE FUNCTION outbox_number() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_own    integer := pg_backend_pid() % {STRIPES};
    v_stripe integer := v_own;
BEGIN
    FOR i IN 0 .. {STRIPES - 1} LOOP
        IF pg_try_advisory_xact_lock({STRIPE_LOCKS}, (v_own + i) % {STRIPES}) THEN
            v_stripe := (v_own + i) % {STRIPES};
            EXIT;
        END IF;
    END LOOP;
    WITH added_ids AS (
        SELECT array_agg(id) AS row_ids, count(*) AS rows FROM added
    ), numbered AS (
        UPDATE outbox_stripe SET last = last + rows FROM added_ids WHERE stripe = v_stripe AND rows > 0
        RETURNING last - rows + 1 AS first, row_ids
    )
    INSERT INTO outbox_trace (stripe, first, row_ids) SELECT v_stripe, first, row_ids FROM numbered;
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox_number() FROM PUBLIC;
DROP TRIGGER outbox_wakes_relay ON outbox;
DROP FUNCTION outbox_wake();
CREATE TRIGGER outbox_numbered AFTER INSERT ON outbox REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_number();
ALTER TABLE outbox ENABLE ALWAYS TRIGGER outbox_numbered;

"""  # noqa: S608


def outbox_tables(app_role: str) -> str:
    """Events that wait for the relay, and the gapless counter it numbers them with."""
    return f"""
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid NOT NULL UNIQUE,
    name         text NOT NULL,
    topic        text NOT NULL,
    key          text NOT NULL,
    payload      bytea NOT NULL,
    is_raw       boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    producer_seq bigint UNIQUE,
    sent_at      timestamptz
);
COMMENT ON TABLE outbox IS 'events written with the change they announce; the relay numbers, sends and marks them';
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE TABLE outbox_counter (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    last    bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_counter DEFAULT VALUES;
CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_wakes_relay AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO {app_role};
GRANT SELECT, UPDATE ON outbox_counter TO {app_role};
"""  # the role is a constant of the service's own migration


def outbox_accounting(app_role: str, *, shows_payloads: bool = True) -> str:
    """Rows that carry a MAC, numbers that leave a trace of every insert, and rights that let nobody take one back.

    After it the application's role inserts and sees what waits; it changes and deletes nothing. `<app_role>_relay`, a
    role that the worker alone logs in as, checks, numbers, marks and removes. The trigger numbers a statement's rows in
    a stripe that no other open transaction uses, so that writers neither queue nor deadlock; the trace is the owner's.
    Rows that were written before, and for 15 minutes more by processes of the release before, need no MAC.

    Args:
        app_role: of the service; a constant of its own migration.
        shows_payloads: whether the role may read what it wrote, where rows of other transactions are its own business.
    """
    return _ACCOUNTING_TABLES + _ACCOUNTING_TRIGGER + _accounting_rights(app_role, shows_payloads=shows_payloads)


def _accounting_rights(app_role: str, *, shows_payloads: bool) -> str:
    content = "key, payload, " if shows_payloads else ""
    return f"""
REVOKE ALL ON outbox, outbox_counter FROM {app_role};
GRANT INSERT (event_id, name, topic, key, payload, is_raw, mac) ON outbox TO {app_role}, {app_role}_relay;
GRANT SELECT (id, event_id, name, topic, {content}is_raw, created_at, producer_seq,
    sent_at, refused_at, refused_reason) ON outbox TO {app_role};
GRANT SELECT ON outbox_missing TO {app_role};
GRANT SELECT, DELETE ON outbox TO {app_role}_relay;
GRANT UPDATE (producer_seq, sent_at, refused_at, refused_reason) ON outbox TO {app_role}_relay;
GRANT SELECT, UPDATE ON outbox_counter, outbox_checked TO {app_role}_relay;
GRANT SELECT ON outbox_stripe, outbox_upgrade TO {app_role}_relay;
GRANT SELECT, DELETE ON outbox_trace TO {app_role}_relay;
GRANT SELECT, INSERT ON outbox_missing TO {app_role}_relay;
"""  # the role is a constant of the service's own migration


def inbox_tables(app_role: str) -> str:
    """Events applied once, and events parked because they, or an earlier one of their key, could not be applied."""
    return f"""
CREATE TABLE inbox (
    event_id     uuid PRIMARY KEY,
    name         text NOT NULL,
    topic        text NOT NULL,
    producer     text NOT NULL,
    producer_seq bigint NOT NULL,
    applied_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE parked (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text NOT NULL,
    key        text NOT NULL,
    partition  integer NOT NULL,
    "offset"   bigint NOT NULL,
    event_id   uuid,
    reason     text NOT NULL,
    raw        bytea NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX parked_keys ON parked (topic, key) WHERE resolved_at IS NULL;
GRANT SELECT, INSERT, DELETE ON inbox TO {app_role};
GRANT SELECT, INSERT, UPDATE ON parked TO {app_role};
"""


def parked_signatures() -> str:
    """How a parked message was signed, and whether later events of its key wait for it; of databases that are older."""
    return """
ALTER TABLE parked ADD COLUMN signature bytea;
ALTER TABLE parked ADD COLUMN holds_key boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN parked.holds_key IS 'false of a message that is no fact: nothing of its key waits for it';
CREATE INDEX parked_refused ON parked (topic) WHERE NOT holds_key AND resolved_at IS NULL;
"""


def parked_orders(app_role: str) -> str:
    """What operators order to be done with parked messages; the worker carries it out."""
    return f"""
CREATE TABLE parked_order (
    order_id   uuid PRIMARY KEY,
    event      bigint NOT NULL REFERENCES parked (id),
    action     text NOT NULL CHECK (action IN ('dry_run', 'replay')),
    operator   text NOT NULL,
    ticket     text NOT NULL,
    ordered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at    timestamptz,
    outcome    text,
    applied    integer NOT NULL DEFAULT 0,
    refused    integer NOT NULL DEFAULT 0,
    content    jsonb,
    CONSTRAINT parked_order_whole CHECK (num_nonnulls(done_at, outcome) IN (0, 2))
);
COMMENT ON COLUMN parked_order.content IS 'the form of the message: names of fields, nothing that they say';
CREATE UNIQUE INDEX parked_order_open ON parked_order (event) WHERE done_at IS NULL;
CREATE INDEX parked_order_newest ON parked_order (event, ordered_at DESC, order_id DESC);
GRANT SELECT, INSERT ON parked_order TO {app_role};
GRANT UPDATE (done_at, outcome, applied, refused, content) ON parked_order TO {app_role};
"""


def parked_dismissals(app_role: str) -> str:
    """Orders to put an event away, what is kept of it, and the removal of old orders; of databases that are older."""
    return f"""
ALTER TABLE parked ADD COLUMN dismissal jsonb;
COMMENT ON COLUMN parked.dismissal IS 'who put the event away and why, and its digest: it is never applied';
ALTER TABLE parked_order
    ADD COLUMN reason text,
    ADD COLUMN sha256 text,
    ADD COLUMN proposed_by text,
    ADD COLUMN changes_access boolean,
    DROP CONSTRAINT parked_order_action_check,
    ADD CONSTRAINT parked_order_action_known CHECK (action IN ('dry_run', 'replay', 'dismiss')),
    ADD CONSTRAINT parked_order_dismissal CHECK ((action = 'dismiss') = (num_nonnulls(reason, sha256) = 2)),
    ADD CONSTRAINT parked_order_two_people CHECK (proposed_by <> operator);
COMMENT ON COLUMN parked_order.proposed_by IS 'the first of two persons; the operator approved it';
COMMENT ON COLUMN parked_order.changes_access IS 'of a dry run: whether two persons must put the event away';
CREATE INDEX parked_order_by_age ON parked_order (done_at);
GRANT UPDATE (changes_access), DELETE ON parked_order TO {app_role};
"""


def inbox_age_index() -> str:
    """What the removal of old inbox rows reads along; a migration of its own in databases that are older."""
    return "CREATE INDEX inbox_by_age ON inbox (topic, applied_at)"


def signed_context(app_role: str) -> str:
    """Row-level security that a plain SET cannot switch: current_subject() is NULL unless the context's HMAC is right.

    The key is in `context_key`, readable by the owner alone; `migrate` writes it.
    """
    return f"""
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE TABLE context_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key     bytea NOT NULL
);
REVOKE ALL ON context_key FROM PUBLIC;
CREATE FUNCTION current_subject() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context text := current_setting('app.context', true);
    subject text := split_part(context, '|', 1);
    secret  bytea;
BEGIN
    IF context IS NULL OR context = '' THEN
        RETURN NULL;
    END IF;
    SELECT key INTO secret FROM public.context_key;
    IF secret IS NULL OR
       encode(public.hmac(convert_to(subject, 'UTF8'), secret, 'sha256'), 'hex') <> split_part(context, '|', 2) THEN
        RETURN NULL;
    END IF;
    RETURN subject;
END $$;
REVOKE ALL ON FUNCTION current_subject() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION current_subject() TO {app_role};
"""  # noqa: S608


def bounded_context() -> str:
    """After signed_context(): a context carries the second at which it expires, under its HMAC.

    In a database that served before, contexts without an expiry stay good for an hour, for the processes of the release
    before; nobody but the owner can lengthen that.
    """
    return """
ALTER TABLE context_key ADD COLUMN unbounded_until timestamptz;
UPDATE context_key SET unbounded_until = now() + interval '1 hour';
CREATE OR REPLACE FUNCTION current_subject() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context text := current_setting('app.context', true);
    subject text := split_part(context, '|', 1);
    expiry  text := split_part(context, '|', 2);
    mac     text := split_part(context, '|', 3);
    signed  text := subject || '|' || expiry;
    held    record;
BEGIN
    IF context IS NULL OR context = '' THEN
        RETURN NULL;
    END IF;
    SELECT key, unbounded_until INTO held FROM public.context_key;
    IF held.key IS NULL THEN
        RETURN NULL;
    END IF;
    IF mac = '' THEN
        IF held.unbounded_until IS NULL OR held.unbounded_until <= now() THEN
            RETURN NULL;
        END IF;
        signed := subject;
        mac := expiry;
    ELSIF expiry !~ '^[0-9]{1,11}$' OR to_timestamp(expiry::bigint) <= clock_timestamp() THEN
        RETURN NULL;
    END IF;
    IF encode(public.hmac(convert_to(signed, 'UTF8'), held.key, 'sha256'), 'hex') <> mac THEN
        RETURN NULL;
    END IF;
    RETURN subject;
END $$;
"""
