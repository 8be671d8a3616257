"""Speed of the search through the audit chain: `python -m bench.audit_search`."""
