"""会前: the steps done before a meeting (前置环节) and the talks of secretary and principal (书记校长沟通)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from common.ids import new_id
from common.models import Tracked
from governance.models.items import AgendaItem
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

TALK_STAGE = "secretary_principal_talk"


class TalkResult(models.TextChoices):
    """How a talk ended (R-T09); blank = not said."""

    AGREED = "agreed", "一致"
    MOSTLY_AGREED = "mostly_agreed", "基本一致"
    DISAGREED = "disagreed", "有分歧"


class PriorStep(models.Model):
    """One step before the meeting at one item. The talk of secretary and principal is not kept here but as `Talk`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="prior_steps")
    order = models.PositiveSmallIntegerField("顺序")
    stage = models.CharField("环节", max_length=30)
    done_on = models.DateField("完成日期", null=True, blank=True)
    note = models.CharField("情况", max_length=300, blank=True)
    source_item = models.ForeignKey(
        AgendaItem, verbose_name="校长办公会议议题", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "前置环节"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["item", "order"], name="each_step_place_once"),
            models.CheckConstraint(name="talks_are_kept_as_talks", condition=~Q(stage=TALK_STAGE)),
        )

    def __str__(self) -> str:
        return self.stage


class TalkQuerySet(models.QuerySet["Talk"]):
    """Finding talks."""

    def visible_to(self, user: User) -> Self:
        """Those of the schools whose meetings the account may see as a whole."""
        return access.within(self, user, SchoolPerm.VIEW_MEETINGS)

    def kept(self) -> Self:
        """Those that were not deleted."""
        return self.filter(deleted_at__isnull=True)


class KeptTalks(models.Manager.from_queryset(TalkQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Talks as everybody but the API's tombstones means them."""

    def get_queryset(self) -> TalkQuerySet:
        """Without those that were deleted."""
        return TalkQuerySet(self.model, using=self._db).kept()


class Talk(Tracked):
    """书记校长沟通: a day and a topic; how it ended and which items it was about when that is known (R-T09, R-T10, R-F03).

    A deleted one keeps its row as the tombstone the API tells of; its links to items are gone.
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="talks")
    held_on = models.DateField("沟通日期")
    topics = models.CharField("沟通主题", max_length=300)
    result = models.CharField("结果", max_length=13, choices=TalkResult, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+"
    )
    items = models.ManyToManyField(AgendaItem, verbose_name="涉及议题", related_name="talks", through="TalkItem")
    deleted_at = models.DateTimeField("删去时间", null=True, blank=True, editable=False)

    objects = KeptTalks()
    with_deleted = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "书记校长沟通"
        default_permissions = ()
        indexes = (
            models.Index(fields=["school", "-held_on", "-id"], name="talk_school"),
            models.Index(fields=["-held_on", "-id"], name="talk_recent"),
            models.Index(fields=["updated_at", "id"], name="talk_updated"),
        )
        constraints = (models.CheckConstraint(name="talks_have_topics", condition=~Q(topics="")),)

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.topics}"

    def get_absolute_url(self) -> str:
        """The talk's page."""
        return reverse("governance:talk", args=[self.pk])


class TalkItem(models.Model):
    """One item a talk was about."""

    talk = models.ForeignKey(Talk, verbose_name="沟通", on_delete=models.CASCADE, related_name="links")
    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="talk_links")

    class Meta:
        verbose_name = verbose_name_plural = "沟通涉及的议题"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["talk", "item"], name="each_item_once_a_talk"),)

    def __str__(self) -> str:
        return f"{self.talk_id} {self.item_id}"
