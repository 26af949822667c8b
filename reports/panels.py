"""What this app adds to a school's page."""


def register_panels() -> None:
    """Nothing yet."""
