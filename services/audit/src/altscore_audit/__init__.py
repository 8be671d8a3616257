"""The audit service: one gapless, hash-chained, signed record of who did what."""
