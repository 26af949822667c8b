"""Who may do what with a project: the notes of the permission table, and the column “who” of its states."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from accounts.models import User
from common import history
from common.dates import local_day
from common.transitions import Transition
from projects.models import CRITERIA, Flagship, FlagshipStatus, Review, ReviewStatus
from projects.states import FLAGSHIP
from schools import access
from schools.models import Appointment, Person
from schools.permissions import Post, SchoolPerm

S = FlagshipStatus
NEEDED_REVIEWS = 2  # scored independently of each other: one alone would be nobody's check
BUREAU_STEPS = ("list", "mid_check", "conclude", "extend", "terminate")
OWN = "这是你自己申报的项目，由组织科的另一个人办理。"


def open_actions(project: Flagship, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = [step for step in FLAGSHIP.open_from(project.status) if refusal(project, step, user) is None]
    return [step for step in steps if step.name != "list" or reviews_refusal(project) is None]


def refusal(project: Flagship, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.name == "apply":
        may = access.can(user, SchoolPerm.SUBMIT_PLAN, project.school_id)
        return None if may else f"{step.label}由本校书记办理。"
    if step.name == "start":
        return None if leads(project, user) else f"{step.label}由主持人{project.leader_text}办理。"
    if step.name == "return" and access.can(user, SchoolPerm.RECOMMEND, project.school_id):
        return None
    if not access.can(user, SchoolPerm.REVIEW, project.school_id):
        return f"{step.label}由{'教办或组织科' if step.name == 'return' else '组织科'}办理。"
    return OWN if project.applied_by_id == user.pk else None


def leads(project: Flagship, user: User) -> bool:
    """The leader in office at the school; when he is not any more, the secretary of today."""
    posts = access.posts_at(user, project.school_id)
    if not posts:
        return False
    if project.leader_id is not None and project.leader_id == access.person_of(user):
        return True
    return Post.SECRETARY in posts and not in_office(project, local_day(history.now()))


def in_office(project: Flagship, day: date) -> bool:
    """Whether the leader still holds a post of the school."""
    held = Appointment.objects.on(day).filter(school=project.school_id, person=project.leader_id)
    return project.leader_id is not None and held.exists()


def may_edit(project: Flagship, user: User) -> bool:
    """The draft, and until the start its team and milestones, are written by 书记、校长、党政办."""
    may = access.can(user, SchoolPerm.EDIT_PLAN, project.school_id)
    return may and project.status in (S.DRAFT, S.LISTED)


def may_advise(project: Flagship, user: User) -> bool:
    """教办意见, as long as the application is open."""
    return project.status == S.APPLIED and access.can(user, SchoolPerm.RECOMMEND, project.school_id)


def may_review(project: Flagship, user: User) -> bool:
    """初审, reviewers, changes: the organisation section, not about his own application."""
    return access.can(user, SchoolPerm.REVIEW, project.school_id) and project.applied_by_id != user.pk


def sees_scores(user: User, project: Flagship) -> bool:
    """Names and scores are for the organisation section alone, and only when all reviews are in."""
    return access.can(user, SchoolPerm.REVIEW, project.school_id)


def current_reviews(project: Flagship) -> list[Review]:
    """The reviews of the present application, those replaced included."""
    rows = Review.objects.filter(project=project, round=project.round).select_related("reviewer")
    return list(rows.order_by("assigned_at", "pk"))


def reviews_refusal(project: Flagship, reviews: Iterable[Review] | None = None) -> str | None:
    """Why the reviews do not yet carry a listing, or None: enough of them, and none still open."""
    known = current_reviews(project) if reviews is None else list(reviews)
    waiting = sum(review.status == ReviewStatus.ASSIGNED for review in known)
    done = sum(review.status == ReviewStatus.SUBMITTED for review in known)
    if waiting:
        return f"还有 {waiting} 位专家没有评分，评分齐了再立项。"
    if done < NEEDED_REVIEWS:
        return f"至少要 {NEEDED_REVIEWS} 位专家评分，现在有 {done} 位。先指派评审专家。"
    return None


def conflict_of(project: Flagship, reviewer: Person) -> str | None:
    """Why this expert may not review the project (利益关系), or None."""
    if reviewer.pk == project.leader_id:
        return f"{reviewer.name}是项目主持人，不能评审。换一位专家。"
    if Appointment.objects.filter(school=project.school_id, person=reviewer).exists():
        return f"{reviewer.name}在申报学校任过职，不能评审。换一位专家。"
    if reviewer.school_id == project.school_id:
        return f"{reviewer.name}是申报学校的人员，不能评审。换一位专家。"
    for member in project.team.all():
        if member.person_id == reviewer.pk:
            return f"{reviewer.name}是项目组成员，不能评审。换一位专家。"
        if member.person_id is None and member.name == reviewer.name:
            return f"项目组里有一位{reviewer.name}。是同一人不能评审；不是，请学校在项目组里写明单位。"
    return None


def may_read_files(user: User, project_id: UUID) -> bool:
    """Files of a project may be read by who sees it, and by its reviewers."""
    if Flagship.objects.visible_to(user).filter(pk=project_id).exists():
        return True
    return Review.objects.own_of(user).active().filter(project=project_id).exists()


def most_points() -> int:
    """What the sheet adds up to."""
    return sum(criterion.most for criterion in CRITERIA)
