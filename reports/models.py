"""Roll-up rows: what the overview of many schools would otherwise have to count again at every visit."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from attachments.models import Attachment
from checklists.models import Task
from governance.models import AgendaItem, Meeting, Topic
from schools.models import School
from schools.permissions import Body


class Standing(models.Model):
    """How a school stands in one year (学校年度情况), counted from its tasks, meetings and decisions.

    `closed` tasks are those whose time limit lies in the year, `on_time` those of them
    handed in by their day (confirming takes another person, and is not counted against the school);
    `recorded` meetings have attendance on record, `faultless` ones no finding among them. A row is right as long as the
    school has no `Change` waiting; whoever reads it asks that too (`selectors.standing`).
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.CASCADE, related_name="standings")
    year = models.PositiveSmallIntegerField("年度")
    closed = models.PositiveIntegerField("已完成任务", default=0)
    on_time = models.PositiveIntegerField("按期完成任务", default=0)
    recorded = models.PositiveIntegerField("已记录会议", default=0)
    faultless = models.PositiveIntegerField("没有核查意见的会议", default=0)
    blocked = models.PositiveIntegerField("有不合规的会议", default=0)
    warned = models.PositiveIntegerField("有需留意的会议", default=0)
    signed = models.PositiveIntegerField("已签发会议", default=0)
    decisions = models.PositiveIntegerField("决议", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "学校年度情况"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "year"], name="each_school_stands_once_a_year"),
            models.CheckConstraint(
                name="parts_are_not_above_the_whole",
                condition=Q(on_time__lte=F("closed"), faultless__lte=F("recorded")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.school_id} {self.year}"


class Change(models.Model):
    """A note, written in the transaction of the change, that a school's standing is to be counted again.

    Notes are only added and removed, never changed, so that people who work at one school do not wait for each other.
    """

    school_id = models.UUIDField("学校", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "待汇总"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.school_id)


EVERY = UUID(int=0)  # stands for all schools of the district together


class SignedNote(models.Model):
    """A note, written in the transaction of the signature, that the results of a meeting are still to be added to the counts.

    Results are stored once and never change, so a note is folded once; readers add what still waits to what is counted.
    """

    meeting = models.OneToOneField(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="signed_note")
    month = models.DateField("月份")

    class Meta:
        verbose_name = verbose_name_plural = "待计入的核查结果"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.month:%Y-%m}"


class Counted(models.Model):
    """Counts of one school and month (its first day, by the meeting's date in Shanghai), or of `EVERY` school together.

    The sums over the district are rows of their own, so that an overview reads as many rows for 4,800 schools as for 48.
    """

    school_id = models.UUIDField("学校")
    month = models.DateField("月份")
    body = models.CharField("会议", max_length=10, choices=Body)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.school_id} {self.month:%Y-%m} {self.body}"


class FindingCount(Counted):
    """How often a rule was judged so in signed meetings; 不适用 is not counted.

    `matter` is the code of the item's matter, `UNCLASSIFIED` for items without one, empty for rules of the meeting.
    """

    UNCLASSIFIED = "-"

    rule = models.CharField("规则", max_length=8)
    severity = models.CharField("等级", max_length=8)
    matter = models.CharField("事项", max_length=6, blank=True)
    outcome = models.CharField("结果", max_length=16)
    number = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "核查次数"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["school_id", "month", "body", "rule", "severity", "matter", "outcome"],
                name="each_finding_counted_once",
            ),
        )
        indexes = (
            models.Index(
                fields=["school_id", "month", "body", "rule", "severity", "matter", "outcome", "number"],
                name="findings_not_passed",
                condition=~Q(outcome="pass"),
            ),
        )


class MeetingCount(Counted):
    """Signed meetings: the base of “findings per ten meetings”."""

    number = models.PositiveIntegerField("已签发会议", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "会议次数"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school_id", "month", "body"], name="each_meeting_month_counted_once"),
        )


class TextKind(models.TextChoices):
    """What a hit of the full-text search is."""

    ITEM = "item", "议题"
    MINUTES = "minutes", "纪要"
    TOPIC = "topic", "议题库"
    FILE = "file", "附件"


class SearchText(models.Model):
    """Words that can be found: an item, its minutes, a topic, or a part of a file's text.

    Who may find it is asked of what it belongs to, at every search: a meeting (and its item), a topic or a task. `grams` are the
    words as the index keeps them (`fulltext.grams_of`); PostgreSQL makes a tsvector of them, SQLite an FTS5 table, both by themselves.
    Rows go with what they belong to. The key grows with time, so that the highest are the latest.
    """

    kind = models.CharField("类别", max_length=7, choices=TextKind)
    part = models.PositiveSmallIntegerField("部分", default=0)
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.CASCADE, related_name="+")
    day = models.DateField("日期")
    meeting = models.ForeignKey(
        Meeting, verbose_name="会议", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    item = models.ForeignKey(
        AgendaItem, verbose_name="议题", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    topic = models.ForeignKey(
        Topic, verbose_name="议题申报", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    task = models.ForeignKey(
        Task, verbose_name="任务", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    file = models.ForeignKey(
        Attachment, verbose_name="附件", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField("题名", max_length=200)
    text = models.TextField("文字", blank=True)
    grams = models.TextField("索引词")

    class Meta:
        verbose_name = verbose_name_plural = "可搜索的文字"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="found_words_belong_to_one_thing",
                condition=Q(meeting__isnull=False, topic__isnull=True, task__isnull=True)
                | Q(meeting__isnull=True, item__isnull=True, topic__isnull=False, task__isnull=True)
                | Q(meeting__isnull=True, item__isnull=True, topic__isnull=True, task__isnull=False),
            ),
            models.CheckConstraint(
                name="found_files_are_files",
                condition=Q(kind="file", file__isnull=False) | (~Q(kind="file") & Q(file__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.title


class SearchNote(models.Model):
    """A note, written in the transaction of the change, that the words of a subject are to be indexed again."""

    subject = models.CharField("对象", max_length=120)

    class Meta:
        verbose_name = verbose_name_plural = "待编入索引"
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject
