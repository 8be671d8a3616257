"""SMS: the fallback for two kinds of message, by MSG91's Flow API."""
