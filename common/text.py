"""Text helpers: pinyin columns for search, search terms, masks."""

import unicodedata


def pinyin_of(text: str) -> str:
    """Full pinyin without tones or spaces: 松风 → songfeng."""
    from pypinyin import lazy_pinyin  # 55 MiB of dictionaries: for those who write names, not for every process

    return "".join(lazy_pinyin(text)).lower()


def initials_of(text: str) -> str:
    """First letters: 松风高级中学 → sfgjzx."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def clean_term(raw: str, limit: int = 50) -> str:
    """A search term without control characters (NUL would be an error in PostgreSQL), trimmed, at most `limit` long."""
    kept = "".join(ch for ch in raw if unicodedata.category(ch) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFKC", kept).strip()[:limit]


def mask_phone(phone: str) -> str:
    """138****5678; short numbers show their last two digits only."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:]
