"""Shapes of what is asked for. They save nothing; the services judge."""
