"""Plays a hardware security key (FIDO2) and the browser in front of it; shares no code with the services."""
