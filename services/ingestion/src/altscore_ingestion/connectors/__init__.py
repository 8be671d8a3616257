"""What a connector does besides sending batches: rotates its credentials, reports itself, reads its quarantine."""
