"""资源清单 and 需求清单 with the bookings between them (S15; structures.md 3.3)."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from common.ids import new_id
from common.models import Tracked
from communities.models.community import Community
from schools.models import School


class Kind(models.TextChoices):
    """What a resource is (source.txt: 信息、阵地、文化 and others)."""

    INFORMATION = "information", "信息"
    VENUE = "venue", "阵地"
    CULTURE = "culture", "文化"
    COURSE = "course", "课程"
    TEACHERS = "teachers", "师资"
    OTHER = "other", "其他"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Finding entries of the three lists."""

    def visible_to(self, user: User) -> Self:
        """Those of communities within sight."""
        return self.filter(community__in=Community.objects.visible_to(user))

    def standing(self) -> Self:
        """Not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)


class Entry(Tracked):
    """What the entries of the three lists have in common. A withdrawn one stays on record and no longer counts."""

    title = models.CharField("名称", max_length=60)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤下人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ()
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="%(class)s_recent"),
            models.Index(fields=["updated_at", "id"], name="%(class)s_updated"),
        )
        constraints: ClassVar[list[models.BaseConstraint] | tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="withdrawn_%(class)s_say_who_and_when",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title


class Resource(Entry):
    """资源: what a member school offers, in periods with their capacity. Its row is the lock of its bookings."""

    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.PROTECT, related_name="resources"
    )
    school = models.ForeignKey(School, verbose_name="提供方", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("类型", max_length=11, choices=Kind)
    subject = models.CharField("学科（领域）", max_length=20, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta(Entry.Meta):
        verbose_name = verbose_name_plural = "资源"

    def get_absolute_url(self) -> str:
        """The page of the resource."""
        return reverse("communities:resource", args=[self.pk])


class PeriodQuerySet(models.QuerySet["ResourcePeriod"]):
    """Finding periods."""

    def counted(self) -> Self:
        """With `booked`: places taken by bookings that stand."""
        standing = Sum("bookings__amount", filter=Q(bookings__cancelled_at__isnull=True))
        return self.annotate(booked=Coalesce(standing, 0))


class ResourcePeriod(models.Model):
    """A period of a resource and how many places there are in it: at no moment are more booked (trigger)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.ForeignKey(Resource, verbose_name="资源", on_delete=models.CASCADE, related_name="periods")
    starts_on = models.DateField("开放起")
    ends_on = models.DateField("开放止")
    times = models.CharField("时间", max_length=40, blank=True)
    capacity = models.PositiveIntegerField("容量")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "开放时段"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(name="periods_end_after_they_start", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="periods_have_places", condition=Q(capacity__gte=1)),
        )

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} 至 {self.ends_on:%Y-%m-%d}" + (f" {self.times}" if self.times else "")


class Demand(Entry):
    """需求: what a member school asks for, in which period and how many places. Met by bookings."""

    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.PROTECT, related_name="demands"
    )
    school = models.ForeignKey(School, verbose_name="提出方", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("类型", max_length=11, choices=Kind)
    subject = models.CharField("学科（领域）", max_length=20, blank=True)
    starts_on = models.DateField("需要起")
    ends_on = models.DateField("需要止")
    amount = models.PositiveIntegerField("数量")
    expectation = models.CharField("期望", max_length=500, blank=True)

    class Meta(Entry.Meta):
        verbose_name = verbose_name_plural = "需求"
        constraints = (
            *Entry.Meta.constraints,
            models.CheckConstraint(name="demands_end_after_they_start", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="demands_want_something", condition=Q(amount__gte=1)),
        )

    def get_absolute_url(self) -> str:
        """The page of the demand."""
        return reverse("communities:demand", args=[self.pk])


class BookingQuerySet(models.QuerySet["Booking"]):
    """Finding bookings."""

    def visible_to(self, user: User) -> Self:
        """Those of resources of communities within sight."""
        return self.filter(period__resource__community__in=Community.objects.visible_to(user))

    def standing(self) -> Self:
        """Not cancelled."""
        return self.filter(cancelled_at__isnull=True)


class Booking(Tracked):
    """预约: a school takes so many places of a period of a resource, for a demand or without one."""

    period = models.ForeignKey(
        ResourcePeriod, verbose_name="开放时段", on_delete=models.PROTECT, related_name="bookings"
    )
    school = models.ForeignKey(School, verbose_name="使用方", on_delete=models.PROTECT, related_name="+")
    demand = models.ForeignKey(
        Demand, verbose_name="需求", null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    amount = models.PositiveIntegerField("数量")
    purpose = models.CharField("用途", max_length=200, blank=True)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="预约人", on_delete=models.PROTECT, related_name="+"
    )
    cancelled_at = models.DateTimeField("取消时间", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="取消人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancel_reason = models.CharField("取消理由", max_length=500, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预约"
        default_permissions = ()
        indexes = (models.Index(fields=["updated_at", "id"], name="booking_updated"),)
        constraints = (
            models.CheckConstraint(name="bookings_take_something", condition=Q(amount__gte=1)),
            models.CheckConstraint(
                name="cancelled_bookings_say_who_when_and_why",
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_reason="")
                | (Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancel_reason="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.period_id} {self.amount}"


class Refusal(models.Model):
    """退回: the lead school turned down a proposed match, with its reason; the matching does not propose it again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    demand = models.ForeignKey(Demand, verbose_name="需求", on_delete=models.CASCADE, related_name="refusals")
    resource = models.ForeignKey(Resource, verbose_name="资源", on_delete=models.CASCADE, related_name="refusals")
    reason = models.CharField("理由", max_length=500)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="退回人", on_delete=models.PROTECT, related_name="+"
    )
    refused_at = models.DateTimeField("退回时间")

    class Meta:
        verbose_name = verbose_name_plural = "退回的匹配"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["demand", "resource"], name="each_match_refused_once"),
            models.CheckConstraint(name="refusals_have_reasons", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return f"{self.demand_id} {self.resource_id}"
