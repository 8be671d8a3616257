"""The local stack: sets up, starts, watches and stops everything AltScore needs, as plain processes."""
