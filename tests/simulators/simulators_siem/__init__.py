"""A SIEM's receiver of syslog over TLS that demands a client certificate, and can be told to misbehave."""
