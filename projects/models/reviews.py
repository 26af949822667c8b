"""专家评审: who scores an application, apart from the others, and the published score sheet."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from common.models import Tracked
from projects.models.flagships import Flagship
from schools.access import holds_post, person_of
from schools.models import Person
from schools.permissions import Post


@dataclass(frozen=True)
class Criterion:
    """One line of the score sheet: the column that keeps it, its name, its most, and what is looked at."""

    code: str
    name: str
    most: int
    asks: str


# The published sheet; the maxima make 100.
CRITERIA = (
    Criterion("leadership", "党建引领", 20, "党组织如何领导，书记如何带头，党建与教育怎样融合"),
    Criterion("problem", "问题与目标", 15, "问题真实、来自本校，目标可以检验"),
    Criterion("content", "内容与举措", 25, "举措对准问题，路径清楚，有自己的做法"),
    Criterion("feasibility", "可行性与保障", 15, "团队、时间、制度能够支撑，节点合理"),
    Criterion("outcomes", "预期成果与推广", 15, "成果具体，别的学校能够借鉴"),
    Criterion("funding", "经费合理", 10, "用途明确，与任务相称"),
)


class ReviewStatus(models.TextChoices):
    """States of a review."""

    ASSIGNED = "assigned", "待评分"
    SUBMITTED = "submitted", "已评分"
    DECLINED = "declined", "已回避"
    WITHDRAWN = "withdrawn", "已撤换"


ACTIVE = (ReviewStatus.ASSIGNED, ReviewStatus.SUBMITTED)


class ReviewQuerySet(models.QuerySet["Review"]):
    """Finding reviews."""

    def own_of(self, user: User) -> Self:
        """Those that are this reviewer's own, as long as he holds the post; of no other reviewer's one learns anything."""
        person = person_of(user)
        if person is None or not holds_post(user, Post.REVIEWER):
            return self.none()
        return self.filter(reviewer=person)

    def active(self) -> Self:
        """Those that count or will count."""
        return self.filter(status__in=ACTIVE)


def _score_checks() -> Q:
    full = Q(total__isnull=False) & ~Q(opinion="")
    sums: F | models.expressions.CombinedExpression = F(CRITERIA[0].code)
    none = Q(total__isnull=True)
    for criterion in CRITERIA:
        full &= Q(
            **{
                f"{criterion.code}__isnull": False,
                f"{criterion.code}__gte": 0,
                f"{criterion.code}__lte": criterion.most,
            }
        )
        none &= Q(**{f"{criterion.code}__isnull": True})
    for criterion in CRITERIA[1:]:
        sums = sums + F(criterion.code)
    scored = Q(status=ReviewStatus.SUBMITTED, submitted_at__isnull=False, submitted_by__isnull=False)
    unscored = Q(submitted_at__isnull=True, submitted_by__isnull=True)
    return (scored & full & Q(total=sums)) | (~Q(status=ReviewStatus.SUBMITTED) & unscored & none)


def _points(criterion: Criterion) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(criterion.name, null=True, blank=True)


class Review(Tracked):
    """One expert's review of one application. `leader` repeats the project's, so that a constraint can keep the two apart."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.PROTECT, related_name="reviews")
    round = models.PositiveSmallIntegerField("第几次申报")
    reviewer = models.ForeignKey(Person, verbose_name="评审专家", on_delete=models.PROTECT, related_name="+")
    leader = models.ForeignKey(Person, verbose_name="主持人", on_delete=models.PROTECT, related_name="+")
    status = models.CharField("状态", max_length=10, choices=ReviewStatus, default=ReviewStatus.ASSIGNED)
    due_on = models.DateField("评分截止")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="指派人", on_delete=models.PROTECT, related_name="+"
    )
    assigned_at = models.DateTimeField("指派时间")
    leadership = _points(CRITERIA[0])
    problem = _points(CRITERIA[1])
    content = _points(CRITERIA[2])
    feasibility = _points(CRITERIA[3])
    outcomes = _points(CRITERIA[4])
    funding = _points(CRITERIA[5])
    total = models.PositiveSmallIntegerField("总分", null=True, blank=True)
    opinion = models.TextField("评审意见", max_length=2000, blank=True)
    reason = models.CharField("回避或撤换理由", max_length=500, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="评分人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submitted_at = models.DateTimeField("评分时间", null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专家评审"
        default_permissions = ()
        indexes = (models.Index(fields=["reviewer", "status"], name="review_of_reviewer"),)
        constraints = (
            models.UniqueConstraint(fields=["project", "round", "reviewer"], name="each_reviewer_once_an_application"),
            models.CheckConstraint(name="the_leader_is_no_reviewer", condition=~Q(reviewer=F("leader"))),
            models.CheckConstraint(name="submitted_reviews_are_complete", condition=_score_checks()),
            models.CheckConstraint(
                name="left_reviews_say_why",
                condition=~Q(status__in=(ReviewStatus.DECLINED, ReviewStatus.WITHDRAWN)) | ~Q(reason=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}（专家评审）"

    def get_absolute_url(self) -> str:
        """The score sheet."""
        return reverse("projects:review", args=[self.pk])
