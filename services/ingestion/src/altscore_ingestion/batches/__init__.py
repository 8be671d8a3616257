"""ERP batches: received, checked, written to Bronze and announced."""
