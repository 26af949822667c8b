"""Password rules that Django does not bring (等保 2.0 profile: length and mixed classes)."""

import itertools
import re

from django.core.exceptions import ValidationError

from accounts.models import User

CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")


class MixedClasses:
    """At least `wanted` of: small letters, capital letters, digits, other characters."""

    def __init__(self, wanted: int = 3) -> None:
        self.wanted = wanted

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` when too few classes are used."""
        if sum(bool(re.search(pattern, password)) for pattern in CLASSES) < self.wanted:
            raise ValidationError(self.get_help_text(), code="too_uniform")

    def get_help_text(self) -> str:
        """The rule in words."""
        return f"大写字母、小写字母、数字、符号至少用 {self.wanted} 种"


class NoSequences:
    """No run of four or more like 1234, abcd or 8888: assessors call such passwords weak."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` when a run of four is found."""
        for start in range(len(password) - 3):
            codes = [ord(char) for char in password[start : start + 4].lower()]
            steps = {right - left for left, right in itertools.pairwise(codes)}
            if len(steps) == 1 and steps <= {-1, 0, 1}:
                raise ValidationError(self.get_help_text(), code="sequence")

    def get_help_text(self) -> str:
        """The rule in words."""
        return "不用 1234、abcd、8888 这样连续或重复的字符"


class NoOwnName:
    """Neither the sign-in name nor the person's name stands inside the password."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise `ValidationError` when it does."""
        names = [user.username, user.name] if user is not None else []
        if any(len(name) >= 2 and name.lower() in password.lower() for name in names):
            raise ValidationError(self.get_help_text(), code="own_name")

    def get_help_text(self) -> str:
        """The rule in words."""
        return "不含登录名和姓名"
