"""Messages to retailers."""
