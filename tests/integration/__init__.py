"""Stories and drills on the real stack."""
