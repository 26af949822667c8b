"""Roll-up rows: what the overview of many schools would otherwise have to count again at every visit."""

from django.db import models
from django.db.models import F, Q

from schools.models import School


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
