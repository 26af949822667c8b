"""议事程序规则 as versioned data: severity, parameters and words of all rules, in the form of the delivered file."""

from django.db import models
from django.db.models import Q

from governance.models.versions import ISSUED_SAYS_WHO_AND_WHEN, Issue, Versioned


class RuleBook(Versioned):
    """One version of the rules of procedure that meetings are judged by. `content` has the layout of `data/rules-*.yaml`.

    The database keeps an issued one as it is (R-D02).
    """

    sha256 = models.CharField("文件摘要", max_length=64, blank=True)
    content = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "议事程序规则"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["number"], name="rulebook_numbers_once"),
            models.UniqueConstraint(fields=["status"], name="one_rulebook_draft", condition=Q(status=Issue.DRAFT)),
            models.CheckConstraint(name="issued_rulebooks_say_who_and_when", condition=ISSUED_SAYS_WHO_AND_WHEN),
        )
