"""AltScore connector: reads Tally or CSV drops at a distributor's site and sends signed batches."""
