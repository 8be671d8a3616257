"""The compose target: what `deploy/local` knows about stores, keys and processes, told to containers."""
