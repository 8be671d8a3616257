"""The model bundle: boosters, calibration, isolation forest, and how they are verified before they are used."""
