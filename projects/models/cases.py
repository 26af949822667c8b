"""案例库: selected cases, entered by the bureau (S18); none is shipped with the portal."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from common.models import Tracked
from projects.models.awards import Level
from projects.models.flagships import Flagship
from schools.access import school_ids
from schools.models import School
from schools.permissions import SchoolPerm


def enters_cases(user: User) -> bool:
    """The library is the organisation section's."""
    return school_ids(user, SchoolPerm.REVIEW).everywhere


def reads_cases(user: User) -> bool:
    """Published cases are for every school, office and the bureau: they are there to be learnt from."""
    return bool(school_ids(user, SchoolPerm.VIEW_SCHOOL))


class SelectedCaseQuerySet(models.QuerySet["SelectedCase"]):
    """Finding cases."""

    def visible_to(self, user: User) -> Self:
        """Published ones for all who see any school; those not yet published for the organisation section alone."""
        if enters_cases(user):
            return self
        return self.filter(published_at__isnull=False) if reads_cases(user) else self.none()


class SelectedCase(Tracked):
    """One selected case: its title, level, year, text and files."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(
        Flagship, verbose_name="领雁项目", null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    title = models.CharField("案例名称", max_length=100)
    level = models.CharField("级别", max_length=10, choices=Level)
    named = models.CharField("入选名单", max_length=100, blank=True)
    year = models.PositiveSmallIntegerField("年份")
    authors = models.CharField("作者", max_length=120, blank=True)
    summary = models.CharField("一句话介绍", max_length=200, blank=True)
    text = models.TextField("正文", max_length=20000)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="录入人", on_delete=models.PROTECT, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    objects = SelectedCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "案例"
        default_permissions = ()
        indexes = (models.Index(fields=["year", "id"], name="case_year"),)
        constraints = (
            models.UniqueConstraint(fields=["school", "title"], name="each_case_title_once_a_school"),
            models.CheckConstraint(name="case_levels_are_four", condition=Q(level__in=Level.values)),
            models.CheckConstraint(
                name="published_cases_say_who_and_when",
                condition=Q(published_by__isnull=True, published_at__isnull=True)
                | Q(published_by__isnull=False, published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The case's page."""
        return reverse("projects:case", args=[self.pk])
