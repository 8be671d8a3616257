"""Alembic environment shared by all services: plain SQL version files, one transaction, the owner's connection."""

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import make_url

dsn = context.config.attributes["dsn"]
engine = create_engine(make_url(dsn).set(drivername="postgresql+psycopg"), poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.exec_driver_sql("SELECT pg_advisory_lock(742001)")  # two starts at once migrate one after the other
    connection.commit()
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
