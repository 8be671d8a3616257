"""What the distributors' portal shows of one distributor: sync, batches, quarantine and credentials; read-only."""
