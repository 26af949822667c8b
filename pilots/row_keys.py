"""When two rows are the same task: same work, same words whatever the spaces and the width of letters. Pure."""

import unicodedata


def key_of(kind: str, target: str) -> tuple[str, str]:
    """What taking a template or importing a file twice is recognised by."""
    return kind, "".join(unicodedata.normalize("NFKC", target).split()).casefold()
