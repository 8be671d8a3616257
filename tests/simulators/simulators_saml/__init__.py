"""Plays an organisation's SAML 2.0 identity provider (npm samlp); shares no code with the services."""
