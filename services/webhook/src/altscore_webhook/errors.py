"""This service's error classes."""

from altscore_libs.errors import Forbidden, Unauthorized


class SignatureInvalid(Unauthorized):
    """The body is not signed with our app secret."""

    code = "SIGNATURE_INVALID"


class HandshakeRefused(Forbidden):
    """The verify token is not ours."""

    code = "HANDSHAKE_REFUSED"


class Unreadable(Exception):
    """A stored message can never be processed; it is parked. The text holds no personal data."""
