"""What may be shown of the experts' reviews, and to whom: blind until all are in, names for the organisation section alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from accounts.models import User
from projects.guards import current_reviews, may_review, reviews_refusal
from projects.models import CRITERIA, Flagship, FlagshipStatus, Review, ReviewStatus
from schools.access import can
from schools.permissions import SchoolPerm


@dataclass(frozen=True)
class Shown:
    """One review as it may be shown. `who` is a name, or “专家一”."""

    who: str
    words: str
    kind: str
    total: int | None = None
    points: tuple[int, ...] = ()
    opinion: str = ""
    reason: str = ""
    review: Review | None = None


@dataclass(frozen=True)
class Panel:
    """The reviews of an application for one reader. `blind`: scores are still closed to everybody."""

    rows: Sequence[Shown]
    blind: bool
    average: float | None
    done: int
    waiting: int
    may_assign: bool = False
    why_not: str = ""


TAGS = {
    ReviewStatus.ASSIGNED: "wait",
    ReviewStatus.SUBMITTED: "done",
    ReviewStatus.DECLINED: "back",
    ReviewStatus.WITHDRAWN: "none",
}
ORDINALS = "一二三四五六七八九十"


def panel_of(project: Flagship, user: User) -> Panel | None:
    """For the organisation section names and, when all are in, scores; for who applied what remains after the listing."""
    bureau = can(user, SchoolPerm.REVIEW, project.school_id)
    decided = project.listed_at is not None
    if not project.round or not (bureau or decided):
        return None
    reviews = current_reviews(project)
    if not reviews and not bureau:
        return None
    closed = _waiting(reviews) > 0
    rows = [_for_bureau(review, closed) for review in reviews] if bureau else nameless(reviews)
    return Panel(
        rows,
        blind=closed,
        average=None if closed else average_of(reviews),
        done=sum(review.status == ReviewStatus.SUBMITTED for review in reviews),
        waiting=_waiting(reviews),
        may_assign=_may_assign(project, user),
        why_not=reviews_refusal(project, reviews) or "",
    )


def _may_assign(project: Flagship, user: User) -> bool:
    ready = project.status == FlagshipStatus.APPLIED and project.checked_at is not None
    return ready and may_review(project, user)


def _waiting(reviews: Sequence[Review]) -> int:
    return sum(review.status == ReviewStatus.ASSIGNED for review in reviews)


def _for_bureau(review: Review, closed: bool) -> Shown:
    shown = Shown(
        review.reviewer.name, review.get_status_display(), TAGS[ReviewStatus(review.status)], reason=review.reason,
        review=review,
    )  # fmt: skip
    return shown if closed or review.status != ReviewStatus.SUBMITTED else _with_scores(shown, review)


def _with_scores(shown: Shown, review: Review) -> Shown:
    points = tuple(getattr(review, criterion.code) for criterion in CRITERIA)
    return Shown(shown.who, shown.words, shown.kind, review.total, points, review.opinion, shown.reason, shown.review)


def nameless(reviews: Sequence[Review], but: Review | None = None) -> list[Shown]:
    """Scores and opinions without names, in an order that tells nothing; nothing at all while one is still open."""
    if _waiting(reviews):
        return []
    scored = [review for review in reviews if review.status == ReviewStatus.SUBMITTED and review != but]
    scored.sort(key=lambda review: (-(review.total or 0), review.pk.hex))
    return [
        _with_scores(Shown(f"专家{ORDINALS[place % 10]}", "已评分", "done"), review)
        for place, review in enumerate(scored)
    ]


def average_of(reviews: Sequence[Review]) -> float | None:
    """The mean of the totals, one decimal."""
    totals = [
        review.total for review in reviews if review.status == ReviewStatus.SUBMITTED and review.total is not None
    ]
    return round(mean(totals), 1) if totals else None
