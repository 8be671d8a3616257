"""Which operator an assertion names, and which roles it gives. Pure."""

import re
from collections.abc import Iterable, Mapping

from altscore_admin.operators.domain import Role

PREFIX = "/v1/admin/saml"
# An id of the directory, no e-mail address and no number: it stands in the audit (decision 36).
_OPERATOR_ID = re.compile(r"[a-z][a-z0-9._-]{0,63}")


def operator_id_of(name_id: str) -> str | None:
    """The operator that a subject's name means; None for a name of another form."""
    return name_id if _OPERATOR_ID.fullmatch(name_id) else None


def roles_of(values: Iterable[str], mapping: Mapping[str, Role]) -> frozenset[Role]:
    """The roles behind an attribute's values; a value that the configuration does not name is no role."""
    return frozenset(mapping[value] for value in values if value in mapping)
