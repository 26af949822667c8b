"""推进清单: every row with 四明确 in the portal is one Task, so a principal has one list."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from checklists.closing import closing_falls_to
from common import history
from common.dates import local_day
from common.ids import new_id
from common.models import Tracked
from schools.access import person_of, within
from schools.models import Person, School
from schools.permissions import SchoolPerm


class SourceKind(models.TextChoices):
    """Where the tasks of a checklist come from."""

    DECISION = "decision", "决议"
    PLAN = "plan", "一校一案"
    PROJECT = "project", "书记领雁项目"
    COMMUNITY = "community", "共同体项目"


class Checklist(Tracked):
    """The tasks of one source: a decision a plan, a project (later a rectification)."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="checklists")
    source_kind = models.CharField("来源种类", max_length=12, choices=SourceKind)
    subject = models.CharField("来源", max_length=120, unique=True)
    title = models.CharField("来源名称", max_length=300)
    url = models.CharField("链接", max_length=200)
    restricted = models.BooleanField("限定人员", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "推进清单"
        default_permissions = ()

    def __str__(self) -> str:
        return self.title

    @property
    def source_words(self) -> str:
        """Kind and title of the source; the kind is not said twice."""
        kind = self.get_source_kind_display()
        return self.title if kind in self.title else f"{kind} {self.title}"


class ChecklistReader(models.Model):
    """A person who may read the tasks of a restricted checklist without being responsible for one: the readers of its source."""

    checklist = models.ForeignKey(Checklist, verbose_name="推进清单", on_delete=models.CASCADE, related_name="readers")
    person = models.ForeignKey(Person, verbose_name="知悉人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "知悉人"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["checklist", "person"], name="each_reader_once_a_checklist"),)

    def __str__(self) -> str:
        return f"{self.checklist_id} {self.person_id}"


class TaskStatus(models.TextChoices):
    """States of a task. 逾期 is computed from dates and never stored."""

    NOT_STARTED = "not_started", "未开始"
    IN_PROGRESS = "in_progress", "进行中"
    SUBMITTED = "submitted", "待确认"
    CLOSED = "closed", "已完成"
    CANCELLED = "cancelled", "已终止"


OPEN = (TaskStatus.NOT_STARTED, TaskStatus.IN_PROGRESS, TaskStatus.SUBMITTED)


def _concerned(user: User) -> Q | None:
    """Of restricted tasks: one's own, those one is named for, and those that wait for one's 确认销号. None for other systems."""
    person = person_of(user)
    if person is None:
        return None
    named = ChecklistReader.objects.filter(checklist=OuterRef("checklist_id"), person=person)
    concerned = Q(responsible=person) | Q(Exists(named))
    closing = closing_falls_to(user, local_day(history.now()))
    return concerned if closing is None else concerned | (Q(status=TaskStatus.SUBMITTED) & closing)


def _shown(user: User) -> Q:
    concerned = _concerned(user)
    open_ones = Q(checklist__restricted=False)
    return open_ones if concerned is None else open_ones | concerned


class TaskQuerySet(models.QuerySet["Task"]):
    """Finding tasks."""

    def visible_to(self, user: User) -> Self:
        """Tasks of the schools whose file this account may see; of restricted checklists only those that concern it."""
        return self.of_schools_seen(user).filter(_shown(user))

    def of_schools_seen(self, user: User) -> Self:
        """The same with restricted ones, for numbers: how many there are is no secret."""
        return within(self, user, SchoolPerm.VIEW_SCHOOL)

    def marked(self, user: User) -> Self:
        """With `withheld`: whether the words are not for this account."""
        return self.annotate(withheld=ExpressionWrapper(~_shown(user), output_field=models.BooleanField()))

    def open(self) -> Self:
        """Neither closed nor cancelled."""
        return self.filter(status__in=OPEN)

    def overdue(self, today: date) -> Self:
        """Open after their day."""
        return self.open().filter(due_on__lt=today)

    def of_person(self, user: User) -> Self:
        """Those this account is responsible for."""
        return self.filter(responsible__account=user)


class Task(Tracked):
    """One task with 四明确: 目标任务, 推进措施, 完成时限, 责任主体 (source.txt 一; R-E01)."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="tasks")
    checklist = models.ForeignKey(Checklist, verbose_name="推进清单", on_delete=models.PROTECT, related_name="tasks")
    order = models.PositiveSmallIntegerField("序号", default=1)
    target = models.CharField("目标任务", max_length=300)
    measures = models.TextField("推进措施", max_length=2000)
    due_on = models.DateField("完成时限")
    responsible = models.ForeignKey(Person, verbose_name="责任主体", on_delete=models.PROTECT, related_name="tasks")
    responsible_post = models.CharField("职务", max_length=40, blank=True)
    units = models.CharField("协同部门", max_length=200, blank=True)
    status = models.CharField("状态", max_length=12, choices=TaskStatus, default=TaskStatus.NOT_STARTED)
    submitted_at = models.DateTimeField("标为完成时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="标为完成人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField("销号时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancelled_at = models.DateTimeField("终止时间", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="终止人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        default_permissions = ()
        indexes = (
            models.Index(fields=["due_on", "id"], name="task_due_open", condition=Q(status__in=OPEN)),
            models.Index(fields=["due_on", "id"], name="task_due"),
            models.Index(fields=["status", "due_on", "id"], name="task_status_due"),
            models.Index(fields=["school", "due_on", "id"], name="task_school_due"),
            models.Index(fields=["responsible", "due_on", "id"], name="task_responsible_due"),
            models.Index(fields=["updated_at", "id"], name="task_updated"),
        )
        constraints = (
            models.CheckConstraint(name="tasks_have_four_definites", condition=~Q(target="") & ~Q(measures="")),
            models.CheckConstraint(
                name="submitted_tasks_say_who_and_when",
                condition=~Q(status__in=["submitted", "closed"])
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="closed_tasks_say_who_and_when",
                condition=Q(status="closed", closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True, closed_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="cancelled_tasks_say_who_and_when",
                condition=Q(status="cancelled", cancelled_at__isnull=False, cancelled_by__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at__isnull=True, cancelled_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="another_person_closes", condition=Q(closed_by__isnull=True) | ~Q(closed_by=F("submitted_by"))
            ),
        )

    def __str__(self) -> str:
        return self.target

    def get_absolute_url(self) -> str:
        """The task's page."""
        return reverse("checklists:task", args=[self.pk])

    def is_open(self) -> bool:
        """Whether work is still expected."""
        return self.status in OPEN

    def days_left(self, today: date) -> int:
        """Days to the deadline; negative when past."""
        return (self.due_on - today).days

    def is_overdue(self, today: date) -> bool:
        """Open after its day."""
        return self.is_open() and self.due_on < today


class Progress(models.Model):
    """A note of progress (进展), with files attached to the task at the same moment as evidence (佐证)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, verbose_name="任务", on_delete=models.CASCADE, related_name="progress_notes")
    text = models.TextField("进展", max_length=2000, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "进展"
        default_permissions = ()
        indexes = (models.Index(fields=["task", "-at"], name="progress_task"),)

    def __str__(self) -> str:
        return self.text[:40]
