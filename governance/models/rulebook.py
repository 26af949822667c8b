"""议事程序规则 as versioned data: severity, parameters and words of all rules, in the form of the delivered file."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from governance.models.catalogue import ISSUED_SAYS_WHO_AND_WHEN, Issue, Versioned
from schools import access
from schools.permissions import SchoolPerm


class RuleBookQuerySet(models.QuerySet["RuleBook"]):
    """Finding versions of the rules."""

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


class RuleBook(Versioned):
    """One version of the rules of procedure that meetings are judged by. `content` has the layout of `data/rules-*.yaml`.

    The database keeps an issued one as it is (R-D02).
    """

    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    content = models.JSONField("内容", default=dict)

    objects = RuleBookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事程序规则"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["number"], name="rulebook_numbers_once"),
            models.UniqueConstraint(fields=["status"], name="one_rulebook_draft", condition=Q(status=Issue.DRAFT)),
            models.CheckConstraint(name="issued_rulebooks_say_who_and_when", condition=ISSUED_SAYS_WHO_AND_WHEN),
        )
