"""议事目录: the 25 + 20 matters as versioned data."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from common.models import Tracked
from schools import access
from schools.permissions import Body, SchoolPerm


class Issue(models.TextChoices):
    """Whether a version of catalogue, rules or model text is still being written (草案) or issued (已发布)."""

    DRAFT = "draft", "草案"
    ISSUED = "issued", "已发布"


class Versioned(Tracked):
    """A version the bureau writes as a draft and then issues. Issued versions never change.

    `effective_from` None is for the delivered version alone: in force for every date until a later version is.
    """

    number = models.CharField("版本", max_length=20)
    title = models.CharField("名称", max_length=120)
    note = models.CharField("说明", max_length=300)
    status = models.CharField("状态", max_length=6, choices=Issue, default=Issue.ISSUED)
    effective_from = models.DateField("生效日期", null=True, blank=True)
    based_on = models.ForeignKey(
        "self", verbose_name="以哪一版为底", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("发布时间", null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


# A later version (one that is based on another) says who issued it, when, and from which day it is in force.
ISSUED_SAYS_WHO_AND_WHEN = (
    Q(status=Issue.DRAFT, issued_at__isnull=True, issued_by__isnull=True)
    | Q(status=Issue.ISSUED, based_on__isnull=True)
    | Q(status=Issue.ISSUED, issued_at__isnull=False, issued_by__isnull=False, effective_from__isnull=False)
)


class CatalogueQuerySet(models.QuerySet["Catalogue"]):
    """Finding versions of the catalogue."""

    def visible_to(self, user: User) -> Self:
        """Issued versions are for everybody; the draft is seen by those who write it (`issue_reference`)."""
        if access.school_ids(user, SchoolPerm.ISSUE_REFERENCE).everywhere:
            return self
        return self.issued()

    def issued(self) -> Self:
        """已发布."""
        return self.filter(status=Issue.ISSUED)

    def latest_first(self) -> Self:
        """By the day from which they are in force; the delivered version, in force before all days, comes last."""
        return self.order_by(F("effective_from").desc(nulls_last=True), F("issued_at").desc(nulls_last=True), "-number")


class Catalogue(Versioned):
    """One version of the catalogue (议事目录). The database keeps an issued one, and its matters, as they are."""

    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    stages = models.JSONField("前置环节", default=dict)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事目录"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["number"], name="catalogue_numbers_once"),
            models.UniqueConstraint(fields=["status"], name="one_catalogue_draft", condition=Q(status=Issue.DRAFT)),
            models.CheckConstraint(name="issued_catalogues_say_who_and_when", condition=ISSUED_SAYS_WHO_AND_WHEN),
        )


def in_force(on: date) -> Catalogue:
    """The catalogue in force on a day; the delivered version covers all days before the first dated one."""
    known = Catalogue.objects.issued().filter(Q(effective_from__lte=on) | Q(effective_from__isnull=True))
    return known.latest_first().defer("stages")[:1].get()


class Matter(Tracked):
    """事项: one entry, P01–P25 for the Party meeting, A01–A20 for the principal's."""

    class Nature(models.TextChoices):
        DECIDE = "decide", "讨论决定"
        DELIBERATE = "deliberate", "研究讨论"

    catalogue = models.ForeignKey(Catalogue, verbose_name="版本", on_delete=models.PROTECT, related_name="matters")
    code = models.CharField("编号", max_length=6)
    body = models.CharField("会议", max_length=10, choices=Body)
    aspect_code = models.CharField("方面编号", max_length=4, blank=True)
    aspect = models.CharField("方面", max_length=60, blank=True)
    title = models.CharField("事项", max_length=120)
    title_en = models.CharField("English", max_length=120, blank=True)
    scope = models.TextField("范围")
    nature = models.CharField("性质", max_length=10, choices=Nature)
    important = models.BooleanField("重要事项")
    attendance_level = models.CharField("到会要求", max_length=12)
    attendance_strength = models.CharField("到会要求的依据强度", max_length=12)
    prior_stages = models.JSONField("前置环节", default=list)
    next_stages = models.JSONField("后续环节", default=list)
    fed_by = models.JSONField("来自", default=list)
    feeds = models.JSONField("转往", default=list)
    keywords = models.JSONField("关键词", default=list)
    evidence = models.CharField("依据", max_length=10)

    class Meta:
        verbose_name = verbose_name_plural = "事项"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["catalogue", "code"], name="each_code_once_a_version"),)

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
