"""Plays an SMS gateway as India knows them (MSG91's Flow API); shares no code with the services."""
