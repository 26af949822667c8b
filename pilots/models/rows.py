"""推进清单 of a plan while it is written, and the bureau's templates. On approval each row becomes a task (source.txt 一; S10)."""

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from checklists.models import Task
from common.models import Tracked
from pilots.models.foundations import FoundationKind
from pilots.models.plans import Plan
from pilots.models.policies import PolicyClause
from schools import access
from schools.models import Person
from schools.permissions import Post, SchoolPerm


class PlanRowQuerySet(models.QuerySet["PlanRow"]):
    """Finding rows."""

    def visible_to(self, user: User) -> Self:
        """Rows of the plans of the schools whose file this account may see."""
        return access.within(self, user, SchoolPerm.VIEW_SCHOOL, "plan__school_id")


class PlanRow(Tracked):
    """One row with 四明确: target, measures, due_on, responsible. A draft may still lack some; no plan is submitted so.

    `line` is the same through all editions, so that versions compare row by row and a new edition knows its running task.
    """

    plan = models.ForeignKey(Plan, verbose_name="方案", on_delete=models.CASCADE, related_name="rows")
    line = models.UUIDField("行", default=uuid4, editable=False)
    order = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("工程类别", max_length=20, choices=FoundationKind, blank=True)
    target = models.CharField("目标任务", max_length=300, blank=True)
    measures = models.TextField("推进措施", max_length=2000, blank=True)
    due_on = models.DateField("完成时限", null=True, blank=True)
    responsible = models.ForeignKey(
        Person, verbose_name="责任主体", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    units = models.CharField("协同部门", max_length=200, blank=True)
    evidence = models.CharField("佐证材料", max_length=200, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    clause = models.ForeignKey(
        PolicyClause, verbose_name="依据条文", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    task = models.ForeignKey(
        Task, verbose_name="任务", null=True, blank=True, on_delete=models.PROTECT, related_name="plan_rows"
    )

    objects = PlanRowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推进清单行"
        default_permissions = ()
        indexes = (models.Index(fields=["plan", "order"], name="plan_row_order"),)
        constraints = (
            models.UniqueConstraint(fields=["plan", "line"], name="each_line_once_an_edition"),
            models.UniqueConstraint(
                fields=["plan", "task"], name="each_task_once_an_edition", condition=Q(task__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.target or f"第 {self.order} 项"

    def get_absolute_url(self) -> str:
        """The row in the table of its plan."""
        return f"{reverse('pilots:plan-rows', args=[self.plan_id])}#row-{self.pk}"


class RowDependency(models.Model):
    """`row` can only be finished after `after`, another row of the same plan."""

    row = models.ForeignKey(PlanRow, verbose_name="任务", on_delete=models.CASCADE, related_name="dependencies")
    after = models.ForeignKey(PlanRow, verbose_name="前置任务", on_delete=models.CASCADE, related_name="dependents")

    class Meta:
        verbose_name = verbose_name_plural = "前置任务"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["row", "after"], name="each_dependency_once"),
            models.CheckConstraint(name="no_row_waits_for_itself", condition=~Q(row=F("after"))),
        )

    def __str__(self) -> str:
        return f"{self.row_id} {self.after_id}"


class TemplateStatus(models.TextChoices):
    """Published templates can be taken into a plan; withdrawn ones stay readable."""

    DRAFT = "draft", "起草中"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已停用"


class TemplateQuerySet(models.QuerySet["Template"]):
    """Finding templates."""

    def visible_to(self, user: User) -> Self:
        """Published and withdrawn ones to whoever sees a school; drafts to who issues them."""
        if access.school_ids(user, SchoolPerm.ISSUE_REFERENCE):
            return self
        if access.school_ids(user, SchoolPerm.VIEW_SCHOOL):
            return self.exclude(status=TemplateStatus.DRAFT)
        return self.none()

    def published(self) -> Self:
        """What schools can take."""
        return self.filter(status=TemplateStatus.PUBLISHED)


class Template(Tracked):
    """A set of rows the bureau offers to schools."""

    name = models.CharField("模板名称", max_length=60, unique=True)
    note = models.CharField("适用说明", max_length=300, blank=True)
    status = models.CharField("状态", max_length=10, choices=TemplateStatus, default=TemplateStatus.DRAFT)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "清单模板"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="published_templates_say_who_and_when",
                condition=Q(status="draft", published_at__isnull=True, published_by__isnull=True)
                | (~Q(status="draft") & Q(published_at__isnull=False, published_by__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The template's page."""
        return reverse("pilots:template", args=[self.pk])


class TemplateRow(models.Model):
    """A row of a template: the day is counted from the start of the plan, the person is found by post."""

    template = models.ForeignKey(Template, verbose_name="模板", on_delete=models.CASCADE, related_name="rows")
    order = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("工程类别", max_length=20, choices=FoundationKind, blank=True)
    target = models.CharField("目标任务", max_length=300)
    measures = models.TextField("推进措施", max_length=2000)
    days = models.PositiveSmallIntegerField("启动后天数")
    post = models.CharField("责任职务", max_length=20, choices=Post, blank=True)
    clause = models.ForeignKey(
        PolicyClause, verbose_name="依据条文", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "模板行"
        default_permissions = ()
        ordering = ("order", "pk")
        constraints = (models.UniqueConstraint(fields=["template", "order"], name="template_rows_have_a_place"),)

    def __str__(self) -> str:
        return self.target
