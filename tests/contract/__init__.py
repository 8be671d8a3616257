"""Every service against its own OpenAPI document."""
