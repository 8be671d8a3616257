"""Gives the audit service the witness's signatures, by the one function that the witness's role may call."""

from collections.abc import Collection

import psycopg

from altscore_audit_verifier.witness import Cosignature

_MAY = """
SELECT coalesce(has_function_privilege(to_regprocedure('audit_cosign(text, bigint, text, text)'), 'EXECUTE'), false)
"""


class Handover:
    """Hands over the newest cosignature of each chain; nothing where the role may not, as that of an older database.

    Args:
        dsn: of the witness's role.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._handed_over: set[Cosignature] = set()

    def give(self, cosignatures: Collection[Cosignature]) -> None:
        """Hands over those that this process has not handed over; again after a restart, which changes nothing.

        Raises:
            psycopg.Error: the database does not answer, or refuses.
        """
        new = set(cosignatures) - self._handed_over
        if not new:
            return
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            if connection.execute(_MAY).fetchone() == (True,):
                for item in new:
                    connection.execute("SELECT audit_cosign(%s, %s, %s, %s)", tuple(item))
        self._handed_over = new | self._handed_over.intersection(cosignatures)
