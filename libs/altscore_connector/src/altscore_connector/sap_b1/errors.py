"""What can go wrong at the Service Layer; messages hold codes and counts, never values of a document."""

from altscore_connector.errors import ConnectorError


class SapB1Error(ConnectorError):
    """The Service Layer did not answer what was asked, or not all of it."""


class SapB1UnreachableError(SapB1Error):
    """The Service Layer did not answer, or was busy at every try."""


class SapB1LoginError(SapB1Error):
    """The Service Layer refused company, user or password; trying again would lock the user."""


class UnreadableDocumentError(SapB1Error):
    """One document cannot be read; the others can.

    Attributes:
        rule: name of the finding.
        field: the field in question.
    """

    def __init__(self, rule: str, *, field: str) -> None:
        super().__init__(f"a document cannot be read: {field}")
        self.rule = rule
        self.field = field
