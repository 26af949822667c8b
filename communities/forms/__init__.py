"""Shapes of what is asked for on the pages of communities. They save nothing; the services judge."""
