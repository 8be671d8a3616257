"""Where an organisation's people sign in, as operators say it."""
