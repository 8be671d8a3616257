"""The simulated OpenID Connect provider, at which people of lenders and distributors can sign in to the portal."""

from altscore_local.files import secret
from altscore_local.layout import Layout
from altscore_local.sign_in import is_on_loopback, portal_origin

NAME = "oidc-sim"
CLIENT = "altscore-portal"
CALLBACKS = ("/v1/lender/oidc/callback", "/v1/portal/oidc/callback")


def issuer(layout: Layout) -> str:
    """What it calls itself, and where the portal asks it."""
    return f"https://{layout.address(NAME)}"


def browser_origin(layout: Layout) -> str:
    """Where browsers reach it; one inside the cluster's network knows it by its name there."""
    return f"https://localhost:{layout.browser_port(NAME)}" if is_on_loopback(layout) else issuer(layout)


def environment(layout: Layout) -> dict[str, str]:
    """Its settings: the portal is its only client."""
    origin = portal_origin(layout)["PUBLIC_ORIGIN"]
    return {
        "OIDC_SIM_ISSUER": issuer(layout),
        "OIDC_SIM_BROWSER_ORIGIN": browser_origin(layout),
        "OIDC_SIM_CLIENT_ID": CLIENT,
        "OIDC_SIM_CLIENT_SECRET": secret(layout, "oidc-client-secret"),
        "OIDC_SIM_REDIRECT_URI": " ".join(f"{origin}{path}" for path in CALLBACKS),
        "OIDC_SIM_TLS_CERT": str(layout.pki / f"{NAME}.crt"),
        "OIDC_SIM_TLS_KEY": str(layout.pki / f"{NAME}.key"),
    }
