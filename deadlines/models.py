"""Deadlines (时限) and the ledger of reminders (提醒台账)."""

from django.db import models
from django.db.models import Q

from common.ids import new_id
from common.models import Tracked
from schools.models import Person, School


class Deadline(Tracked):
    """A day by which something is to be done by somebody. `remind_at` is the next moment to speak, NULL when silent."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField("对象", max_length=120, unique=True)
    title = models.CharField("事项", max_length=300)
    url = models.CharField("链接", max_length=200)
    responsible = models.ForeignKey(Person, verbose_name="责任人", on_delete=models.PROTECT, related_name="deadlines")
    due_on = models.DateField("完成时限")
    remind_at = models.DateTimeField("下次提醒", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "时限"
        default_permissions = ()
        indexes = (
            models.Index(fields=["remind_at", "id"], name="deadline_to_speak", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["responsible", "due_on"], name="deadline_open", condition=Q(ended_at__isnull=True)),
        )
        constraints = (
            models.CheckConstraint(
                name="ended_deadlines_are_silent", condition=Q(ended_at__isnull=True) | Q(remind_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return self.title


class Reminder(models.Model):
    """One reminder spoken: unique for deadline, day and person, so that nobody hears the same twice."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deadline = models.ForeignKey(  # the unique key below begins with it
        Deadline, verbose_name="时限", on_delete=models.CASCADE, related_name="reminders", db_index=False
    )
    person = models.ForeignKey(Person, verbose_name="责任人", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField("完成时限")
    days_left = models.SmallIntegerField("距到期天数")
    at = models.DateTimeField("提醒时间")

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["deadline", "person", "due_on", "days_left"], name="each_reminder_once"),
        )

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.days_left}"


class JobRun(models.Model):
    """When a periodic job last ran; /readyz tells operators from it whether beat and worker live."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "定时任务"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
