"""Staff (人员)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from common.models import Tracked
from schools.models.schools import School


class Person(Tracked):
    """A member of staff of a school, an office or the bureau. Rights come from appointments, sign-in from the account."""

    PERSONAL_DATA: ClassVar = ("name", "phone")

    name = models.CharField("姓名", max_length=40)
    py = models.CharField("拼音", max_length=120, blank=True)
    py_first = models.CharField("首字母", max_length=20, blank=True)
    phone = models.CharField("手机", max_length=20, blank=True)
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="账号",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="person",
    )

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        default_permissions = ()
        indexes = (models.Index(fields=["school", "name"], name="person_school_name"),)

    def __str__(self) -> str:
        return self.name
