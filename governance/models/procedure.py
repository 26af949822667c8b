"""议事规则: the bureau's model text (示范文本) clause by clause, each school's versions of it, and the school's 大额 limit."""

from typing import Self

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.urls import reverse

from accounts.models import User
from common.models import Tracked
from governance.models.meetings import Meeting
from governance.models.versions import ISSUED_SAYS_WHO_AND_WHEN, Issue, Versioned
from schools import access
from schools.models import School
from schools.permissions import Body, SchoolPerm


class ClauseKind(models.TextChoices):
    """What becomes of a clause: judged by the engine, recorded by the portal, or declaratory."""

    JUDGED = "judged", "系统核查"
    RECORDED = "recorded", "系统登记"
    DECLARATORY = "declaratory", "宣示条款"


class ModelText(Versioned):
    """One version of the model text (示范文本) of one body.

    `adopted_under` is the code of the matter under which a school's Party meeting adopts its own version.
    """

    body = models.CharField("会议", max_length=10, choices=Body)
    adopted_under = models.CharField("通过事项", max_length=6)
    sha256 = models.CharField("文件摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "议事规则示范文本"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["body", "number"], name="modeltext_numbers_once"),
            models.UniqueConstraint(
                fields=["body", "status"], name="one_modeltext_draft", condition=Q(status=Issue.DRAFT)
            ),
            models.CheckConstraint(name="issued_modeltexts_say_who_and_when", condition=ISSUED_SAYS_WHO_AND_WHEN),
        )

    def get_absolute_url(self) -> str:
        """The page of this version."""
        return reverse("governance:model-text", args=[self.pk])


class Clause(Tracked):
    """One clause (条) of a model text, bound to the rules that judge or record it.

    `code` names the clause through all versions, `number` (第N条) is its place in this one.
    """

    model_text = models.ForeignKey(ModelText, verbose_name="示范文本", on_delete=models.CASCADE, related_name="clauses")
    code = models.CharField("条文编码", max_length=8)
    order = models.PositiveSmallIntegerField("顺序")
    chapter = models.CharField("章", max_length=60, blank=True)
    number = models.CharField("条", max_length=20)
    text = models.TextField("条文", max_length=2000)
    kind = models.CharField("性质", max_length=11, choices=ClauseKind)
    rules = models.JSONField("规则", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "示范条文"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["model_text", "order"], name="each_clause_place_once"),
            models.UniqueConstraint(fields=["model_text", "code"], name="each_clause_code_once"),
            models.CheckConstraint(name="clauses_have_text", condition=~Q(text="")),
        )

    def __str__(self) -> str:
        return self.number


class SchoolRulesStatus(models.TextChoices):
    """A school's version is a draft until a meeting on record has adopted it."""

    DRAFT = "draft", "起草中"
    ADOPTED = "adopted", "已通过"


class SchoolRulesQuerySet(models.QuerySet["SchoolRules"]):
    """Finding versions of rules of procedure."""

    def visible_to(self, user: User) -> Self:
        """Adopted versions of all schools within sight (tokens: of `governance:read`); drafts are the school's own."""
        seen = SchoolPerm.VIEW_MEETINGS if user.is_machine else SchoolPerm.VIEW_SCHOOL
        own = {a.school_id for a in access.rights_of(user).appointments if a.school_id}
        return access.within(self, user, seen).filter(Q(status=SchoolRulesStatus.ADOPTED) | Q(school__in=own))

    def adopted(self) -> Self:
        """Those a meeting has adopted."""
        return self.filter(status=SchoolRulesStatus.ADOPTED)


class SchoolRules(Tracked):
    """One version of one school's rules of procedure (本校议事规则) for one body.

    `tightened` holds what the school asks for beyond the bureau's rules: `{"R-Q01": {"threshold": "at_least_two_thirds"}}`.
    """

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="rules_of_procedure")
    body = models.CharField("会议", max_length=10, choices=Body)
    number = models.PositiveSmallIntegerField("版次")
    status = models.CharField("状态", max_length=8, choices=SchoolRulesStatus, default=SchoolRulesStatus.DRAFT)
    model_text = models.ForeignKey(
        ModelText, verbose_name="对照的示范文本", on_delete=models.PROTECT, related_name="school_versions"
    )
    tightened = models.JSONField("从严要求", default=dict)
    adopted_at_meeting = models.ForeignKey(
        Meeting, verbose_name="通过的会议", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    adopted_on = models.DateField("通过日期", null=True, blank=True)
    effective_from = models.DateField("施行日期", null=True, blank=True)

    objects = SchoolRulesQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学校议事规则"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "body", "number"], name="school_rules_numbers_once"),
            models.UniqueConstraint(
                fields=["school", "body"], name="one_draft_of_school_rules", condition=Q(status="draft")
            ),
            models.CheckConstraint(
                name="adopted_rules_say_where_and_when",
                condition=Q(
                    status="adopted",
                    adopted_at_meeting__isnull=False,
                    adopted_on__isnull=False,
                    effective_from__isnull=False,
                )
                | Q(status="draft", adopted_at_meeting__isnull=True, adopted_on__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_body_display()}议事规则 第{self.number}版"

    def get_absolute_url(self) -> str:
        """The page of this version; a draft's is where it is written. Needs `school` read."""
        if self.status == SchoolRulesStatus.DRAFT:
            return reverse("governance:school-rules-draft", args=[self.school.code, self.body])
        return reverse("governance:school-rules-version", args=[self.school.code, self.body, self.number])


# What a school did with a clause, in the database: texts that differ in blanks alone are stored as the model's (services).
RELATION = Case(
    When(source__isnull=True, then=Value("added")),
    When(text=F("source__text"), then=Value("adopted")),
    default=Value("adapted"),
    output_field=CharField(),
)


class SchoolClause(Tracked):
    """One clause of a school's version; `source` is the model clause it comes from, None when the school added it."""

    rules_version = models.ForeignKey(
        SchoolRules, verbose_name="学校议事规则", on_delete=models.CASCADE, related_name="clauses"
    )
    order = models.PositiveSmallIntegerField("顺序")
    chapter = models.CharField("章", max_length=60, blank=True)
    number = models.CharField("条", max_length=20)
    text = models.TextField("条文", max_length=2000)
    source = models.ForeignKey(
        Clause, verbose_name="示范条文", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "学校条文"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["rules_version", "order"], name="each_school_clause_place_once"),
            models.UniqueConstraint(
                fields=["rules_version", "source"], name="each_model_clause_once", condition=Q(source__isnull=False)
            ),
            models.CheckConstraint(name="school_clauses_have_text", condition=~Q(text="")),
        )

    def __str__(self) -> str:
        return self.number


class SchoolLimit(Tracked):
    """The amount (元) from which a school's spending counts as 大额 (R-T21): registered by the school, on file at the bureau."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="limits")
    amount = models.DecimalField("大额标准（元）", max_digits=12, decimal_places=2)
    effective_from = models.DateField("执行日期")
    basis = models.CharField("依据", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "大额标准"
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["school", "effective_from"], name="one_limit_a_day"),
            models.CheckConstraint(name="limits_are_above_nothing", condition=Q(amount__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.said}元（{self.effective_from}起）"

    @property
    def said(self) -> str:
        """“30,000”, with 分 only where there are any."""
        return f"{self.amount:,.2f}".removesuffix(".00")
