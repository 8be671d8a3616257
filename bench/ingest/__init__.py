"""Speed and cost of ingestion: `python -m bench.ingest`."""
