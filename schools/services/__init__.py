"""Changes of schools, people and appointments."""
