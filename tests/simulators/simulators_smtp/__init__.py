"""A mail server for submission that takes messages over STARTTLS alone, and can be told to misbehave."""
