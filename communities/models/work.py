"""项目清单 and 活动: what the members do together, by the four kinds of the source (S16)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from checklists.models import Checklist
from common.models import Tracked
from communities.models.community import Community
from communities.models.lists import Demand, Entry
from schools.models import Person, School


class Way(models.TextChoices):
    """The four kinds of working together (source.txt 二)."""

    SHARING = "sharing", "资源共享"
    RULES = "rules", "制度共立"
    CULTURE = "culture", "文化共生"
    COURSES = "courses", "课程共建"


class JointProject(Entry):
    """共同体项目: of one school's responsible person, with other members; its work may be tasks of a checklist."""

    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.PROTECT, related_name="projects"
    )
    way = models.CharField("类别", max_length=7, choices=Way)
    school = models.ForeignKey(School, verbose_name="负责学校", on_delete=models.PROTECT, related_name="+")
    responsible = models.ForeignKey(Person, verbose_name="责任人", on_delete=models.PROTECT, related_name="+")
    schools = models.ManyToManyField(School, verbose_name="参加学校", related_name="+")
    demands = models.ManyToManyField(Demand, verbose_name="落实的需求", related_name="projects", blank=True)
    starts_on = models.DateField("起")
    ends_on = models.DateField("止")
    content = models.CharField("内容", max_length=500, blank=True)
    result = models.CharField("成效", max_length=500, blank=True)
    concluded_on = models.DateField("完成日期", null=True, blank=True)
    checklist = models.OneToOneField(
        Checklist,
        verbose_name="推进清单",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="joint_project",
    )

    class Meta(Entry.Meta):
        verbose_name = verbose_name_plural = "共同体项目"
        constraints = (
            *Entry.Meta.constraints,
            models.CheckConstraint(
                name="joint_projects_end_after_they_start", condition=Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="concluded_projects_say_their_result", condition=Q(concluded_on__isnull=True) | ~Q(result="")
            ),
        )

    def get_absolute_url(self) -> str:
        """The page of the project."""
        return reverse("communities:project", args=[self.pk])


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Finding activities."""

    def visible_to(self, user: User) -> Self:
        """Those of communities within sight."""
        return self.filter(community__in=Community.objects.visible_to(user))


class Activity(Tracked):
    """活动: what took place, who gave it, who took part. Given by one school to others it is help that flows (S17)."""

    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.PROTECT, related_name="activities"
    )
    project = models.ForeignKey(
        JointProject, verbose_name="项目", null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    way = models.CharField("类别", max_length=7, choices=Way)
    held_on = models.DateField("日期")
    title = models.CharField("名称", max_length=60)
    text = models.CharField("情况", max_length=2000, blank=True)
    host = models.ForeignKey(School, verbose_name="主办学校", on_delete=models.PROTECT, related_name="+")
    schools = models.ManyToManyField(School, verbose_name="参加学校", related_name="+")
    people = models.PositiveIntegerField("参加人数")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+"
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "共同体活动"
        default_permissions = ()
        indexes = (
            models.Index(fields=["-held_on", "-id"], name="activity_recent"),
            models.Index(fields=["updated_at", "id"], name="activity_updated"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the activity."""
        return reverse("communities:activity", args=[self.pk])
