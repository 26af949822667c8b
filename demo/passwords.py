"""A password for the demonstration accounts when none was given."""

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz"


def new_password() -> str:
    """Letters and digits that are read aloud without confusion, in the classes the password rules ask for."""
    first, second = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(2))
    return f"{first.capitalize()}-{second}-{secrets.randbelow(9000) + 1000}"
