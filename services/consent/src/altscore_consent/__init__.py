"""The authority on retailers' consent."""
