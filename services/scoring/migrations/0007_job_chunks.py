"""A running job stands in chunks that several workers share."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The release before knows queued jobs alone: it leaves a running one to workers that know its chunks, and what it was
# computing of it meanwhile is not written, since it looks for a queued job under the row's lock.
SQL = """
ALTER TABLE jobs DROP CONSTRAINT jobs_state_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_state_check CHECK (state IN ('queued', 'running', 'done', 'blocked')) NOT VALID;
ALTER TABLE jobs VALIDATE CONSTRAINT jobs_state_check;
COMMENT ON COLUMN jobs.next_row IS 'first row of the sorted run that no committed chunk of a queued job covers';
COMMENT ON COLUMN jobs.counts IS 'outcomes of the rows before next_row; of all rows once the job is done';
CREATE INDEX jobs_open ON jobs (queued_at) WHERE state IN ('queued', 'running');

CREATE TABLE job_chunks (
    chunk_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       text NOT NULL,
    model_sha256 text NOT NULL,
    first_row    integer NOT NULL CHECK (first_row >= 0),
    end_row      integer NOT NULL CHECK (end_row > first_row),
    counts       jsonb,
    FOREIGN KEY (run_id, model_sha256) REFERENCES jobs,
    UNIQUE (run_id, model_sha256, first_row)
);
COMMENT ON TABLE job_chunks IS 'rows of a running job; gone when it is done. Who computes one holds a lock on its id';
COMMENT ON COLUMN job_chunks.counts IS 'outcomes by kind, written with them; NULL until then';
GRANT SELECT, INSERT, UPDATE, DELETE ON job_chunks TO scoring;
"""


def upgrade() -> None:
    """Adds the table, and the state that the release before does not touch."""
    op.execute(SQL)
