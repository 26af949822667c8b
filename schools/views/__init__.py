"""Pages of schools and people."""
