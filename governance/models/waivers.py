"""放行: an authorised person lets one rule pass for one subject, with a reason, in view of the bureau (R-D03)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from common.ids import new_id
from governance.models.items import AgendaItem
from governance.models.meetings import Meeting
from schools import access
from schools.permissions import SchoolPerm

# 法定要件: never let pass, whatever the rule file says (rule-check contract).
NEVER_WAIVED = ("R-Q01", "R-Q02", "R-Q03", "R-V06", "R-V12", "R-A06")


class WaiverQuerySet(models.QuerySet["Waiver"]):
    """Finding waivers."""

    def visible_to(self, user: User) -> Self:
        """放行清单: of the meetings an account sees as a whole, for who supervises (组织科、督导) or may waive there (书记、校长)."""
        school = "meeting__school_id"
        seen = access.within(self, user, SchoolPerm.VIEW_MEETINGS, school)
        own = Q(**{f"{school}__in": access.school_ids(user, SchoolPerm.WAIVE_RULE).ids})
        return access.within(seen, user, SchoolPerm.SUPERVISE, school, also=own)


class Waiver(models.Model):
    """One rule at one subject, let pass. `message` keeps what the engine had said."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="waivers")
    item = models.ForeignKey(
        AgendaItem, verbose_name="议题", null=True, blank=True, on_delete=models.CASCADE, related_name="waivers"
    )
    rule = models.CharField("规则", max_length=8)
    reason = models.CharField("理由", max_length=500)
    message = models.TextField("核查意见")
    waived_at = models.DateTimeField("放行时间")
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="放行人", on_delete=models.PROTECT, related_name="+"
    )

    objects = WaiverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "放行"
        default_permissions = ()
        indexes = (models.Index(fields=["-waived_at", "-id"], name="waiver_recent"),)
        constraints = (
            models.UniqueConstraint(
                fields=["meeting", "rule", "item"], name="each_item_waived_once", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["meeting", "rule"], name="each_meeting_waived_once", condition=Q(item__isnull=True)
            ),
            models.CheckConstraint(name="six_rules_are_never_waived", condition=~Q(rule__in=NEVER_WAIVED)),
            models.CheckConstraint(name="waivers_have_reasons", condition=~Q(reason="")),
            models.CheckConstraint(
                name="waivers_say_who_and_when", condition=Q(waived_by__isnull=False, waived_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.reason}"
