"""一校一案: the plan of a school in editions, with its sections and the bureau's annotations (source.txt 一; S08; structures.md 3.1)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.models import User
from common.models import Tracked
from pilots.models.policies import PolicyClause
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm


class PlanStatus(models.TextChoices):
    """States of a plan (roles_and_states.md §2)."""

    DRAFT = "draft", "编制中"
    SUBMITTED = "submitted", "待审核"
    APPROVED = "approved", "已通过"
    RETURNED = "returned", "已退回"
    SUPERSEDED = "superseded", "已被新版替代"


class SectionKey(models.TextChoices):
    """The sections of a plan (structures.md 3.1). 推进清单 and 附件 are not text: they are the plan's rows and files."""

    SITUATION = "situation", "学校基本情况与党组织现状"
    GUIDING_THOUGHT = "guiding_thought", "指导思想"
    PRINCIPLES = "principles", "基本原则"
    GOALS = "goals", "目标任务"
    LEADERSHIP = "leadership", "组织领导与专班"
    STAFFING = "staffing", "领导体制与人员配备"
    PROCEDURE = "procedure", "议事范围与规则"
    REVISION = "revision", "章程与配套制度修订计划"
    SCHEDULE = "schedule", "实施步骤与时间表"
    SAFEGUARDS = "safeguards", "保障措施与监督"


IN_WORK = (PlanStatus.DRAFT, PlanStatus.SUBMITTED, PlanStatus.RETURNED)
WITH_SCHOOL = (PlanStatus.DRAFT, PlanStatus.RETURNED)


class PlanQuerySet(models.QuerySet["Plan"]):
    """Finding plans."""

    def visible_to(self, user: User) -> Self:
        """Those of the schools whose file this account may see (`view_school` names plans)."""
        return access.within(self, user, SchoolPerm.VIEW_SCHOOL)

    def with_people(self) -> Self:
        """With what a page or a step needs beside the row."""
        return self.select_related("school__office", "drafted_by", "submitted_by", "approved_by", "returned_by")


class Plan(Tracked):
    """One edition of a school's plan. `edition` is what the API calls `version`; `version` counts changes, as everywhere."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="plans")
    edition = models.PositiveSmallIntegerField("第几版")
    starts_on = models.DateField("实施起")
    ends_on = models.DateField("实施止")
    status = models.CharField("状态", max_length=12, choices=PlanStatus, default=PlanStatus.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="编制人", on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="报送人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField("通过时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="退回人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    return_reason = models.CharField("退回理由", max_length=500, blank=True)
    mend_by = models.DateField("请改好的日期", null=True, blank=True)
    superseded_at = models.DateTimeField("被替代时间", null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "一校一案"
        default_permissions = ()
        indexes = (
            models.Index(fields=["status", "id"], name="plan_status"),
            models.Index(fields=["updated_at", "id"], name="plan_updated"),
        )
        constraints = (
            models.UniqueConstraint(fields=["school", "edition"], name="editions_have_a_number"),
            models.UniqueConstraint(
                fields=["school"],
                name="one_plan_in_work_a_school",
                condition=Q(status__in=["draft", "submitted", "returned"]),
            ),
            models.UniqueConstraint(
                fields=["school"], name="one_plan_in_force_a_school", condition=Q(status="approved")
            ),
            models.CheckConstraint(name="plans_end_after_they_start", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="submitted_plans_say_who_and_when",
                condition=Q(status__in=["draft", "returned"])
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="approved_plans_say_who_and_when",
                condition=Q(status__in=["approved", "superseded"], approved_at__isnull=False, approved_by__isnull=False)
                | (~Q(status__in=["approved", "superseded"]) & Q(approved_at__isnull=True, approved_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="returned_plans_say_who_when_and_why",
                condition=~Q(status="returned")
                | (
                    Q(returned_at__isnull=False, returned_by__isnull=False, mend_by__isnull=False)
                    & ~Q(return_reason="")
                ),
            ),
            models.CheckConstraint(
                name="superseded_plans_say_when",
                condition=Q(status="superseded", superseded_at__isnull=False)
                | (~Q(status="superseded") & Q(superseded_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="who_submits_a_plan_does_not_approve_it",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("submitted_by")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.school.short_name}一校一案第 {self.edition} 版"

    def get_absolute_url(self) -> str:
        """The plan's page."""
        return reverse("pilots:plan", args=[self.pk])

    @cached_property
    def newer_in_work(self) -> bool:
        """Whether another edition of the school is being written or reviewed."""
        return Plan.objects.filter(school=self.school_id, status__in=IN_WORK).exclude(pk=self.pk).exists()


class PlanSection(models.Model):
    """The text of one section; `clause`: the clause of a founding document it carries out."""

    plan = models.ForeignKey(Plan, verbose_name="方案", on_delete=models.CASCADE, related_name="sections")
    key = models.CharField("章节", max_length=16, choices=SectionKey)
    text = models.TextField("内容", max_length=8000, blank=True)
    clause = models.ForeignKey(
        PolicyClause, verbose_name="依据条文", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "章节"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["plan", "key"], name="each_section_once"),)

    def __str__(self) -> str:
        return self.get_key_display()


class PlanAnnotation(models.Model):
    """A remark of the bureau beside a section or the 推进清单 (`key` empty); settled by the school, or by the next edition."""

    plan = models.ForeignKey(Plan, verbose_name="方案", on_delete=models.CASCADE, related_name="annotations")
    key = models.CharField("章节", max_length=16, choices=SectionKey, blank=True)
    must = models.BooleanField("要改", default=False)
    text = models.CharField("批注", max_length=500)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="批注人", on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField("已改时间", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="改的人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = verbose_name_plural = "批注"
        default_permissions = ()
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="settled_annotations_say_who_and_when",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.text[:40]
