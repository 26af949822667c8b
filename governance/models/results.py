"""Rule results stored with the signature, with the versions and facts they were judged by."""

from django.db import models
from django.db.models import Q

from common.ids import new_id
from governance.models.items import AgendaItem
from governance.models.meetings import Meeting


class RuleResult(models.Model):
    """核查意见 as it stood at the signature: one row per rule and subject."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="results")
    item = models.ForeignKey(
        AgendaItem, verbose_name="议题", null=True, blank=True, on_delete=models.CASCADE, related_name="results"
    )
    order = models.PositiveSmallIntegerField("次序")
    rule = models.CharField("规则", max_length=8)
    outcome = models.CharField("结果", max_length=16)
    severity = models.CharField("等级", max_length=8)
    message = models.TextField("说明")
    facts = models.JSONField("事实", default=dict)
    basis = models.JSONField("依据", default=list)
    remedy = models.TextField("怎么办", null=True, blank=True)  # noqa: DJ001  the contract says null when it passes
    rules_version = models.CharField("规则版本", max_length=20)
    catalogue_version = models.CharField("目录版本", max_length=20)
    judged_at = models.DateTimeField("核查时间")

    class Meta:
        verbose_name = verbose_name_plural = "核查结果"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["meeting", "rule", "item"], name="each_rule_once_an_item", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["meeting", "rule"], name="each_rule_once_a_meeting", condition=Q(item__isnull=True)
            ),
        )
        indexes = (models.Index(fields=["outcome", "severity", "rule"], name="result_findings"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.outcome}"
