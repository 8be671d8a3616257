"""What a distributor sees of its own: sync, batches, quarantine, retailers, invites, credentials."""
