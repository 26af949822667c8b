"""Education offices of townships (教办)."""

from django.db import models

from common.models import Tracked


class Office(Tracked):
    """A 教办. Codes O01… are given in order of first appearance in the roster (contract/api.md)."""

    code = models.CharField("代码", max_length=8, unique=True)
    name = models.CharField("名称", max_length=60, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "教办"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
