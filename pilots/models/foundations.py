"""前期“五项工程”: charter, duties, rules of procedure, division of labour, organisation (source.txt 一; S09)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Tracked
from schools.models import School


class FoundationKind(models.TextChoices):
    """The five works, in the order of the source; codes of contract/api.md."""

    CHARTER = "charter", "学校章程"
    DUTIES = "duties", "有关职责"
    RULES_OF_PROCEDURE = "rules_of_procedure", "议事规则"
    DIVISION_OF_LABOUR = "division_of_labour", "班子成员分工"
    ORGANISATION = "organisation", "组织设置"


class FoundationStatus(models.TextChoices):
    """States of a foundation work (roles_and_states.md §2)."""

    NOT_STARTED = "not_started", "未开始"
    IN_PROGRESS = "in_progress", "进行中"
    DONE = "done", "已完成"


class Foundation(Tracked):
    """One of the five works of a school: its adopted text, the day, and the signed decision that adopted it.

    `adopted_by` is the subject of that meeting's record (`governance.meeting:<id>` or `governance.decision:<id>`): apps on one
    rung do not import each other, and the link comes from the registry of adoptions.
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="foundations")
    kind = models.CharField("工程", max_length=20, choices=FoundationKind)
    status = models.CharField("状态", max_length=12, choices=FoundationStatus, default=FoundationStatus.NOT_STARTED)
    text_title = models.CharField("文本名称", max_length=200, blank=True)
    text_version = models.CharField("文本版本", max_length=40, blank=True)
    adopted_on = models.DateField("通过日期", null=True, blank=True)
    adopted_by = models.CharField("通过的会议", max_length=120, blank=True)
    adopted_text = models.CharField("会议名称", max_length=300, blank=True)
    done_at = models.DateTimeField("登记完成时间", null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="登记人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = verbose_name_plural = "五项工程"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "kind"], name="each_foundation_once_a_school"),
            models.CheckConstraint(
                name="done_foundations_have_text_day_and_meeting",
                condition=(
                    Q(status="done", adopted_on__isnull=False, done_at__isnull=False, done_by__isnull=False)
                    & ~Q(text_title="")
                    & ~Q(adopted_by="")
                )
                | (~Q(status="done") & Q(done_at__isnull=True, done_by__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()
