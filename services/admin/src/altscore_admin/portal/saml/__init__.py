"""Sign-in of lenders' officers at their lender's SAML identity provider (ADR 0070)."""
