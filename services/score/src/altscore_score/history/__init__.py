"""Monthly snapshots of scores."""
