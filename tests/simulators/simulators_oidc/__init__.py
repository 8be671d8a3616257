"""An OpenID Connect provider (npm oidc-provider) as a process: signs in whom it is told to, and can misbehave."""
