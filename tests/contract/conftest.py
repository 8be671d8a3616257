"""One PostgreSQL for every service's contract; the rest comes from the services' own fixtures."""

from altscore_libs.testing import pg_server

__all__ = ["pg_server"]
