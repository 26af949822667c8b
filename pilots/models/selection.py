"""Three-step selection 学校自荐 → 教办推荐 → 局级审核, and batches (source.txt 一; S04 S05 S06)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from common.models import Tracked
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm


class BatchQuerySet(models.QuerySet["Batch"]):
    """Finding batches."""

    def visible_to(self, user: User) -> Self:
        """All batches, for whoever sees a school: they are the bureau's calendar."""
        return self if access.school_ids(user, SchoolPerm.VIEW_SCHOOL) else self.none()


class Batch(Tracked):
    """A batch of the rollout: when it opens, by when each step is to be done, and how many schools it takes."""

    code = models.CharField("代码", max_length=20, unique=True)
    name = models.CharField("批次", max_length=60, unique=True)
    opens_on = models.DateField("启动日期")
    nominate_by = models.DateField("自荐截止", null=True, blank=True)
    recommend_by = models.DateField("推荐截止", null=True, blank=True)
    review_by = models.DateField("审核截止", null=True, blank=True)
    quota = models.PositiveSmallIntegerField("名额")
    note = models.CharField("说明", max_length=300, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批次"
        default_permissions = ()
        indexes = (models.Index(fields=["opens_on", "id"], name="batch_opens"),)
        constraints = (
            models.CheckConstraint(name="batches_take_schools", condition=Q(quota__gte=1)),
            models.CheckConstraint(
                name="batch_steps_follow_each_other",
                condition=(
                    Q(nominate_by__isnull=True) | Q(recommend_by__isnull=True) | Q(recommend_by__gte=F("nominate_by"))
                )
                & (Q(recommend_by__isnull=True) | Q(review_by__isnull=True) | Q(review_by__gte=F("recommend_by"))),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The batch's page."""
        return reverse("pilots:batch", args=[self.code])


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Finding applications."""

    def visible_to(self, user: User) -> Self:
        """Those of the schools whose file this account may see."""
        return access.within(self, user, SchoolPerm.VIEW_SCHOOL)

    def with_people(self) -> Self:
        """With what a page or a step needs beside the row."""
        return self.select_related(
            "school__office", "batch", "nominated_by", "recommended_by", "approved_by", "returned_by"
        )


class ApplicationStatus(models.TextChoices):
    """States of an application (roles_and_states.md §2)."""

    DRAFT = "draft", "草稿"
    NOMINATED = "nominated", "已自荐"
    RECOMMENDED = "recommended", "已推荐"
    APPROVED = "approved", "已通过"
    RETURNED = "returned", "已退回"


class Application(Tracked):
    """A school's application for the pilot; one a school, returned ones are mended and nominated again.

    `sample`: in words, what sample of size, strength and location the school stands for. `recommendation_stands`: the bureau
    returned it after the office had recommended, so the office need not be passed again.
    """

    school = models.OneToOneField(
        School, verbose_name="学校", on_delete=models.PROTECT, related_name="pilot_application"
    )
    batch = models.ForeignKey(
        Batch, verbose_name="批次", null=True, blank=True, on_delete=models.PROTECT, related_name="applications"
    )
    status = models.CharField("状态", max_length=12, choices=ApplicationStatus, default=ApplicationStatus.DRAFT)
    reasons = models.TextField("自荐理由", max_length=2000, blank=True)
    conditions = models.TextField("工作基础", max_length=2000, blank=True)
    sample = models.CharField("样本定位", max_length=200, blank=True)
    exempt = models.BooleanField("免推荐", default=False)
    recommendation_stands = models.BooleanField("推荐有效", default=False)
    step_due_on = models.DateField("本步期限", null=True, blank=True)
    nominated_at = models.DateTimeField("自荐时间", null=True, blank=True)
    nominated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="自荐人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recommended_at = models.DateTimeField("推荐时间", null=True, blank=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="推荐人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField("通过时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="退回人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "试点申报"
        default_permissions = ()
        indexes = (
            models.Index(fields=["status", "id"], name="application_status"),
            models.Index(fields=["updated_at", "id"], name="application_updated"),
        )
        constraints = (
            models.CheckConstraint(
                name="nominated_applications_say_who_and_when",
                condition=Q(status="draft") | Q(nominated_at__isnull=False, nominated_by__isnull=False),
            ),
            models.CheckConstraint(
                name="recommended_applications_say_who_and_when",
                condition=~Q(status__in=["recommended", "approved"])
                | Q(recommended_at__isnull=False, recommended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="approved_applications_say_who_when_and_batch",
                condition=Q(
                    status="approved", approved_at__isnull=False, approved_by__isnull=False, batch__isnull=False
                )
                | (~Q(status="approved") & Q(approved_at__isnull=True, approved_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="returned_applications_say_who_and_when",
                condition=~Q(status="returned") | Q(returned_at__isnull=False, returned_by__isnull=False),
            ),
            models.CheckConstraint(
                name="nominator_recommender_reviewer_differ",
                condition=(Q(recommended_by__isnull=True) | ~Q(recommended_by=F("nominated_by")))
                & (Q(approved_by__isnull=True) | ~Q(approved_by=F("nominated_by")))
                & (Q(approved_by__isnull=True) | Q(exempt=True) | ~Q(approved_by=F("recommended_by"))),
            ),
        )

    def __str__(self) -> str:
        return f"{self.school.short_name}试点申报"

    def get_absolute_url(self) -> str:
        """The application's page, found by its school."""
        return reverse("pilots:application", args=[self.school.code])


class OpinionStep(models.TextChoices):
    """The three steps."""

    NOMINATION = "nomination", "学校自荐"
    RECOMMENDATION = "recommendation", "教办推荐"
    REVIEW = "review", "局级审核"


class OpinionResult(models.TextChoices):
    """What was said at a step."""

    PASSED = "passed", "同意"
    EXEMPT = "exempt", "免推荐"
    RETURNED = "returned", "退回"


class Opinion(models.Model):
    """An opinion of one step; none is changed or taken away, so they are the history, too."""

    application = models.ForeignKey(Application, verbose_name="申报", on_delete=models.PROTECT, related_name="opinions")
    step = models.CharField("步骤", max_length=16, choices=OpinionStep)
    result = models.CharField("结论", max_length=10, choices=OpinionResult)
    text = models.TextField("意见", max_length=2000, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="填写人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "意见"
        default_permissions = ()
        ordering = ("at", "pk")
        constraints = (models.CheckConstraint(name="returns_say_why", condition=~Q(result="returned") | ~Q(text="")),)

    def __str__(self) -> str:
        return f"{self.get_step_display()} {self.get_result_display()}"
