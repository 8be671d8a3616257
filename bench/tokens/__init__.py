"""What a signature of an access token costs in the key store, beside a key in the process."""
