"""The ingestion service: takes distributors' ERP batches into Bronze; `vault` holds the retailers' identities."""
