"""公开 (A68): the minutes as the school makes them public, without what is not for everybody."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Tracked
from governance.models.meetings import Meeting


class Publication(Tracked):
    """The publication of one meeting's minutes. The text itself is always made anew from the sealed minutes (`publishing.py`);
    here stands which further names are hidden in it, and of what was made public the day, the version and a checksum.
    """

    meeting = models.OneToOneField(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="publication")
    names: Any = models.JSONField("另要隐去的姓名", default=list)
    published_on = models.DateField("公开日期", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="公开人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    minutes_version = models.PositiveSmallIntegerField("纪要版次", null=True, blank=True)
    digest = models.CharField("摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "公开稿"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="published_minutes_say_when_who_and_what",
                condition=Q(
                    published_on__isnull=True, published_by__isnull=True, minutes_version__isnull=True, digest=""
                )
                | (
                    Q(published_on__isnull=False, published_by__isnull=False, minutes_version__isnull=False)
                    & ~Q(digest="")
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.published_on or '未公开'}"
