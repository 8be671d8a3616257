"""SAML 2.0 as a service provider, shared by the sign-ins of operators and of lenders' officers (ADR 0055, ADR 0070)."""
