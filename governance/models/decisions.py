"""Decisions (决议): born by the signature, kept with the item they come from."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from checklists.models import Checklist
from common.models import Tracked
from governance.models.items import ADOPTED, AgendaItem, Outcome, readable
from governance.models.meetings import Meeting
from schools.models import School


class DecisionStage(models.TextChoices):
    """决策-执行-监督-评价-修正."""

    DECISION = "decision", "决策"
    EXECUTION = "execution", "执行"
    SUPERVISION = "supervision", "监督"
    EVALUATION = "evaluation", "评价"
    CORRECTION = "correction", "修正"
    CLOSED = "closed", "已闭环"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Finding decisions."""

    def visible_to(self, user: User) -> Self:
        """Those of meetings the account may see, and of items whose words it may read."""
        return self.of_meetings_seen(user).filter(readable(user, "item__"))

    def withheld_from(self, user: User) -> Self:
        """Those of meetings the account may see whose words it may not read; they are only counted."""
        return self.of_meetings_seen(user).exclude(readable(user, "item__"))

    def of_meetings_seen(self, user: User) -> Self:
        """Those of meetings the account may see."""
        return self.filter(meeting__in=Meeting.objects.visible_to(user).values("pk"))


class Decision(Tracked):
    """What a body adopted. Its number is unique within the school: `2026-党-018-02` (校 for the principal's meeting)."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="decisions")
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="decisions")
    item = models.OneToOneField(AgendaItem, verbose_name="议题", on_delete=models.PROTECT, related_name="decision")
    number = models.CharField("决议号", max_length=24)
    title = models.CharField("议题", max_length=200)
    text = models.TextField("决议")
    outcome = models.CharField("结论", max_length=22, choices=[(o.value, o.label) for o in ADOPTED])
    stage = models.CharField("环节", max_length=12, choices=DecisionStage, default=DecisionStage.EXECUTION)
    decided_on = models.DateField("决定日期")
    checklist = models.OneToOneField(
        Checklist, verbose_name="推进清单", on_delete=models.PROTECT, related_name="decision", null=True, blank=True
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "决议"
        default_permissions = ()
        indexes = (
            models.Index(fields=["-decided_on", "-id"], name="decision_recent"),
            models.Index(fields=["school", "-decided_on", "-id"], name="decision_school"),
            models.Index(fields=["updated_at", "id"], name="decision_updated"),
        )
        constraints = (
            models.UniqueConstraint(fields=["school", "number"], name="decision_numbers_run_once"),
            models.CheckConstraint(name="decisions_are_adopted", condition=Q(outcome__in=[o.value for o in ADOPTED])),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """The decision's page."""
        return reverse("governance:decision", args=[self.pk])

    @property
    def outcome_label(self) -> str:
        """The outcome in words."""
        return Outcome(self.outcome).label
