"""After a restore: what Bronze has and the database forgot is taken in again, so that the order of statements holds."""
