"""Founding documents (实施方案, 通知, 示范文本, 指南) with their six elements, and who has signed for them (source.txt 一; S02)."""

from datetime import date
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from common.dates import local_day
from common.models import Tracked
from schools import access
from schools.models import Office, School
from schools.permissions import SchoolPerm


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


def own_offices(user: User) -> set[UUID]:
    """The offices the account works for today."""
    return {a.office_id for a in access.rights_of(user).appointments if a.office_id is not None}


class PolicyQuerySet(models.QuerySet["Policy"]):
    """Finding documents."""

    def visible_to(self, user: User) -> Self:
        """Published ones that went to one of the account's schools or offices; all to the bureau, drafts to who issues them."""
        scope = access.school_ids(user, SchoolPerm.VIEW_SCHOOL)
        if not scope:
            return self.none()
        if access.school_ids(user, SchoolPerm.ISSUE_REFERENCE):
            return self
        rows = self.exclude(status=PolicyStatus.DRAFT)
        if scope.everywhere:
            return rows
        sent = Policy.schools.through.objects.filter(school__in=scope.ids).values("policy")
        passed = Policy.offices.through.objects.filter(office__in=own_offices(user)).values("policy")
        return rows.filter(Q(to_all=True) | Q(pk__in=sent) | Q(pk__in=passed))

    def in_force(self) -> Self:
        """Published and not superseded."""
        return self.filter(status=PolicyStatus.PUBLISHED)


class ReceiptQuerySet(models.QuerySet["PolicyReceipt"]):
    """Finding receipts."""

    def visible_to(self, user: User) -> Self:
        """Those of the account's schools, and of the offices it works for; all to the bureau."""
        own = Q(office__in=own_offices(user))
        return access.within(self, user, SchoolPerm.VIEW_SCHOOL, also=own)

    def open(self) -> Self:
        """Still to be signed."""
        return self.filter(status=ReceiptStatus.PENDING, closed_at__isnull=True)


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

    objects = PolicyQuerySet.as_manager()

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

    def get_absolute_url(self) -> str:
        """The document's page."""
        return reverse("pilots:policy", args=[self.pk])


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

    objects = ReceiptQuerySet.as_manager()

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
        return str(self.policy)

    @property
    def place(self) -> str:
        """Who owes it: the school or the office."""
        owner = self.school or self.office
        return getattr(owner, "short_name", "") or getattr(owner, "name", "")

    def is_late(self, today: date) -> bool:
        """Signed after the day, or still open after it."""
        day = local_day(self.signed_at) if self.signed_at else today
        return self.due_on is not None and day > self.due_on

    def get_absolute_url(self) -> str:
        """Where it is signed: at the document."""
        return reverse("pilots:policy", args=[self.policy_id])


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
