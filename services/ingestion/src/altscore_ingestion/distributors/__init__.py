"""Distributors: onboarding, and the authentication of their connectors."""
