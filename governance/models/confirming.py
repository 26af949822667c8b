"""What happens around the signature: members confirm their words, the minutes get versions, observers sit in, notices are read."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import new_id
from common.models import Tracked
from governance.models.items import AgendaItem
from governance.models.meetings import Meeting, MeetingMember
from schools.models import Person, School


class Confirmation(models.Model):
    """确认记录 or 提出异议 of one member present, between 送签 and 签发. Goes with 退回修改: a new 送签 asks anew."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.OneToOneField(
        MeetingMember, verbose_name="成员", on_delete=models.CASCADE, related_name="confirmation"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    objection = models.CharField("异议", max_length=500, blank=True)
    objected_at = models.DateTimeField("提出时间", null=True, blank=True)
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_note = models.CharField("处理情况", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "记录确认"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="objections_say_what_and_when",
                condition=Q(objection="", objected_at__isnull=True) | (~Q(objection="") & Q(objected_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="an_open_objection_is_no_confirmation",
                condition=Q(objected_at__isnull=True) | Q(settled_at__isnull=False) | Q(confirmed_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return str(self.member)


class VersionState(models.TextChoices):
    """A correction is asked for by the recorder and agreed to or refused by the signer (R-M05)."""

    ASKED = "asked", "待同意"
    SEALED = "sealed", "已封存"
    REFUSED = "refused", "未同意"


class MinutesVersion(Tracked):
    """One sealed text of the minutes: number 1 with the signature, further ones by 更正纪要. All stay readable.

    `text` holds what is printed (mark, opening, sections, lines) as JSON; `seal` is the SHA-256 of its canonical form.
    """

    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="minutes_versions")
    number = models.PositiveSmallIntegerField("版次")
    state = models.CharField("状态", max_length=7, choices=VersionState)
    text = models.JSONField("内容")
    reason = models.CharField("更正原因", max_length=500, blank=True)
    seal = models.CharField("校验码", max_length=64, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("申请时间")
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="签发人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # fmt: skip
    settled_at = models.DateTimeField("签发时间", null=True, blank=True)
    answer = models.CharField("答复", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "纪要版本"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["meeting", "number"], name="minutes_versions_run_once"),
            models.UniqueConstraint(fields=["meeting"], name="one_correction_at_a_time", condition=Q(state="asked")),
            models.CheckConstraint(
                name="sealed_versions_say_who_and_when",
                condition=(Q(state="sealed", settled_by__isnull=False, settled_at__isnull=False) & ~Q(seal=""))
                | ~Q(state="sealed"),
            ),
            models.CheckConstraint(name="corrections_have_reasons", condition=Q(number=1) | ~Q(reason="")),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} v{self.number}"


class Observer(models.Model):
    """列席: somebody who sits in without a vote, for the whole meeting or for some items (R-A02)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="observers")
    person = models.ForeignKey(
        Person, verbose_name="人员", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField("姓名", max_length=40)
    role = models.CharField("身份", max_length=60, blank=True)
    order = models.PositiveSmallIntegerField("顺序")
    items = models.ManyToManyField(AgendaItem, verbose_name="列席的议题", related_name="observers", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "列席人员"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["meeting", "order"], name="each_observer_place_once"),
            models.UniqueConstraint(
                fields=["meeting", "person"], name="each_observer_once", condition=Q(person__isnull=False)
            ),
            models.CheckConstraint(name="observers_have_names", condition=~Q(name="")),
        )

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """The notice one person got when a meeting was called, and when it was first read (A20)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="invitations")
    person = models.ForeignKey(Person, verbose_name="收件人", on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField("发出时间")
    read_at = models.DateTimeField("首次阅读", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "会议通知"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["meeting", "person"], name="one_invitation_each"),)

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.person_id}"


class Declaration(Tracked):
    """利益关系申报 of one person for one year, “nothing to declare” included (A50)."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="declarations")
    person = models.ForeignKey(Person, verbose_name="申报人", on_delete=models.PROTECT, related_name="declarations")
    year = models.PositiveSmallIntegerField("年度")
    nothing = models.BooleanField("没有需要申报的", default=False)
    declared_at = models.DateTimeField("申报时间")

    class Meta:
        verbose_name = verbose_name_plural = "利益关系申报"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["school", "person", "year"], name="one_declaration_a_year"),)

    def __str__(self) -> str:
        return f"{self.year} {self.person_id}"


class Interest(models.Model):
    """One declared interest: whom or what it is about, and how one is bound to it."""

    class Relation(models.TextChoices):
        RELATIVE = "relative", "近亲属"
        COMPANY = "company", "企业或供应商"
        POST = "post", "兼职任职"
        PROPERTY = "property", "财产往来"
        OTHER = "other", "其他"

    declaration = models.ForeignKey(
        Declaration, verbose_name="申报", on_delete=models.CASCADE, related_name="interests"
    )
    relation = models.CharField("关系", max_length=8, choices=Relation)
    about = models.CharField("涉及的人或单位", max_length=80)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "利益关系"
        default_permissions = ()
        constraints = (models.CheckConstraint(name="interests_say_about_whom", condition=~Q(about="")),)

    def __str__(self) -> str:
        return self.about
