"""Communities (党建共同体), their members over time, and the framework agreement (框架协议书) in its versions (S14)."""

from datetime import date, timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from common.ids import new_id
from common.models import Tracked
from schools.access import within
from schools.models import School
from schools.permissions import SchoolPerm

RENEW_WITHIN = 60  # days before `until` from which on an agreement is due for renewal (roles_and_states.md §2)


class CommunityStatus(models.TextChoices):
    """States of the agreement; due for renewal and expired are computed from dates and never stored."""

    DRAFT = "draft", "筹备中"
    ACTIVE = "active", "协议有效"
    ENDED = "ended", "已终止"


class CommunityQuerySet(models.QuerySet["Community"]):
    """Finding communities."""

    def visible_to(self, user: User) -> Self:
        """Those of which a school within sight is or was a member: its people, its office and the bureau, no other school."""
        seen = within(Membership.objects.all(), user, SchoolPerm.VIEW_SCHOOL)
        return self.filter(pk__in=seen.values("community"))

    def in_force(self, day: date) -> Self:
        """With a signed agreement that covers the day, not ended by then."""
        signed = Agreement.objects.filter(signed_on__lte=day, starts_on__lte=day, until__gte=day)
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), pk__in=signed.values("community"))

    def due_for_renewal(self, today: date) -> Self:
        """Active, ending within 60 days or over already, and not yet renewed."""
        return self.filter(status=CommunityStatus.ACTIVE, until__lte=today + timedelta(days=RENEW_WITHIN))


class Community(Tracked):
    """A community of schools with a lead school. `signed_on` and `until` repeat the latest signed agreement, for lists."""

    name = models.CharField("名称", max_length=40, unique=True)
    lead_school = models.ForeignKey(School, verbose_name="牵头校", on_delete=models.PROTECT, related_name="+")
    status = models.CharField("状态", max_length=6, choices=CommunityStatus, default=CommunityStatus.DRAFT)
    aim = models.CharField("共建目标", max_length=300, blank=True)
    founder = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="发起人", on_delete=models.PROTECT, related_name="+"
    )
    signed_on = models.DateField("签约日期", null=True, blank=True)
    until = models.DateField("协议止", null=True, blank=True)
    ended_on = models.DateField("终止日期", null=True, blank=True)
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="终止人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    end_reason = models.CharField("终止理由", max_length=500, blank=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党建共同体"
        default_permissions = ()
        indexes = (
            models.Index(fields=["name", "id"], name="community_name"),
            models.Index(fields=["updated_at", "id"], name="community_updated"),
        )
        constraints = (
            models.CheckConstraint(
                name="signed_communities_say_until_when",
                condition=Q(status=CommunityStatus.DRAFT, signed_on__isnull=True, until__isnull=True)
                | (~Q(status=CommunityStatus.DRAFT) & Q(signed_on__isnull=False, until__isnull=False)),
            ),
            models.CheckConstraint(
                name="ended_communities_say_who_when_and_why",
                condition=(
                    Q(status="ended", ended_on__isnull=False, ended_at__isnull=False, ended_by__isnull=False)
                    & ~Q(end_reason="")
                )
                | (
                    ~Q(status="ended")
                    & Q(ended_on__isnull=True, ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page of the community."""
        return reverse("communities:community", args=[self.pk])

    def is_due(self, today: date) -> bool:
        """Active and within 60 days of its end, or past it."""
        return self.status == CommunityStatus.ACTIVE and bool(self.until) and self.days_left(today) <= RENEW_WITHIN

    def is_expired(self, today: date) -> bool:
        """Active by its state, but past its end."""
        return self.status == CommunityStatus.ACTIVE and self.days_left(today) < 0

    def days_left(self, today: date) -> int:
        """Days until the agreement ends."""
        return (self.until - today).days if self.until else 0


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Finding memberships."""

    def on(self, day: date) -> Self:
        """In force on that day."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gte=day), joined_on__lte=day)

    def staying(self, day: date) -> Self:
        """Not left by that day; those who are about to join count."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gte=day))


class Membership(models.Model):
    """A school in a community, from its first day to its last. No two of one school overlap; the lead school stays (triggers)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.CASCADE, related_name="memberships"
    )
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="memberships")
    joined_on = models.DateField("加入日期")
    left_on = models.DateField("最后一天", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "成员校"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["community", "school"], condition=Q(left_on__isnull=True), name="a_school_is_a_member_once"
            ),
            models.CheckConstraint(
                name="members_leave_after_they_join", condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.community_id} {self.school_id}"


class Agreement(Tracked):
    """One version of the framework agreement. Unsigned it is a proposal that members consent to; signed it never changes (trigger)."""

    community = models.ForeignKey(
        Community, verbose_name="党建共同体", on_delete=models.CASCADE, related_name="agreements"
    )
    number = models.PositiveSmallIntegerField("版本")
    starts_on = models.DateField("协议起")
    until = models.DateField("协议止")
    signed_on = models.DateField("签约日期", null=True, blank=True)
    signed_at = models.DateTimeField("登记时间", null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="登记人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = verbose_name_plural = "框架协议书"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["community", "number"], name="each_agreement_number_once"),
            models.UniqueConstraint(
                fields=["community"], condition=Q(signed_at__isnull=True), name="one_proposed_agreement"
            ),
            models.CheckConstraint(name="agreements_end_after_they_start", condition=Q(until__gt=F("starts_on"))),
            models.CheckConstraint(
                name="signed_agreements_say_who_and_when",
                condition=Q(signed_on__isnull=True, signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_on__isnull=False, signed_at__isnull=False, signed_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"框架协议书第 {self.number} 版"

    def covers(self, day: date) -> bool:
        """Signed, and the day lies within."""
        return self.signed_on is not None and max(self.starts_on, self.signed_on) <= day <= self.until


class Purpose(models.TextChoices):
    """What a member consents to."""

    SIGN = "sign", "同意协议"
    END = "end", "同意终止"


class Consent(models.Model):
    """A member's 书记 consents, on record: to the signing of an agreement, or to its end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agreement = models.ForeignKey(
        Agreement, verbose_name="框架协议书", on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField("事由", max_length=4, choices=Purpose)
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="+")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="书记", on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "成员校同意"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["agreement", "purpose", "school"], name="each_school_consents_once"),
        )

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.school_id}"


def member_ids(community: Community, day: date) -> set[UUID]:
    """Schools that have not left by that day."""
    return set(Membership.objects.filter(community=community).staying(day).values_list("school_id", flat=True))
