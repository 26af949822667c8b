"""Founding documents (实施方案, 通知, 示范文本, 指南) with their six elements, and who has signed for them (source.txt 一; S02)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Tracked
from schools.models import Office, School


class PolicyKind(models.TextChoices):
    """What kind of document it is."""

    IMPLEMENTATION_PLAN = "implementation_plan", "实施方案"
    NOTICE = "notice", "通知"
    MODEL_TEXT = "model_text", "示范文本"
    GUIDE = "guide", "操作指南"
    OTHER = "other", "其他文件"


class PolicyStatus(models.TextChoices):
    """A draft is the bureau's own; published documents do not change."""

    DRAFT = "draft", "起草中"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被替代"


class Element(models.TextChoices):
    """The six elements a founding document names (source.txt 一)."""

    GUIDING_THOUGHT = "guiding_thought", "指导思想"
    PRINCIPLES = "principles", "基本原则"
    SCOPE = "scope", "试点范围"
    TASKS = "tasks", "具体任务"
    REQUIREMENTS = "requirements", "实施要求"
    SAFEGUARDS = "safeguards", "保障措施"


class Policy(Tracked):
    """A document of the bureau. `to_all`: all schools and offices; otherwise those named in `schools` and `offices`."""

    number = models.CharField("文号", max_length=60, unique=True)
    title = models.CharField("标题", max_length=200)
    kind = models.CharField("文种", max_length=20, choices=PolicyKind)
    issued_on = models.DateField("印发日期")
    receipt_due_on = models.DateField("签收期限", null=True, blank=True)
    to_all = models.BooleanField("发全区", default=True)
    schools = models.ManyToManyField(School, verbose_name="发往学校", blank=True, related_name="+")
    offices = models.ManyToManyField(Office, verbose_name="发往教办", blank=True, related_name="+")
    status = models.CharField("状态", max_length=12, choices=PolicyStatus, default=PolicyStatus.DRAFT)
    supersedes = models.OneToOneField(
        "self", verbose_name="替代", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="起草人", on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    superseded_at = models.DateTimeField("替代时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        default_permissions = ()
        indexes = (
            models.Index(fields=["-issued_on", "id"], name="policy_issued"),
            models.Index(fields=["updated_at", "id"], name="policy_updated"),
        )
        constraints = (
            models.CheckConstraint(
                name="published_policies_say_who_and_when",
                condition=Q(status="draft", published_at__isnull=True, published_by__isnull=True)
                | (~Q(status="draft") & Q(published_at__isnull=False, published_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="superseded_policies_say_when",
                condition=Q(status="superseded", superseded_at__isnull=False)
                | (~Q(status="superseded") & Q(superseded_at__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class PolicyClause(models.Model):
    """A clause of a document: what tasks and plans cite. `element` says to which of the six it belongs."""

    policy = models.ForeignKey(Policy, verbose_name="文件", on_delete=models.CASCADE, related_name="clauses")
    element = models.CharField("要素", max_length=16, choices=Element)
    order = models.PositiveSmallIntegerField("序号")
    label = models.CharField("条号", max_length=30)
    text = models.TextField("条文", max_length=4000)

    class Meta:
        verbose_name = verbose_name_plural = "条文"
        default_permissions = ()
        ordering = ("order", "pk")
        constraints = (
            models.UniqueConstraint(fields=["policy", "order"], name="clauses_have_a_place"),
            models.UniqueConstraint(fields=["policy", "label"], name="clauses_have_a_label"),
        )

    def __str__(self) -> str:
        return self.label


class ReceiptStatus(models.TextChoices):
    """签收 (roles_and_states.md §2). Late is computed, read is a fact."""

    PENDING = "pending", "待签收"
    SIGNED = "signed", "已签收"


class PolicyReceipt(Tracked):
    """The receipt one school or office owes for one document. Superseding closes those that are open."""

    policy = models.ForeignKey(Policy, verbose_name="文件", on_delete=models.PROTECT, related_name="receipts")
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT, related_name="policy_receipts"
    )
    office = models.ForeignKey(
        Office, verbose_name="教办", null=True, blank=True, on_delete=models.PROTECT, related_name="policy_receipts"
    )
    due_on = models.DateField("签收期限", null=True, blank=True)
    status = models.CharField("状态", max_length=8, choices=ReceiptStatus, default=ReceiptStatus.PENDING)
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="签收人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField("因替代关闭", null=True, blank=True)
    reminded_at = models.DateTimeField("最近催办", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签收"
        default_permissions = ()
        indexes = (models.Index(fields=["school", "status"], name="receipt_school"),)
        constraints = (
            models.CheckConstraint(
                name="receipts_are_of_a_school_or_an_office",
                condition=Q(school__isnull=False, office__isnull=True) | Q(school__isnull=True, office__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["policy", "school"], name="one_receipt_a_school", condition=Q(school__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["policy", "office"], name="one_receipt_an_office", condition=Q(office__isnull=False)
            ),
            models.CheckConstraint(
                name="signed_receipts_say_who_and_when",
                condition=Q(status="signed", signed_at__isnull=False, signed_by__isnull=False, closed_at__isnull=True)
                | Q(status="pending", signed_at__isnull=True, signed_by__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy_id} {self.school_id or self.office_id}"


class PolicyReading(models.Model):
    """The first time somebody opened a document: read by whom and when, per receipt he read it for."""

    receipt = models.ForeignKey(PolicyReceipt, verbose_name="签收", on_delete=models.CASCADE, related_name="readings")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="阅读人", on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "阅读"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["receipt", "reader"], name="a_document_is_first_read_once"),)

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.reader_id}"
