"""What the portal refuses, beyond the common errors."""

from altscore_libs.errors import AltScoreError, Conflict, Forbidden, Unauthorized


class SignInNeeded(Unauthorized):
    """Nobody is signed in, or no longer."""

    code = "SIGN_IN_NEEDED"


class CodesRefused(Unauthorized):
    """The codes do not match, or are no longer valid."""

    code = "CODES_REFUSED"


class CsrfRefused(Forbidden):
    """The request does not carry this session's X-CSRF-Token, or comes from another site."""

    code = "CSRF_REFUSED"


class TooManySignIns(AltScoreError):
    """Too many sign-ins were started or failed; Retry-After says when to come back."""

    code, status = "TOO_MANY_SIGN_INS", 429


class ProviderConfigured(Conflict):
    """People of this kind sign in at their identity provider, not with codes."""

    code = "SIGN_IN_AT_PROVIDER"


class NoProvider(Conflict):
    """No identity provider is configured; sign in with codes."""

    code = "NO_IDENTITY_PROVIDER"


class SignInBySaml(NoProvider):
    """The lender's people sign in by SAML: begin at /v1/lender/saml/{lender_id}/login."""

    code = "SIGN_IN_BY_SAML"


class ProviderRefused(Unauthorized):
    """The identity provider's answer does not prove who signs in."""

    code = "IDENTITY_NOT_PROVEN"


class EnrolledElsewhere(Conflict):
    """This e-mail address belongs to a person of another organisation."""

    code = "ENROLLED_ELSEWHERE"


class InvitesNotEnabled(Conflict):
    """Operations have not said for which lenders this distributor may invite."""

    code = "INVITES_NOT_ENABLED"
