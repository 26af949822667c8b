"""检查卷宗: one request to put the records of a school and period into one ZIP, made in the background."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from common.models import Tracked
from schools.models import School
from schools.permissions import Body


class DossierStatus(models.TextChoices):
    """A dossier waits for a worker, is made, can be fetched for a week, and goes."""

    QUEUED = "queued", "等待开始"
    RUNNING = "running", "正在生成"
    DONE = "done", "可以下载"
    FAILED = "failed", "没有生成"
    EXPIRED = "expired", "已到期"


LIVE_DOSSIERS = (DossierStatus.QUEUED, DossierStatus.RUNNING)


class Dossier(Tracked):
    """One dossier, for the account that asked for it and for nobody else.

    `claim` and `beat_at` are the worker's; `tries` ends what kills its workers. `included` names the items whose words are in the
    file: when one of them becomes restricted for the requester, the file is not given out any more.
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.CASCADE, related_name="+")
    body = models.CharField("会议", max_length=10, choices=Body, blank=True)
    since = models.DateField("从")
    until = models.DateField("到")
    status = models.CharField("状态", max_length=7, choices=DossierStatus, default=DossierStatus.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    meetings_total = models.PositiveIntegerField("会议总数", default=0)
    meetings_done = models.PositiveIntegerField("已收入会议", default=0)
    withheld = models.PositiveIntegerField("未收入的限定人员议题", default=0)
    included = models.JSONField("收入的议题", default=list)
    file = models.FileField("文件", upload_to="dossiers", blank=True)
    size = models.PositiveBigIntegerField("字节", default=0)
    sha256 = models.CharField("摘要", max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField("办理次数", default=0)
    claim = models.UUIDField("由哪一次办理", null=True, blank=True)
    beat_at = models.DateTimeField("最近一次进展", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    expires_at = models.DateTimeField("到期时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "检查卷宗"
        default_permissions = ()
        indexes = (
            models.Index(fields=["started_by", "-created_at"], name="dossier_mine"),
            models.Index(fields=["created_at"], name="dossier_live", condition=Q(status__in=["queued", "running"])),
        )
        constraints = (
            models.CheckConstraint(name="dossier_periods_have_a_beginning_first", condition=Q(since__lte=F("until"))),
            models.CheckConstraint(
                name="ended_dossiers_say_when",
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | Q(status__in=["done", "failed", "expired"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="made_dossiers_have_a_file_and_an_end",
                condition=~Q(status="done") | (~Q(file="") & ~Q(sha256="") & Q(expires_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        which = Body(self.body).label if self.body else "两个会议"
        return f"{self.school.short_name}{which} {self.since} 至 {self.until}"

    def get_absolute_url(self) -> str:
        """Where its progress is shown."""
        return reverse("governance:archive")

    def is_live(self) -> bool:
        """Whether it waits or is being made."""
        return self.status in LIVE_DOSSIERS

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 * self.meetings_done // self.meetings_total if self.meetings_total else 0
