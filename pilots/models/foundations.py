"""前期“五项工程”: charter, duties, rules of procedure, division of labour, organisation (source.txt 一; S09)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from common.models import Tracked
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm


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


class FoundationQuerySet(models.QuerySet["Foundation"]):
    """Finding foundation works."""

    def visible_to(self, user: User) -> Self:
        """Those of the schools whose file this account may see."""
        return access.within(self, user, SchoolPerm.VIEW_SCHOOL)


class Foundation(Tracked):
    """One of the five works of a school: its adopted text in force, the day, and the signed decision that adopted it.

    The stored state is what was registered; 进行中 also follows from the work's tasks (`pilots.foundations.state_of`).
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

    objects = FoundationQuerySet.as_manager()

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
        return f"{self.school.short_name}{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        """The five works of the school, at this one."""
        return f"{reverse('pilots:foundations', args=[self.school.code])}#{self.kind}"


class FoundationText(Tracked):
    """One adopted text of a foundation work: the register of a school's rules with approval and validity (A07).

    In force until the next one is adopted; its files are attached to it and stay with it. None is changed or taken away.
    """

    foundation = models.ForeignKey(Foundation, verbose_name="工程", on_delete=models.PROTECT, related_name="texts")
    number = models.PositiveSmallIntegerField("第几次登记")
    title = models.CharField("文本名称", max_length=200)
    text_version = models.CharField("文本版本", max_length=40)
    adopted_on = models.DateField("通过日期")
    adopted_by = models.CharField("通过的会议", max_length=120)
    adopted_text = models.CharField("会议名称", max_length=300)
    adopted_url = models.CharField("决议链接", max_length=200)
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "制度文本"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["foundation", "number"], name="foundation_texts_have_a_number"),
            models.CheckConstraint(
                name="foundation_texts_say_what_and_by_whom",
                condition=~Q(title="") & ~Q(text_version="") & ~Q(adopted_by=""),
            ),
        )

    def __str__(self) -> str:
        return f"《{self.title}》{self.text_version}"
