"""What can go wrong; messages hold names and counts, never values of a record."""


class ConnectorError(Exception):
    """Base of all errors that end a sync."""


class ConfigError(ConnectorError):
    """The configuration or the keystore cannot be used."""


class TallyError(ConnectorError):
    """Tally did not answer what was asked, or not all of it."""


class TallyUnreachableError(TallyError):
    """Tally did not answer at all, so that no company can be read."""


class UnreadableVoucherError(TallyError):
    """One voucher cannot be read; the others can.

    Attributes:
        rule: name of the finding.
        field: the field in question.
    """

    def __init__(self, rule: str, *, field: str) -> None:
        super().__init__(f"a voucher cannot be read: {field}")
        self.rule = rule
        self.field = field


class ScopeError(ConnectorError):
    """A record has a field that may not leave the site.

    Attributes:
        fields: their names, with their tables.
    """

    def __init__(self, message: str, *, fields: tuple[str, ...]) -> None:
        super().__init__(message)
        self.fields = fields


class DropError(ConnectorError):
    """A dropped file cannot be read as a whole."""


class SftpError(ConnectorError):
    """The SFTP server cannot be read; nothing of the reading is used.

    Attributes:
        subject: the setting to look at.
    """

    def __init__(self, subject: str, sentence: str) -> None:
        super().__init__(f"{subject}: {sentence}")
        self.subject = subject
        self.sentence = sentence


class StateError(ConnectorError):
    """The connector's memory cannot be used: busy, damaged, full, or of another version."""


class UpdateError(ConnectorError):
    """A release cannot be installed, or there is none to go back to; the present version stays."""


class DeliveryError(ConnectorError):
    """The ingestion service refused a batch or could not be reached.

    Attributes:
        status: HTTP status of the last answer, None when there was none.
        code: the service's error code, None when there was none.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class OtherInstallationError(DeliveryError):
    """Another installation of the connector sends for this distributor; nothing is sent from here.

    Attributes:
        hindi: the sentence in Hindi.
    """

    def __init__(self, message: str, *, hindi: str, code: str) -> None:
        super().__init__(message, status=409, code=code)
        self.hindi = hindi
