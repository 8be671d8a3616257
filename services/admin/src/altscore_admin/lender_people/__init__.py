"""Officers of lenders at the dashboard, and where they sign in."""
