"""议事目录: the 25 + 20 matters as versioned data."""

from datetime import date

from django.db import models
from django.db.models import Q

from common.models import Tracked
from governance.models.versions import ISSUED_SAYS_WHO_AND_WHEN, Issue, Versioned
from schools.permissions import Body


class Catalogue(Versioned):
    """One version of the catalogue (议事目录). The database keeps an issued one, and its matters, as they are."""

    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    stages = models.JSONField("前置环节", default=dict)

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
    found: Catalogue = Catalogue.objects.in_force(on).defer("stages")[:1].get()
    return found


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
