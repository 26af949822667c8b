"""What catalogue, rules and model texts have in common: versions that the bureau drafts and then issues."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from common.models import Tracked
from schools import access
from schools.permissions import SchoolPerm


class Issue(models.TextChoices):
    """Whether a version of catalogue, rules or model text is still being written (草案) or issued (已发布)."""

    DRAFT = "draft", "草案"
    ISSUED = "issued", "已发布"


class VersionQuerySet(models.QuerySet[Any]):
    """Finding versions."""

    def visible_to(self, user: User) -> Self:
        """Issued versions are for everybody; the draft is seen by those who write it (`issue_reference`)."""
        if access.school_ids(user, SchoolPerm.ISSUE_REFERENCE).everywhere:
            return self
        return self.issued()

    def issued(self) -> Self:
        """已发布."""
        return self.filter(status=Issue.ISSUED)

    def latest_first(self) -> Self:
        """By the day from which they are in force; the delivered version, in force before all days, comes last."""
        return self.order_by(F("effective_from").desc(nulls_last=True), F("issued_at").desc(nulls_last=True), "-number")

    def in_force(self, day: date) -> Self:
        """Issued and in force by that day, the one that counts first. `governance.reference.LAW` says the same in one statement."""
        return self.issued().filter(Q(effective_from__lte=day) | Q(effective_from__isnull=True)).latest_first()


class Versioned(Tracked):
    """A version the bureau writes as a draft and then issues. Issued versions never change.

    `effective_from` None is for the delivered version alone: in force for every date until a later version is.
    """

    number = models.CharField("版本", max_length=20)
    title = models.CharField("名称", max_length=120)
    note = models.CharField("说明", max_length=300)
    status = models.CharField("状态", max_length=6, choices=Issue, default=Issue.ISSUED)
    effective_from = models.DateField("生效日期", null=True, blank=True)
    based_on = models.ForeignKey(
        "self", verbose_name="以哪一版为底", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("发布时间", null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number

    @property
    def is_delivered(self) -> bool:
        """A version that came with the portal as a file, not one the bureau has issued."""
        return self.based_on_id is None  # type: ignore[attr-defined]  # the key of an abstract model


# A later version (one that is based on another) says who issued it, when, and from which day it is in force.
ISSUED_SAYS_WHO_AND_WHEN = (
    Q(status=Issue.DRAFT, issued_at__isnull=True, issued_by__isnull=True)
    | Q(status=Issue.ISSUED, based_on__isnull=True)
    | Q(status=Issue.ISSUED, issued_at__isnull=False, issued_by__isnull=False, effective_from__isnull=False)
)
