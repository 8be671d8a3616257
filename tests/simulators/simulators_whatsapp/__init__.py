"""Plays Meta's WhatsApp Cloud API and the people behind the phones; shares no code with the services."""
