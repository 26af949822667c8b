"""What the hash chain is made of: length-prefixed pieces, so that no two different facts have the same bytes."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def piece(value: Any) -> bytes:
    """One field: eight bytes of length, then its text in UTF-8."""
    raw = str(value).encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(8, "big") + raw


def digest(pieces: Iterable[bytes]) -> str:
    """SHA-256 over the pieces, in hexadecimal."""
    return sha256(b"".join(pieces)).hexdigest()
