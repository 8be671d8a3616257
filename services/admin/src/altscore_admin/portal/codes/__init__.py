"""One-time codes by e-mail and phone, for organisations without an identity provider."""
