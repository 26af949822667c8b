"""Outside channels, one module each."""
