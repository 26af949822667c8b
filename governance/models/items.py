"""Agenda items (议题) with stances, votes, outcome and the tasks that follow from them."""

from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from common.ids import new_id
from common.models import Tracked
from governance.models.catalogue import Matter
from governance.models.meetings import Meeting, MeetingMember, of_own_bodies
from schools import access
from schools.models import Person
from schools.permissions import SchoolPerm


class Method(models.TextChoices):
    """表决方式 (R-V09)."""

    ORAL = "oral", "口头"
    SHOW_OF_HANDS = "show_of_hands", "举手"
    SIGNED_BALLOT = "signed_ballot", "记名投票"
    SECRET_BALLOT = "secret_ballot", "无记名投票"


class Outcome(models.TextChoices):
    """结论 (R-V13)."""

    APPROVED = "approved", "通过"
    APPROVED_IN_PRINCIPLE = "approved_in_principle", "原则通过"
    REJECTED = "rejected", "不通过"
    DEFERRED = "deferred", "暂缓"
    WITHDRAWN = "withdrawn", "撤回"
    PROPOSED_TO_PARTY = "proposed_to_party", "报党组织会议"


class Secrecy(models.TextChoices):
    """知悉范围. Restricted items are read by the persons named at them and by nobody else (permission table, note 3)."""

    PUBLIC = "public", "公开"
    INTERNAL = "internal", "内部"
    RESTRICTED = "restricted", "限定人员"


ADOPTED = (Outcome.APPROVED, Outcome.APPROVED_IN_PRINCIPLE)


def readable(user: User, path: str = "") -> Q:
    """Items whose words the account may read, among those of meetings it may see: all but restricted ones, and of these the
    ones that name its person as reader (permission table, note 3); who only sat in on a meeting reads what he sat in on
    (note 1). Other systems never read restricted items. `path` leads to the item, as `item__`.
    """
    return _named(user, path) & _sat_in(user, path)


def _named(user: User, path: str) -> Q:
    open_ones = ~Q(**{f"{path}secrecy": Secrecy.RESTRICTED})
    person = access.person_of(user)
    if person is None or not access.school_ids(user, SchoolPerm.VIEW_RESTRICTED):
        return open_ones
    return open_ones | Q(Exists(ItemReader.objects.filter(item=OuterRef(f"{path}pk"), person=person)))


def only_sits_in(user: User) -> bool:
    """Whether some meetings are seen by this account only because its person sat in on them."""
    everything = access.school_ids(user, SchoolPerm.VIEW_MEETINGS)
    own = access.school_ids(user, SchoolPerm.VIEW_OWN_MEETINGS)
    return not everything.everywhere and bool(own.ids - everything.ids)


def _sat_in(user: User, path: str) -> Q:
    if not only_sits_in(user):
        return Q()
    person = access.person_of(user)
    observers = apps.get_model(AgendaItem._meta.app_label, "Observer")._default_manager.filter(person=person)
    here = observers.filter(items=OuterRef(f"{path}pk"))
    whole = observers.filter(meeting=OuterRef(f"{path}meeting_id"), items__isnull=True)
    seen = Q(**{f"{path}meeting__school_id__in": access.school_ids(user, SchoolPerm.VIEW_MEETINGS).ids})
    if (mine := of_own_bodies(user, f"{path}meeting__")) is not None:
        seen |= mine
    return seen | Q(Exists(here)) | Q(Exists(whole))


class AgendaItemQuerySet(models.QuerySet["AgendaItem"]):
    """Finding items."""

    def readable_by(self, user: User) -> Self:
        """Those whose words the account may read, among items of meetings it may see (`readable`)."""
        return self.filter(readable(user))


class AgendaItem(Tracked):
    """One item of one meeting. Changes go through the meeting's services, under the meeting's lock."""

    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="items")
    order = models.PositiveSmallIntegerField("序号")
    title = models.CharField("议题", max_length=200)
    matter = models.ForeignKey(
        Matter, verbose_name="事项", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    summary = models.TextField("事由与拟解决意见", max_length=4000, blank=True)
    proposer = models.ForeignKey(
        Person, verbose_name="提出人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_on = models.DateField("提出日期", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Person, verbose_name="审定人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    urgent = models.BooleanField("临时动议", default=False)
    urgent_reason = models.CharField("紧急事由", max_length=300, blank=True)
    urgent_consent = models.BooleanField("主持人同意", default=False)
    materials = models.PositiveSmallIntegerField("材料份数", default=0)
    amount = models.DecimalField("金额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    reconsiders = models.ForeignKey(
        "Decision", verbose_name="复议哪一项决议", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topic = models.ForeignKey(
        "Topic", verbose_name="议题申报单", null=True, blank=True, on_delete=models.PROTECT, related_name="items"
    )
    presenter = models.ForeignKey(
        Person, verbose_name="汇报人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    secrecy = models.CharField("知悉范围", max_length=10, choices=Secrecy, default=Secrecy.INTERNAL)
    supplement = models.BooleanField("通知后补充", default=False)
    minutes_needed = models.PositiveSmallIntegerField("预计时长（分钟）", null=True, blank=True)
    method = models.CharField("表决方式", max_length=14, choices=Method, blank=True)
    agree = models.PositiveSmallIntegerField("赞成", null=True, blank=True)
    disagree = models.PositiveSmallIntegerField("反对", null=True, blank=True)
    abstain = models.PositiveSmallIntegerField("弃权", null=True, blank=True)
    outcome = models.CharField("结论", max_length=22, choices=Outcome, blank=True)
    decision_text = models.TextField("决议", max_length=4000, blank=True)
    minutes_text = models.TextField("纪要文字", max_length=8000, blank=True)

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议题"
        default_permissions = ()
        indexes = (models.Index(fields=["meeting"], name="item_restricted", condition=Q(secrecy="restricted")),)
        constraints = (
            models.UniqueConstraint(fields=["meeting", "order"], name="each_place_once"),
            models.CheckConstraint(name="items_have_titles", condition=~Q(title="")),
            models.CheckConstraint(
                name="votes_are_announced_together",
                condition=Q(agree__isnull=True, disagree__isnull=True, abstain__isnull=True)
                | Q(agree__isnull=False, disagree__isnull=False, abstain__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title


class ItemReader(models.Model):
    """A person named as reader of a restricted item. Stays open after the signature: who needs to know changes with office."""

    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="readers")
    person = models.ForeignKey(Person, verbose_name="知悉人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "知悉人"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["item", "person"], name="each_reader_once_an_item"),)

    def __str__(self) -> str:
        return f"{self.item_id} {self.person_id}"


class ItemMember(models.Model):
    """What one member did at one item: out of the room (离席), recused (回避), interest declared (应回避)."""

    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="presences")
    member = models.ForeignKey(MeetingMember, verbose_name="成员", on_delete=models.CASCADE, related_name="+")
    left = models.BooleanField("离席", default=False)
    recused = models.BooleanField("回避", default=False)
    conflict = models.BooleanField("应回避", default=False)
    written_opinion = models.CharField("书面意见", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "议题到会"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["item", "member"], name="each_member_once_an_item"),)

    def __str__(self) -> str:
        return f"{self.item_id} {self.member_id}"


class Stance(models.Model):
    """表态 of one member at one item, in the order of speaking. Items with a secret ballot never carry any."""

    class Choice(models.TextChoices):
        AGREE = "agree", "同意"
        DISAGREE = "disagree", "不同意"
        ABSTAIN = "abstain", "弃权"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="stances")
    member = models.ForeignKey(MeetingMember, verbose_name="成员", on_delete=models.CASCADE, related_name="+")
    stance = models.CharField("表态", max_length=8, choices=Choice)
    seq = models.PositiveSmallIntegerField("发言次序")
    opinion = models.CharField("发言要点", max_length=500, blank=True)
    together = models.BooleanField("一并录入", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "表态"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["item", "member"], name="each_member_states_once"),)

    def __str__(self) -> str:
        return f"{self.member} {self.get_stance_display()}"


class PlannedTask(models.Model):
    """A task as minuted (四明确); at the signature it becomes a task of the checklist."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(AgendaItem, verbose_name="议题", on_delete=models.CASCADE, related_name="planned_tasks")
    order = models.PositiveSmallIntegerField("序号")
    goal = models.CharField("目标任务", max_length=300, blank=True)
    measures = models.TextField("推进措施", max_length=2000, blank=True)
    due_on = models.DateField("完成时限", null=True, blank=True)
    responsible = models.ForeignKey(
        Person, verbose_name="责任主体", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    units = models.CharField("协同部门", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "会后任务"
        default_permissions = ()

    def __str__(self) -> str:
        return self.goal
