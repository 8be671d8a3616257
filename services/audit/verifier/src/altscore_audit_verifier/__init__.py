"""The verifier of the audit chain: its own reading, its own hashing, its own keys, its own memory."""
