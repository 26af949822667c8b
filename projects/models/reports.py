"""中期表、结题表 and 变更申请 of a running project (structures.md 3.2)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.models import Tracked
from projects.models.flagships import Flagship


class ReportKind(models.TextChoices):
    """The two reports."""

    MID = "mid", "中期表"
    FINAL = "final", "结题表"


class Report(Tracked):
    """A report the project owes by a day: opened with the start, its deadline hangs on it."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField("种类", max_length=6, choices=ReportKind)
    due_on = models.DateField("时限")
    done = models.TextField("节点完成情况", max_length=2000, blank=True)
    deviation = models.TextField("偏差与原因", max_length=2000, blank=True)
    spent = models.DecimalField("已用经费（元）", max_digits=10, decimal_places=2, null=True, blank=True)
    next_steps = models.TextField("下一步", max_length=2000, blank=True)
    results = models.TextField("成果清单", max_length=2000, blank=True)
    spread = models.TextField("成果推广", max_length=2000, blank=True)
    judgement = models.TextField("自评", max_length=2000, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="报送人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "项目报告"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["project", "kind"], name="each_report_once_a_flagship"),
            models.CheckConstraint(
                name="submitted_reports_say_who_and_when",
                condition=Q(submitted_by__isnull=True, submitted_at__isnull=True)
                | Q(submitted_by__isnull=False, submitted_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        """The project's page, at the report."""
        return f"{self.project.get_absolute_url()}#{self.kind}"


class ChangeKind(models.TextChoices):
    """What may be asked to change of a listed project."""

    TITLE = "title", "项目名称"
    LEADER = "leader", "主持人"
    CONTENT = "content", "内容与举措"
    TEAM = "team", "项目组成员"


class ChangeStatus(models.TextChoices):
    """States of a request."""

    REQUESTED = "requested", "待审"
    APPROVED = "approved", "已同意"
    REFUSED = "refused", "未同意"


class ChangeRequest(Tracked):
    """变更申请: what is to become of what, and why; the bureau decides. `value` is the new text, name or id."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField("变更事项", max_length=8, choices=ChangeKind)
    before = models.TextField("原来", blank=True)
    value = models.TextField("改为", max_length=4000)
    reason = models.CharField("理由", max_length=500)
    status = models.CharField("状态", max_length=10, choices=ChangeStatus, default=ChangeStatus.REQUESTED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField("申请时间")
    answer = models.CharField("答复", max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审批人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "变更申请"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["project", "kind"], name="one_open_change_of_a_kind", condition=Q(status="requested")
            ),
            models.CheckConstraint(
                name="decided_changes_say_who_and_when",
                condition=Q(status="requested", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status="requested") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="another_decides_on_a_change",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}变更{self.get_kind_display()}"
