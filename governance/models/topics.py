"""议题 (topics): what somebody wants a meeting to discuss, from the draft to the meeting that dealt with it (structures.md 5.3)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from common import history
from common.dates import local_day
from common.ids import new_id
from common.models import Tracked
from governance.models.items import AgendaItem, Secrecy
from governance.models.preparation import Talk
from schools import access
from schools.models import Appointment, Person, School
from schools.permissions import BODY_POSTS, HEAD_POST, Body, Post, SchoolPerm

RESTRICTED_NAME = "限定人员议题"


class TopicStatus(models.TextChoices):
    """States, letter for letter those of roles_and_states.md §2."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待初审"
    SCREENED = "screened", "待审定"
    CONFIRMED = "confirmed", "待上会"
    SCHEDULED = "scheduled", "已列入"
    CONCLUDED = "concluded", "已议"
    RETURNED = "returned", "已退回"
    POSTPONED = "postponed", "暂缓上会"
    WITHDRAWN = "withdrawn", "已撤回"


class Repeats(models.TextChoices):
    """How often a template is meant to be used."""

    MONTH = "month", "每月"
    TERM = "term", "每学期"
    YEAR = "year", "每学年"
    NEED = "need", "按需"


def _account(label: str) -> "models.ForeignKey[User | None, User | None]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


def _person(label: str) -> "models.ForeignKey[Person | None, Person | None]":
    return models.ForeignKey(
        Person, verbose_name=label, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class TopicTemplate(Tracked):
    """A recurring topic (常用议题) of one school: its texts are copied into each new topic made from it."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.CASCADE, related_name="topic_templates")
    body = models.CharField("会议", max_length=10, choices=Body)
    title = models.CharField("议题", max_length=200)
    matter = models.CharField("事项编号", max_length=3, blank=True)
    background = models.TextField("事由背景", max_length=4000, blank=True)
    basis = models.TextField("政策与制度依据", max_length=2000, blank=True)
    proposal = models.TextField("拟解决意见", max_length=4000, blank=True)
    repeats = models.CharField("多久一次", max_length=5, choices=Repeats, default=Repeats.NEED)

    class Meta:
        verbose_name = verbose_name_plural = "常用议题"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "body", "title"], name="each_template_once"),
            models.CheckConstraint(name="templates_have_titles", condition=~Q(title="")),
        )

    def __str__(self) -> str:
        return self.title


class TopicQuerySet(models.QuerySet["Topic"]):
    """Finding topics."""

    def kept(self) -> Self:
        """Those not in the recycle bin."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Drafts and returned ones: proposer, who typed it, who it was given to. From 送初审 on: also 书记, 校长, 党政办 of the school,
        members of the body, and the bureau and other systems once the topic has been put on an agenda.
        """
        return self.kept().seen_by(user)

    def seen_by(self, user: User) -> Self:
        """As `visible_to`, drafts in the recycle bin included: what the API tells of as tombstones."""
        rights = access.rights_of(user)
        person = access.person_of(user)
        here = {a.school_id for a in rights.appointments if a.school_id}
        typed = Q(entered_by=user) | Q(proposer=person) | Q(assignee=person) if person else Q(entered_by=user)
        seen = typed & Q(school_id__in=here)
        sent = ~Q(status=TopicStatus.DRAFT)
        if office := access.school_ids(user, SchoolPerm.RECORD_MINUTES).ids:
            seen |= sent & Q(school_id__in=office)
        for body in Body:
            sits = {a.school_id for a in rights.appointments if a.school_id and a.post in BODY_POSTS[body]}
            if sits:
                seen |= sent & Q(body=body, school_id__in=sits)
        tabled = Q(status__in=(TopicStatus.SCHEDULED, TopicStatus.CONCLUDED))
        scope = access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
        if scope.everywhere:
            seen |= tabled
        elif scope.ids:
            seen |= tabled & Q(school_id__in=scope.ids)
        return self.filter(seen)

    def readable_by(self, user: User) -> Self:
        """Those whose words the account may read, among topics it may see: all but restricted ones, and of these its own, those that
        name its person as reader, and those on which it acts next.
        """
        open_ones = ~Q(secrecy=Secrecy.RESTRICTED)
        person = access.person_of(user)
        if person is None or not access.school_ids(user, SchoolPerm.VIEW_RESTRICTED):
            return self.filter(open_ones)
        named = TopicReader.objects.filter(topic=OuterRef("pk"), person=person)
        own = Q(entered_by=user) | Q(proposer=person) | Q(assignee=person)
        return self.filter(open_ones | own | Q(Exists(named)) | _acts_next(user))


SETTLED_BY_HEAD = (
    TopicStatus.SCREENED,
    TopicStatus.CONFIRMED,
    TopicStatus.SCHEDULED,
    TopicStatus.POSTPONED,
    TopicStatus.CONCLUDED,
)


def _acts_next(user: User) -> Q:
    """书记 or 校长 reads what is settled by him; 党政办 what is to be screened or put on an agenda. Where no clerk can screen a
    topic, the heads do.
    """
    held: dict[str, set[object]] = {}
    for appointment in access.rights_of(user).appointments:
        held.setdefault(appointment.post, set()).add(appointment.school_id)
    clerk_of = held.get(Post.CLERK, set())
    found = Q(status__in=(TopicStatus.SUBMITTED, TopicStatus.CONFIRMED), school_id__in=clerk_of)
    for body, post in HEAD_POST.items():
        if headed := held.get(post):
            found |= Q(body=body, status__in=SETTLED_BY_HEAD, school_id__in=headed)
            found |= Q(status=TopicStatus.SUBMITTED, school_id__in=headed) & ~Q(Exists(_screening_clerks()))
    return found


def _screening_clerks() -> "models.QuerySet[Appointment]":
    """党政办 in office who may screen the topic of the outer query: not who submitted it, nor its proposer."""
    clerks = Appointment.objects.on(local_day(history.now())).holding(Post.CLERK)
    others = ~Q(person__account=OuterRef("submitted_by")) & ~Q(person=OuterRef("proposer"))
    return clerks.filter(others, school=OuterRef("school"), person__account__isnull=False)


class Topic(Tracked):
    """One topic (议题申报单). `number` runs per school and year and is given at the first 送初审.

    It may be on several agendas one after the other (deferred, cancelled): `items` of `AgendaItem.topic`. One that came from the
    principal's meeting by 转党组织会议 names the item it came from.
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="topics")
    body = models.CharField("会议", max_length=10, choices=Body)
    status = models.CharField("状态", max_length=10, choices=TopicStatus, default=TopicStatus.DRAFT)
    year = models.PositiveSmallIntegerField("年度", null=True, blank=True)
    serial = models.PositiveIntegerField("序号", null=True, blank=True)
    title = models.CharField("议题", max_length=200)
    matter = models.CharField("事项编号", max_length=3, blank=True)
    proposer = models.ForeignKey(Person, verbose_name="提出人", on_delete=models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="填报人", on_delete=models.PROTECT, related_name="+"
    )
    assignee = _person("请谁填写")
    presenter = _person("汇报人")
    lead_unit = models.CharField("主办部门", max_length=80, blank=True)
    other_units = models.CharField("协办部门", max_length=200, blank=True)
    minutes_needed = models.PositiveSmallIntegerField("预计时长（分钟）", null=True, blank=True)
    background = models.TextField("事由背景", max_length=4000, blank=True)
    basis = models.TextField("政策与制度依据", max_length=2000, blank=True)
    proposal = models.TextField("拟解决意见", max_length=4000, blank=True)
    alternative = models.TextField("备选方案", max_length=4000, blank=True)
    question = models.CharField("决策点", max_length=500, blank=True)
    amount = models.DecimalField("金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    fund_source = models.CharField("资金来源", max_length=200, blank=True)
    involves_cadres = models.BooleanField("涉及干部", default=False)
    secrecy = models.CharField("知悉范围", max_length=10, choices=Secrecy, default=Secrecy.INTERNAL)
    unit_opinion = models.CharField("部门意见", max_length=500, blank=True)
    leader_opinion = models.CharField("分管领导意见", max_length=500, blank=True)
    head_opinion = models.CharField("书记（校长）审定意见", max_length=500, blank=True)
    urgent = models.BooleanField("临时动议", default=False)
    urgent_reason = models.CharField("紧急事由", max_length=300, blank=True)
    reason = models.CharField("退回、暂缓或撤回原因", max_length=500, blank=True)
    template = models.ForeignKey(
        TopicTemplate, verbose_name="常用议题", null=True, blank=True, on_delete=models.SET_NULL, related_name="topics"
    )
    handed_over_from = models.OneToOneField(
        AgendaItem, verbose_name="校长办公会议议题", null=True, blank=True, on_delete=models.PROTECT, related_name="handed_over"
    )  # fmt: skip
    talks = models.ManyToManyField(Talk, verbose_name="会前沟通", related_name="about", through="TopicTalk")
    submitted_at = models.DateTimeField("送初审时间", null=True, blank=True)
    submitted_by = _account("送审人")
    screened_at = models.DateTimeField("初审时间", null=True, blank=True)
    screened_by = _account("初审人")
    confirmed_at = models.DateTimeField("审定时间", null=True, blank=True)
    confirmed_by = _account("审定人")
    deleted_at = models.DateTimeField("删去时间", null=True, blank=True, editable=False)
    deleted_by = _account("删去人")

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议题"
        default_permissions = ()
        indexes = (
            models.Index(fields=["school", "-updated_at", "-id"], name="topic_school"),
            models.Index(fields=["school", "body", "status"], name="topic_backlog"),
            models.Index(fields=["-updated_at", "-id"], name="topic_recent"),
            models.Index(fields=["updated_at", "id"], name="topic_updated"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["school", "year", "serial"], name="topic_numbers_run_once", condition=Q(serial__isnull=False)
            ),
            models.CheckConstraint(name="topics_have_titles", condition=~Q(title="")),
            models.CheckConstraint(
                name="submitted_topics_say_who_and_when",
                condition=Q(status__in=["draft", "withdrawn"])
                | Q(submitted_at__isnull=False, submitted_by__isnull=False, serial__isnull=False, year__isnull=False),
            ),
            models.CheckConstraint(
                name="screened_topics_say_who_and_when",
                condition=Q(screened_at__isnull=True, screened_by__isnull=True)
                | Q(screened_at__isnull=False, screened_by__isnull=False),
            ),
            models.CheckConstraint(
                name="confirmed_topics_say_who_and_when",
                condition=~Q(status__in=["confirmed", "scheduled", "concluded"])
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_screens_his_own_topic",
                condition=Q(screened_by__isnull=True) | ~Q(screened_by=F("submitted_by")),
            ),
            models.CheckConstraint(
                name="only_drafts_go_into_the_bin",
                condition=Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | Q(status="draft", deleted_at__isnull=False, deleted_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        """How facts and notices name it: without a word of a restricted one."""
        return RESTRICTED_NAME if self.secrecy == Secrecy.RESTRICTED else self.title

    def number(self) -> str | None:
        """`2026-议-012`, or None before the first 送初审."""
        return None if self.serial is None else f"{self.year}-议-{self.serial:03d}"

    def get_absolute_url(self) -> str:
        """The topic's page."""
        return reverse("governance:topic", args=[self.pk])


class TopicReader(models.Model):
    """A person named as reader of a restricted topic (知悉范围)."""

    topic = models.ForeignKey(Topic, verbose_name="议题", on_delete=models.CASCADE, related_name="readers")
    person = models.ForeignKey(Person, verbose_name="知悉人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "知悉人"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["topic", "person"], name="each_reader_once_a_topic"),)

    def __str__(self) -> str:
        return f"{self.topic_id} {self.person_id}"


class TopicTalk(models.Model):
    """A talk of secretary and principal about a topic, before it is on any agenda."""

    topic = models.ForeignKey(Topic, verbose_name="议题", on_delete=models.CASCADE, related_name="talk_links")
    talk = models.ForeignKey(Talk, verbose_name="沟通", on_delete=models.CASCADE, related_name="topic_links")

    class Meta:
        verbose_name = verbose_name_plural = "议题的会前沟通"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["topic", "talk"], name="each_talk_once_a_topic"),)

    def __str__(self) -> str:
        return f"{self.topic_id} {self.talk_id}"


class TopicStep(models.Model):
    """前置环节 already done when the topic is proposed; goes to the item when the topic is put on an agenda."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    topic = models.ForeignKey(Topic, verbose_name="议题", on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField("顺序")
    stage = models.CharField("环节", max_length=30)
    done_on = models.DateField("完成日期", null=True, blank=True)
    note = models.CharField("情况", max_length=300, blank=True)
    source_item = models.ForeignKey(
        AgendaItem, verbose_name="校长办公会议议题", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "议题的前置环节"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["topic", "order"], name="each_topic_step_place_once"),)

    def __str__(self) -> str:
        return self.stage
