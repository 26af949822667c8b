"""Doors: read, print. Nothing here changes anything but the audit page's own facts."""
