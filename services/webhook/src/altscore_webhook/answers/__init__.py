"""Retailers' answers: read from stored messages, decided, and reported to consent."""
