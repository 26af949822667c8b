"""REST of the overviews."""
