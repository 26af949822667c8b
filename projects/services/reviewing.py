"""专家评审: assigning, declaring a conflict, replacing, scoring. Reviewers score independently of each other."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, WrongState, one_fault, require_reason
from deadlines.services import open_deadline
from projects.guards import conflict_of, may_review
from projects.models import CRITERIA, Flagship, FlagshipStatus, Review, ReviewStatus
from projects.services.base import locked, of_perm, stop_clock
from schools.models import Appointment, Person
from schools.permissions import Post, SchoolPerm

SCORE_WITHIN = timedelta(days=14)
SHORTEST, LONGEST = 10, 2000


@transaction.atomic
def assign_reviewer(
    *, project: Flagship, reviewer: Person, due_on: date | None = None, version: int | None = None, by: User, at: datetime
) -> Review:  # fmt: skip
    """指派评审: an expert in office who has nothing to do with the school or the team."""
    project = locked(project, version)
    if not may_review(project, by):
        raise NotAllowed("评审专家由组织科指派，自己申报的由另一个人办理。")
    if project.status != FlagshipStatus.APPLIED or project.checked_at is None:
        raise WrongState("先通过初审，再指派评审专家。立项以后不再评审。")
    today = local_day(at)
    _check_reviewer(project, reviewer, today)
    due_on = due_on or today + SCORE_WITHIN
    if due_on < today:
        raise one_fault("due_on", f"评分截止写今天（{today}）或之后的日子")
    assert project.leader is not None  # noqa: S101  an application has its leader
    review = Review(
        project=project, round=project.round, reviewer=reviewer, leader=project.leader, due_on=due_on, assigned_by=by,
        assigned_at=at,
    )  # fmt: skip
    review.commit(at)
    open_deadline(
        on=review, school=project.school, title=f"评审：{project.title}", url=review.get_absolute_url(),
        responsible=reviewer, due_on=due_on, at=at,
    )  # fmt: skip
    _tell("assigned", review, by, at, [str(reviewer.account_id)] if reviewer.account_id else [])
    return review


def _check_reviewer(project: Flagship, reviewer: Person, today: date) -> None:
    held = Appointment.objects.on(today).filter(person=reviewer, post=Post.REVIEWER)
    if not held.exists():
        raise one_fault("reviewer", f"{reviewer.name}不是在任的评审专家。评审专家由安全管理员授予职务")
    if why := conflict_of(project, reviewer):
        raise one_fault("reviewer", why)
    if Review.objects.filter(project=project, round=project.round, reviewer=reviewer).exists():
        raise one_fault("reviewer", f"{reviewer.name}已经指派过，或已回避。换一位专家")


@transaction.atomic
def submit_review(
    *, review: Review, points: Mapping[str, int], opinion: str, version: int | None = None, by: User, at: datetime
) -> Review:
    """提交评分: once, the whole sheet and an opinion. The conflict is looked for again."""
    review, project = _own(review, by, version)
    if why := conflict_of(project, review.reviewer):
        raise WrongState(why)
    faults = _score_faults(points, opinion)
    if faults:
        raise InvalidInput(faults)
    for criterion in CRITERIA:
        setattr(review, criterion.code, points[criterion.code])
    review.total = sum(points[criterion.code] for criterion in CRITERIA)
    review.opinion = opinion.strip()
    review.status, review.submitted_by, review.submitted_at = ReviewStatus.SUBMITTED, by, at
    review.commit(at)
    _touch(project, at)
    stop_clock(review, at)
    _tell("submitted", review, by, at, of_perm(project.school, at, SchoolPerm.REVIEW))
    return review


def _score_faults(points: Mapping[str, int], opinion: str) -> list[Fault]:
    faults = [
        Fault(c.code, f"{c.name}打 0 至 {c.most} 分的整数")
        for c in CRITERIA
        if not isinstance(points.get(c.code), int) or not 0 <= points[c.code] <= c.most
    ]
    if not SHORTEST <= len(opinion.strip()) <= LONGEST:
        faults.append(Fault("opinion", f"写评审意见，{SHORTEST} 至 {LONGEST} 个字"))
    return faults


@transaction.atomic
def decline_review(*, review: Review, reason: str, version: int | None = None, by: User, at: datetime) -> Review:
    """声明回避: the reviewer himself says that he stands too near; the bureau names somebody else."""
    review, project = _own(review, by, version)
    review.status, review.reason = ReviewStatus.DECLINED, require_reason(reason)
    review.commit(at)
    _touch(project, at)
    stop_clock(review, at)
    _tell("declined", review, by, at, of_perm(project.school, at, SchoolPerm.REVIEW))
    return review


@transaction.atomic
def withdraw_review(*, review: Review, reason: str, version: int | None = None, by: User, at: datetime) -> Review:
    """撤换评审: the bureau takes back what is not scored yet; a score that is in stays."""
    project = locked(review.project)
    review = _locked(review)
    if not may_review(project, by):
        raise NotAllowed("评审专家由组织科撤换。")
    if review.status != ReviewStatus.ASSIGNED or (version is not None and version != review.version):
        raise WrongState("这位专家已经评分或不再评审，不能撤换。刷新页面看最新情况。")
    review.status, review.reason = ReviewStatus.WITHDRAWN, require_reason(reason)
    review.commit(at)
    _touch(project, at)
    stop_clock(review, at)
    told = [str(review.reviewer.account_id)] if review.reviewer.account_id else []
    _tell("withdrawn", review, by, at, told)
    return review


def _own(review: Review, by: User, version: int | None) -> tuple[Review, Flagship]:
    """The review under the lock of its project, when it is this reviewer's and still to be scored."""
    project = locked(review.project)
    review = _locked(review)
    if not Review.objects.own_of(by).filter(pk=review.pk).exists():
        raise NotAllowed("只有被指派的评审专家能评分。")
    if review.status != ReviewStatus.ASSIGNED or project.status != FlagshipStatus.APPLIED:
        raise WrongState(f"现在是“{review.get_status_display()}”，不能再评分。")
    if version is not None and version != review.version:
        raise WrongState("评审任务有变化。刷新页面看最新情况。")
    return review, project


def _locked(review: Review) -> Review:
    rows = Review.objects.select_related("reviewer")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return rows.get(pk=review.pk)


def _touch(project: Flagship, at: datetime) -> None:
    """The project's page shows how far the reviews are."""
    project.commit(at)


def _tell(what: str, review: Review, by: User, at: datetime, accounts: list[str]) -> None:
    """About the review; its address is the sheet for the reviewer, the project's page for the bureau."""
    to_reviewer = what in ("assigned", "withdrawn")
    url = review.get_absolute_url() if to_reviewer else review.project.get_absolute_url()
    record(
        f"projects.review.{what}", by=by, at=at, on=review.project, school_id=review.project.school_id, url=url,
        accounts=accounts, review=str(review.pk),
    )  # fmt: skip
