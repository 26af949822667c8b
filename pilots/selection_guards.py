"""Who may do what with an application: the column “who” of its states, and nominator ≠ recommender ≠ reviewer."""

from uuid import UUID

from accounts.models import User
from common.transitions import Transition
from pilots.models import Application, ApplicationStatus
from pilots.states import APPLICATION, AUTOMATIC
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

OPEN_TO_CHANGE = (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED)


def open_application_actions(application: Application, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = APPLICATION.open_from(application.status)
    return [step for step in steps if application_refusal(application, step, user) is None]


def application_refusal(application: Application, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.name in AUTOMATIC:
        return "这一步随学校再次自荐自动办理。"
    if step.name == "return":
        return _return_refusal(application, user)
    check = {"nominate": _nominating, "recommend": _recommending, "exempt": _exempting, "approve": _approving}[
        step.name
    ]
    return check(application, user)


def _nominating(application: Application, user: User) -> str | None:
    may = access.can(user, SchoolPerm.SUBMIT_PLAN, application.school_id)
    if not may:
        return "学校自荐由本校书记办理。"
    standing = application.recommendation_stands and user.pk == application.recommended_by_id
    return "你推荐过这所学校，不能再替它自荐。" if standing else None


def _recommending(application: Application, user: User) -> str | None:
    if application.school.office_id is None:
        return "直属学校没有教办，由组织科登记免推荐。"
    if not access.can(user, SchoolPerm.RECOMMEND, application.school_id):
        return "教办推荐由学校所属的教办办理。"
    return "自荐的人不能推荐，请教办的另一位办理。" if user.pk == application.nominated_by_id else None


def _exempting(application: Application, user: User) -> str | None:
    if application.school.office_id is not None:
        return "这所学校归教办管理，由教办推荐。"
    if not access.can(user, SchoolPerm.REVIEW, application.school_id):
        return "免推荐由组织科登记。"
    return "自荐的人不能登记免推荐，请组织科的另一位办理。" if user.pk == application.nominated_by_id else None


def _approving(application: Application, user: User) -> str | None:
    if not access.can(user, SchoolPerm.REVIEW, application.school_id):
        return "局级审核由组织科办理。"
    if user.pk == application.nominated_by_id:
        return "自荐的人不能审核，请组织科的另一位办理。"
    if user.pk == application.recommended_by_id and not application.exempt:
        return "推荐的人不能审核，请组织科的另一位办理。"
    return None


def _return_refusal(application: Application, user: User) -> str | None:
    """Returning is for who may do the next step."""
    if application.status == ApplicationStatus.RECOMMENDED:
        return _approving(application, user)
    return _recommending(application, user) if application.school.office_id else _exempting(application, user)


def may_write(user: User, school_id: UUID) -> bool:
    """Whether this account writes the school's application (书记、校长、党政办)."""
    return access.can(user, SchoolPerm.EDIT_PLAN, school_id)


def may_edit(application: Application, user: User) -> bool:
    """Whether its words may be changed now, by this account."""
    return application.status in OPEN_TO_CHANGE and may_write(user, application.school_id)


def keeps_batches(user: User) -> bool:
    """Whether this account keeps the batches (组织科)."""
    return access.school_ids(user, SchoolPerm.REVIEW).everywhere


def schools_without(user: User) -> list[School]:
    """Schools the account may write an application for and that have none yet."""
    ids = access.school_ids(user, SchoolPerm.EDIT_PLAN).ids
    return list(School.objects.filter(pk__in=ids, pilot_application=None).order_by("py", "pk")) if ids else []
