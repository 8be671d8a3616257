"""The lake at size: Bronze of hundreds of distributors to Gold of their retailers."""
