"""One PostgreSQL for all of them; a module makes its service's database with `postgres_fixtures`."""

from altscore_libs.testing import pg_server

__all__ = ["pg_server"]
