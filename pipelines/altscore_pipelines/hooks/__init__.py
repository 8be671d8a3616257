"""One outside system each: consent, vault, dbt, the object store."""
