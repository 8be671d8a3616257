"""CSV files that distributors upload: read like a drop folder, sent on as batches."""
