"""Facts of pilots, and who hears of them."""


def register_kinds() -> None:
    """Called once at start."""
