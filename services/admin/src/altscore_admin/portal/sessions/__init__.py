"""Sessions of people: who is signed in, for how long, and how it ends."""
