"""SQL for migrations: the tables that every service's outbox, inbox and signed context stand on."""


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
