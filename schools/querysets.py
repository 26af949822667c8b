"""Querysets of schools."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from common.text import clean_term

if TYPE_CHECKING:
    from accounts.models import User
    from schools.models import School  # noqa: F401  names the model in the base class below


class SchoolQuerySet(models.QuerySet["School"]):
    """Finding schools."""

    def visible_to(self, user: "User") -> Self:
        """Those whose file this account may see."""
        from schools.access import within
        from schools.permissions import SchoolPerm

        return within(self, user, SchoolPerm.VIEW_SCHOOL, "pk")

    def search(self, raw: str) -> Self:
        """By name, short name, code, pinyin or initials."""
        term = clean_term(raw)
        if not term:
            return self
        low = term.lower().replace(" ", "")
        return self.filter(
            Q(name__icontains=term)
            | Q(short_name__icontains=term)
            | Q(code__iexact=term)
            | Q(py__contains=low)
            | Q(py_first__contains=low)
        )

    def filtered(self, filters: dict[str, Any]) -> Self:
        """By equal values; empty values do not filter."""
        return self.filter(**{key: value for key, value in filters.items() if value not in ("", None)})
