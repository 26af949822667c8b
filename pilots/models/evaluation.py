"""Mid-term and final evaluation of the rollout at one school, with the bureau's form."""

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


class EvaluationKind(models.TextChoices):
    """Which evaluation."""

    MID_TERM = "mid_term", "中期评估"
    FINAL = "final", "终期评估"


class EvaluationResult(models.TextChoices):
    """The bureau's conclusion."""

    GOOD = "good", "好"
    FAIR = "fair", "较好"
    PASS = "pass", "一般"
    WEAK = "weak", "较差"


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    """Finding evaluations."""

    def visible_to(self, user: User) -> Self:
        """Concluded ones of the schools whose file this account may see; those being written to who reviews."""
        rows = access.within(self, user, SchoolPerm.VIEW_SCHOOL)
        if access.school_ids(user, SchoolPerm.REVIEW):
            return rows
        return rows.filter(concluded_at__isnull=False)


class Evaluation(Tracked):
    """One evaluation of one school; its result stands in the school's record. `form` names the version of the criteria."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="pilot_evaluations")
    kind = models.CharField("评估", max_length=10, choices=EvaluationKind)
    form = models.CharField("评估表版本", max_length=20)
    held_on = models.DateField("评估日期", null=True, blank=True)
    result = models.CharField("结论", max_length=6, choices=EvaluationResult, blank=True)
    text = models.TextField("总评", max_length=2000, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="填写人", on_delete=models.PROTECT, related_name="+"
    )
    concluded_at = models.DateTimeField("下结论时间", null=True, blank=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="下结论人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "实施评估"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "kind"], name="each_evaluation_once_a_school"),
            models.CheckConstraint(
                name="concluded_evaluations_say_who_when_and_what",
                condition=(
                    Q(concluded_at__isnull=False, concluded_by__isnull=False, held_on__isnull=False) & ~Q(result="")
                )
                | Q(concluded_at__isnull=True, concluded_by__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.school.short_name}{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        """The evaluation's page."""
        return reverse("pilots:evaluation", args=[self.school.code, self.kind])


class EvaluationAnswer(models.Model):
    """The answer to one criterion of the form: points of those possible, with a word on the facts."""

    evaluation = models.ForeignKey(Evaluation, verbose_name="评估", on_delete=models.CASCADE, related_name="answers")
    criterion = models.CharField("指标", max_length=30)
    points = models.PositiveSmallIntegerField("得分", null=True, blank=True)
    text = models.CharField("事实", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "指标得分"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["evaluation", "criterion"], name="each_criterion_once"),)

    def __str__(self) -> str:
        return self.criterion
