"""An uploaded roster (名册) between check and confirmation."""

from django.conf import settings
from django.db import models

from common.models import Tracked


class RosterUpload(Tracked):
    """What was read from a file, what it would change, and whether it was confirmed. Nothing else is written before."""

    class Status(models.TextChoices):
        FAULTY = "faulty", "有行要改"
        CHECKED = "checked", "待确认"
        CONFIRMED = "confirmed", "已导入"
        EXPIRED = "expired", "已过时"

    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    filename = models.CharField("文件名", max_length=200)
    status = models.CharField("状态", max_length=10, choices=Status)
    rows = models.JSONField("行", default=list)
    faults = models.JSONField("要改的行", default=list)
    basis = models.CharField("核对时的名册摘要", max_length=64, blank=True)
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
        verbose_name = verbose_name_plural = "名册上传"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="confirmed_uploads_say_who_and_when",
                condition=models.Q(status="confirmed", confirmed_at__isnull=False, confirmed_by__isnull=False)
                | (~models.Q(status="confirmed") & models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.filename
