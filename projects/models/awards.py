"""成果台账: the awards of projects. One project may hold several; the same award is kept once (S13)."""

import unicodedata
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from common.models import Tracked
from projects.models.flagships import Flagship
from schools.access import within
from schools.permissions import SchoolPerm


class Level(models.TextChoices):
    """Levels of an award, highest first."""

    NATIONAL = "national", "国家级"
    PROVINCIAL = "provincial", "省级"
    CITY = "city", "市级"
    DISTRICT = "district", "区级"


def name_key(name: str) -> str:
    """The name as it is compared: without quotation marks, brackets, blanks and the difference of full and half width."""
    narrow = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in narrow if unicodedata.category(char)[0] not in "ZPCS")[:120]


class AwardQuerySet(models.QuerySet["Award"]):
    """Finding awards."""

    def visible_to(self, user: User) -> Self:
        """Awards of the schools whose file this account may see."""
        return within(self, user, SchoolPerm.VIEW_SCHOOL, "project__school_id")

    def counted(self, day: date) -> Self:
        """Those that count on that day: verified by the bureau, of a project listed by then, and given by then."""
        given = Q(awarded_on__lte=day) | Q(awarded_on__isnull=True, year__lte=day.year)
        return self.filter(given, project__listed_on__lte=day, verified_at__isnull=False)


class Award(Tracked):
    """An award or a place on a list: level, name, year; the certificate is a file of this award."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.PROTECT, related_name="awards")
    level = models.CharField("级别", max_length=10, choices=Level)
    name = models.CharField("奖项或名单", max_length=100)
    name_key = models.CharField("比对用的名称", max_length=120, editable=False)
    year = models.PositiveSmallIntegerField("年份")
    prize = models.CharField("等次", max_length=20, blank=True)
    issuer = models.CharField("授予单位", max_length=60, blank=True)
    certificate = models.CharField("证书编号", max_length=60, blank=True)
    awarded_on = models.DateField("授予日期", null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+"
    )
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="核验人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verified_at = models.DateTimeField("核验时间", null=True, blank=True)

    objects = AwardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "成果"
        default_permissions = ()
        indexes = (
            models.Index(fields=["year", "id"], name="award_year"),
            models.Index(fields=["name_key", "year"], name="award_name"),
            models.Index(fields=["updated_at", "id"], name="award_updated"),
        )
        constraints = (
            models.UniqueConstraint(fields=["project", "level", "name_key", "year"], name="each_award_once"),
            models.CheckConstraint(name="award_levels_are_four", condition=Q(level__in=Level.values)),
            models.CheckConstraint(name="awards_have_a_name", condition=~Q(name_key="")),
            models.CheckConstraint(name="award_years_are_years", condition=Q(year__gte=2000, year__lte=2100)),
            models.CheckConstraint(
                name="verified_awards_say_who_and_when",
                condition=Q(verified_by__isnull=True, verified_at__isnull=True)
                | Q(verified_by__isnull=False, verified_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.name}（{self.year}）"

    def get_absolute_url(self) -> str:
        """The project's page, at its results."""
        return f"{self.project.get_absolute_url()}#awards"
