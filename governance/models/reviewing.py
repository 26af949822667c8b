"""审阅上次会议纪要 (A64): what a meeting said of the minutes of the meeting of the same body before it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.models import Tracked
from governance.models.meetings import Meeting


class ReviewOutcome(models.TextChoices):
    """The minutes stand as they are, or somebody objected: then they are corrected by 更正纪要, never by this."""

    APPROVED = "approved", "审阅通过"
    OBJECTED = "objected", "有异议"


class MinutesReview(Tracked):
    """One look back. It is part of the record of `meeting` and closed with it; the minutes of `reviewed` do not change by it."""

    meeting = models.OneToOneField(Meeting, verbose_name="会议", on_delete=models.PROTECT, related_name="review")
    reviewed = models.ForeignKey(Meeting, verbose_name="上次会议", on_delete=models.PROTECT, related_name="reviews")
    outcome = models.CharField("结果", max_length=8, choices=ReviewOutcome)
    objection = models.CharField("异议", max_length=500, blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "审阅上次会议纪要"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="an_objection_to_minutes_says_what",
                condition=Q(outcome=ReviewOutcome.APPROVED, objection="")
                | (Q(outcome=ReviewOutcome.OBJECTED) & ~Q(objection="")),
            ),
            models.CheckConstraint(name="no_meeting_reviews_itself", condition=~Q(meeting=F("reviewed"))),
        )

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.get_outcome_display()}"
