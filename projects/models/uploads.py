"""An uploaded table of projects or awards between check and confirmation."""

from django.conf import settings
from django.db import models

from common.models import Tracked


class ProjectUpload(Tracked):
    """What was read from a file, and whether it was confirmed. Nothing else is written before."""

    class What(models.TextChoices):
        PROJECTS = "projects", "项目"
        AWARDS = "awards", "成果"

    class Status(models.TextChoices):
        FAULTY = "faulty", "有行要改"
        CHECKED = "checked", "待确认"
        CONFIRMED = "confirmed", "已导入"

    what = models.CharField("内容", max_length=8, choices=What)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    filename = models.CharField("文件名", max_length=200)
    status = models.CharField("状态", max_length=10, choices=Status)
    rows = models.JSONField("行", default=list)
    faults = models.JSONField("要改的格", default=list)
    counts = models.JSONField("计数", default=dict)
    confirmed_at = models.DateTimeField("导入时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="导入人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = verbose_name_plural = "项目、成果上传"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="confirmed_project_uploads_say_who_and_when",
                condition=models.Q(status="confirmed", confirmed_at__isnull=False, confirmed_by__isnull=False)
                | (~models.Q(status="confirmed") & models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.filename
