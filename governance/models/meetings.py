"""Meetings (会议) of the two bodies, with the members due (应到)."""

from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from common.dates import local_day
from common.models import Tracked
from governance.models.catalogue import Catalogue
from schools import access
from schools.models import Person, School
from schools.permissions import BODY_POSTS, Body, SchoolPerm


class MeetingStatus(models.TextChoices):
    """States, letter for letter those of contract/api.md."""

    DRAFT = "draft", "准备中"
    CALLED = "called", "已通知"
    HELD = "held", "已召开"
    MINUTED = "minuted", "待签发"
    SIGNED = "signed", "已签发"
    ARCHIVED = "archived", "已归档"
    CANCELLED = "cancelled", "已取消"


class Form(models.TextChoices):
    """How it is decided (R-C04)."""

    MEETING = "meeting", "开会"
    CIRCULATION = "circulation", "传阅"
    COUNTERSIGN = "countersign", "会签"
    ONE_BY_ONE = "one_by_one", "个别征求意见"


class Attendance(models.TextChoices):
    """到会情况; late is present with an arrival time."""

    PRESENT = "present", "到会"
    LEAVE = "leave", "请假"
    ABSENT = "absent", "缺席"


def of_own_bodies(user: User, path: str = "") -> Q | None:
    """Meetings of the bodies the account is a member of today, or None when there is no such body; `path` leads to the meeting."""
    own = access.school_ids(user, SchoolPerm.VIEW_OWN_MEETINGS)
    mine = None
    for body in Body:
        here = {
            a.school_id
            for a in access.rights_of(user).appointments
            if a.school_id in own and a.post in BODY_POSTS[body]
        }
        if here:
            condition = Q(**{f"{path}body": body, f"{path}school_id__in": here})
            mine = condition if mine is None else mine | condition
    return mine


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Finding meetings."""

    def visible_to(self, user: User) -> Self:
        """All of the schools of `view_meetings`; members of a body see that body's meetings, observers those they sat in on (◐1)."""
        return self.kept().seen_by(user)

    def seen_by(self, user: User) -> Self:
        """As `visible_to`, drafts in the recycle bin included: what the API tells of as tombstones."""
        own = access.school_ids(user, SchoolPerm.VIEW_OWN_MEETINGS)
        mine = of_own_bodies(user)
        person = access.person_of(user)
        if person is not None and own:
            sat_in = Q(pk__in=self.model.observed_by(person), school_id__in=own.ids)
            mine = sat_in if mine is None else mine | sat_in
        return access.within(self, user, SchoolPerm.VIEW_MEETINGS, also=mine)

    def kept(self) -> Self:
        """Those not in the recycle bin."""
        return self.filter(deleted_at__isnull=True)


def _said(*names: str) -> Q:
    """All of those fields are filled."""
    return Q(**{f"{name}__isnull": False for name in names})


def _unsaid(*names: str) -> Q:
    return Q(**{f"{name}__isnull": True for name in names})


def _person(label: str) -> "models.ForeignKey[User | None, User | None]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


HELD_OR_LATER = ("held", "minuted", "signed", "archived")


class Meeting(Tracked):
    """A meeting of a body. Its row is the lock of all its items; numbers run per school, body and year (R-M07)."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="meetings")
    body = models.CharField("会议", max_length=10, choices=Body)
    status = models.CharField("状态", max_length=10, choices=MeetingStatus, default=MeetingStatus.DRAFT)
    form = models.CharField("形式", max_length=12, choices=Form, default=Form.MEETING)
    scheduled_at = models.DateTimeField("时间")
    place = models.CharField("地点", max_length=80, blank=True)
    materials_sent_on = models.DateField("材料送达日期", null=True, blank=True)
    chair = models.ForeignKey(
        Person, verbose_name="主持", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    delegation_note = models.CharField("委托主持说明", max_length=300, blank=True)
    recorder = models.ForeignKey(
        Person, verbose_name="记录", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    serial = models.PositiveSmallIntegerField("次数", null=True, blank=True)
    due = models.PositiveSmallIntegerField("应到", default=0)
    present = models.PositiveSmallIntegerField("实到", default=0)
    item_count = models.PositiveSmallIntegerField("议题数", default=0)
    findings_block = models.PositiveSmallIntegerField("不合规数", default=0)
    findings_warn = models.PositiveSmallIntegerField("需留意数", default=0)
    findings_waived = models.PositiveSmallIntegerField("放行数", default=0)
    agenda_confirmed_at = models.DateTimeField("审定时间", null=True, blank=True)
    agenda_confirmed_by = _person("审定人")
    called_at = models.DateTimeField("通知时间", null=True, blank=True)
    called_by = _person("通知人")
    held_at = models.DateTimeField("登记召开时间", null=True, blank=True)
    held_by = _person("登记人")
    minuted_at = models.DateTimeField("送签时间", null=True, blank=True)
    minuted_by = _person("送签人")
    signed_at = models.DateTimeField("签发时间", null=True, blank=True)
    signed_by = _person("签发人")
    cancelled_at = models.DateTimeField("取消时间", null=True, blank=True)
    cancelled_by = _person("取消人")
    lapsed = models.BooleanField("流会", default=False)
    return_reason = models.CharField("退回原因", max_length=500, blank=True)
    catalogue = models.ForeignKey(
        Catalogue, verbose_name="目录版本", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rules_version = models.CharField("规则版本", max_length=20, blank=True)
    seal = models.CharField("校验码", max_length=64, blank=True)
    minutes_opening = models.TextField("纪要开头", max_length=2000, blank=True)
    archived_at = models.DateTimeField("归档时间", null=True, blank=True)
    archived_by = _person("归档人")
    deleted_at = models.DateTimeField("删去时间", null=True, blank=True, editable=False)
    deleted_by = _person("删去人")

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "会议"
        default_permissions = ()
        indexes = (
            models.Index(fields=["-scheduled_at", "-id"], name="meeting_recent"),
            models.Index(fields=["school", "-scheduled_at", "-id"], name="meeting_school"),
            models.Index(fields=["status", "-scheduled_at"], name="meeting_status"),
            models.Index(fields=["updated_at", "id"], name="meeting_updated"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["school", "body", "year", "serial"],
                name="meeting_numbers_run_once",
                condition=Q(serial__isnull=False),
            ),
            models.CheckConstraint(
                name="held_meetings_have_numbers",
                condition=Q(status__in=HELD_OR_LATER, serial__isnull=False, year__isnull=False, held_at__isnull=False)
                | ~Q(status__in=HELD_OR_LATER),
            ),
            models.CheckConstraint(name="present_is_not_above_due", condition=Q(present__lte=F("due"))),
            models.CheckConstraint(
                name="recorder_is_not_the_chair",
                condition=Q(recorder__isnull=True) | Q(chair__isnull=True) | ~Q(recorder=F("chair")),
            ),
            models.CheckConstraint(
                name="confirmed_agendas_say_who_and_when",
                condition=_said("agenda_confirmed_at", "agenda_confirmed_by")
                | _unsaid("agenda_confirmed_at", "agenda_confirmed_by"),
            ),
            models.CheckConstraint(
                name="called_meetings_say_who_and_when",
                condition=_said("called_at", "called_by") | (_unsaid("called_at", "called_by") & ~Q(status="called")),
            ),
            models.CheckConstraint(
                name="held_meetings_say_who_and_when",
                condition=_said("held_at", "held_by") | (_unsaid("held_at", "held_by") & ~Q(status__in=HELD_OR_LATER)),
            ),
            models.CheckConstraint(
                name="minuted_meetings_say_who_and_when",
                condition=(Q(status__in=["minuted", "signed", "archived"]) & _said("minuted_at", "minuted_by"))
                | (~Q(status__in=["minuted", "signed", "archived"])),
            ),
            models.CheckConstraint(
                name="signed_meetings_say_who_and_when",
                condition=(Q(status__in=["signed", "archived"]) & _said("signed_at", "signed_by") & ~Q(seal=""))
                | (~Q(status__in=["signed", "archived"]) & _unsaid("signed_at", "signed_by")),
            ),
            models.CheckConstraint(
                name="who_sends_for_signature_does_not_sign",
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("minuted_by")),
            ),
            models.CheckConstraint(
                name="archived_meetings_say_who_and_when",
                condition=(Q(status="archived") & _said("archived_at", "archived_by"))
                | (~Q(status="archived") & _unsaid("archived_at", "archived_by")),
            ),
            models.CheckConstraint(
                name="only_draft_meetings_go_into_the_bin",
                condition=_unsaid("deleted_at", "deleted_by") | (Q(status="draft") & _said("deleted_at", "deleted_by")),
            ),
            models.CheckConstraint(
                name="cancelled_meetings_say_who_and_when",
                condition=(Q(status="cancelled") & _said("cancelled_at", "cancelled_by"))
                | (~Q(status="cancelled") & _unsaid("cancelled_at", "cancelled_by") & Q(lapsed=False)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.school.short_name}{self.title()}"

    @classmethod
    def observed_by(cls, person: UUID) -> "models.QuerySet[Any, Any]":
        """The ids of meetings at which that person sat in (列席)."""
        observers = apps.get_model(cls._meta.app_label, "Observer")._default_manager
        return observers.filter(person=person).values("meeting_id")

    def title(self) -> str:
        """“2026年第18次党组织会议”; before it has a number, “9月10日党组织会议”."""
        if self.serial is not None:
            return f"{self.year}年第{self.serial}次{self.get_body_display()}"
        day = local_day(self.scheduled_at)
        return f"{day.month}月{day.day}日{self.get_body_display()}"

    def number(self) -> str | None:
        """`2026-018`, or None before 登记召开."""
        return None if self.serial is None else f"{self.year}-{self.serial:03d}"

    def get_absolute_url(self) -> str:
        """The meeting's page."""
        return reverse("governance:meeting", args=[self.pk])


class MeetingMember(models.Model):
    """A member due, as on the meeting's date (snapshot taken at 登记召开), with attendance (到会情况)."""

    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, verbose_name="成员", on_delete=models.PROTECT, related_name="+")
    name = models.CharField("姓名", max_length=40)
    posts = models.JSONField("职务", default=list)
    post_label = models.CharField("职务名称", max_length=60)
    order = models.PositiveSmallIntegerField("顺序")
    status = models.CharField("到会情况", max_length=8, choices=Attendance, blank=True)
    reason = models.CharField("说明", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "应到成员"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["meeting", "person"], name="each_member_due_once"),)

    def __str__(self) -> str:
        return self.name
