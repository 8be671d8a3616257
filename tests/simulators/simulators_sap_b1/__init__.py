"""A SAP Business One Service Layer as a process of its own."""
