"""Three-step selection: the school nominates itself, its office recommends, the bureau reviews. The application's row is the lock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault, require_reason
from common.transitions import Transition
from pilots.models import Application, ApplicationStatus, Batch, Opinion, OpinionResult, OpinionStep
from pilots.selection_guards import OPEN_TO_CHANGE, application_refusal, may_write
from pilots.services.batches import locked_batch
from pilots.services.selection_clock import set_clock
from pilots.states import APPLICATION
from schools.models import PilotStatus, School
from schools.services.pilot import set_pilot_status

STALE = "刚才有人办理过这份申报。看过最新情况再办。"
NOT_THEIRS = "试点申报由本校书记、校长或党政办填写。"
LIMITS = {"reasons": ("自荐理由", 2000), "conditions": ("工作基础", 2000), "sample": ("样本定位", 200)}
LONGEST_OPINION = 2000
S, R = ApplicationStatus, OpinionResult


@dataclass(frozen=True)
class ApplicationInput:
    """What the school writes. All may be blank in a draft."""

    reasons: str = ""
    conditions: str = ""
    sample: str = ""
    batch: UUID | None = None


@transaction.atomic
def start_application(*, school: School, new: ApplicationInput, by: User, at: datetime) -> Application:
    """填写自荐: the school's one application, as a draft, by 书记、校长 or 党政办."""
    if not may_write(by, school.pk):
        raise NotAllowed(NOT_THEIRS)
    School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    if Application.objects.filter(school=school).exists():
        raise WrongState("本校已经有一份申报。打开它继续填写。")
    application = Application(school=school)
    _write(application, new, at)
    application.commit(at)
    _tell("pilots.application.drafted", application, by, at)
    return application


@transaction.atomic
def edit_application(
    *, application: Application, new: ApplicationInput, version: int | None = None, by: User, at: datetime
) -> Application:
    """修改自荐材料, until it is nominated and again after it was returned. A stale version is refused with what differs."""
    application = locked_application(application)
    if not may_write(by, application.school_id):
        raise NotAllowed(NOT_THEIRS)
    if version is not None and version != application.version:
        raise Stale(differences=differences(application, new))
    if application.status not in OPEN_TO_CHANGE:
        raise WrongState(f"现在是“{application.get_status_display()}”，材料不能再改。要改请先退回修改。")
    _write(application, new, at)
    application.commit(at)
    _tell("pilots.application.edited", application, by, at)
    return application


@transaction.atomic
def write_application(
    *,
    school: School,
    application: Application | None,
    new: ApplicationInput,
    version: int | None,
    nominates: bool,
    by: User,
    at: datetime,
) -> Application:
    """Save what was typed, and nominate in the same go when that was asked: both or neither."""
    if application is None:
        saved = start_application(school=school, new=new, by=by, at=at)
    else:
        saved = edit_application(application=application, new=new, version=version, by=by, at=at)
    return nominate(application=saved, by=by, at=at) if nominates else saved


def nominating_refusal(school: School, application: Application | None, by: User) -> str | None:
    """Why this account may not nominate the school (in Chinese), or None; before there is an application, too."""
    asked = application or Application(school=school)
    step = APPLICATION.require("nominate", S.DRAFT)
    return application_refusal(asked, step, by)


def differences(application: Application, new: ApplicationInput) -> list[Difference]:
    """Where the stored words and the typed ones differ."""
    pairs = [
        (name, words, getattr(application, name), getattr(new, name).strip()) for name, (words, _) in LIMITS.items()
    ]
    return [
        Difference(name, words, theirs or "–", yours or "–") for name, words, theirs, yours in pairs if theirs != yours
    ]


@transaction.atomic
def nominate(*, application: Application, version: int | None = None, by: User, at: datetime) -> Application:
    """学校自荐, by 书记. Returned by the bureau after the office had recommended, it goes straight to the bureau again."""
    application, step = _begin(application, "nominate", by, version)
    _refuse_incomplete(application, at)
    application.nominated_at, application.nominated_by = at, by
    _say(application, OpinionStep.NOMINATION, R.PASSED, application.reasons, by, at)
    application.returned_at = application.returned_by = None
    application.exempt = application.exempt and application.recommendation_stands
    _finish(application, step, by, at, save=not application.recommendation_stands)
    if application.recommendation_stands:
        _finish(application, APPLICATION.require("keep_recommendation", application.status), by, at)
    set_pilot_status(school=application.school, status=PilotStatus.APPLYING, by=by, at=at)
    return application


@transaction.atomic
def recommend(
    *, application: Application, opinion: str, version: int | None = None, by: User, at: datetime
) -> Application:
    """教办推荐, with its opinion."""
    application, step = _begin(application, "recommend", by, version)
    text = _opinion(opinion, required="写明推荐意见")
    return _recommended(application, step, R.PASSED, text, by, at)


@transaction.atomic
def exempt(
    *, application: Application, opinion: str = "", version: int | None = None, by: User, at: datetime
) -> Application:
    """免推荐: a school directly under the bureau has no office; 组织科 puts that on record."""
    application, step = _begin(application, "exempt", by, version)
    application.exempt = True
    return _recommended(application, step, R.EXEMPT, _opinion(opinion) or "直属学校，免教办推荐", by, at)


def _recommended(
    application: Application, step: Transition, result: OpinionResult, text: str, by: User, at: datetime
) -> Application:
    application.recommended_at, application.recommended_by = at, by
    _say(application, OpinionStep.RECOMMENDATION, result, text, by, at)
    return _finish(application, step, by, at)


@transaction.atomic
def approve(
    *,
    application: Application,
    batch: Batch | None = None,
    opinion: str = "",
    version: int | None = None,
    by: User,
    at: datetime,
) -> Application:
    """审核通过, into a batch with a place left: the named one, or the one the school asked for. The school is told its batch."""
    application, step = _begin(application, "approve", by, version)
    chosen = batch or application.batch
    if chosen is None:
        raise one_fault("batch", "选一个批次再通过")
    application.batch = _with_place(chosen)
    application.approved_at, application.approved_by = at, by
    application.recommendation_stands = False
    _say(application, OpinionStep.REVIEW, R.PASSED, _opinion(opinion) or "同意", by, at)
    _finish(application, step, by, at, batch=application.batch.code)
    set_pilot_status(school=application.school, status=PilotStatus.APPROVED, by=by, at=at)
    return application


def _with_place(batch: Batch) -> Batch:
    """The batch under its lock: of two who ask for the last place at once, the second finds it taken."""
    batch = locked_batch(batch)
    taken = Application.objects.filter(batch=batch, status=S.APPROVED).count()
    if taken >= batch.quota:
        raise WrongState(f"{batch.name}的 {batch.quota} 个名额已满。换一个批次，或先调整名额。")
    return batch


@transaction.atomic
def return_application(
    *,
    application: Application,
    reason: str,
    mend_by: date | None = None,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Application:
    """退回修改, by who may do the next step, to the school. Once the office has recommended, it need not be asked again."""
    application, step = _begin(application, "return", by, version)
    reason = require_reason(reason)
    if mend_by is not None and mend_by < local_day(at):
        raise one_fault("mend_by", f"请学校改好的日期要在今天（{local_day(at)}）或之后")
    place = OpinionStep.REVIEW if application.status == S.RECOMMENDED else OpinionStep.RECOMMENDATION
    application.recommendation_stands = application.status == S.RECOMMENDED
    application.returned_at, application.returned_by = at, by
    _say(application, place, R.RETURNED, reason, by, at)
    return _finish(application, step, by, at, mend_by=mend_by, reason=reason)


# ---- what the steps have in common ----


def locked_application(application: Application) -> Application:
    """The application under its lock, read anew."""
    if connection.features.has_select_for_update:
        Application.objects.select_for_update().only("pk").get(pk=application.pk)
    return Application.objects.with_people().get(pk=application.pk)


def _begin(application: Application, name: str, by: User, version: int | None) -> tuple[Application, Transition]:
    """Lock, check version, state and person. A late second caller hears that things have moved on."""
    application = locked_application(application)
    if version is not None and version != application.version:
        raise Stale(STALE)
    step = APPLICATION.require(name, application.status)
    if why := application_refusal(application, step, by):
        raise NotAllowed(why)
    return application, step


def _finish(
    application: Application,
    step: Transition,
    by: User,
    at: datetime,
    *,
    save: bool = True,
    mend_by: date | None = None,
    **data: Any,
) -> Application:
    """Set the state, let the clock run for the next step, save, record the fact."""
    if step.target is not None:
        application.status = step.target
    if save:
        set_clock(application, at, mend_by)
        application.commit(at)
    _tell(step.event, application, by, at, **data)
    return application


def _tell(kind: str, application: Application, by: User, at: datetime, **data: Any) -> None:
    due_on = application.step_due_on.isoformat() if application.step_due_on else ""
    record(
        kind, by=by, at=at, on=application, school_id=application.school_id, url=application.get_absolute_url(),
        due_on=due_on, **data,
    )  # fmt: skip


def _say(application: Application, step: OpinionStep, result: OpinionResult, text: str, by: User, at: datetime) -> None:
    Opinion.objects.create(application=application, step=step, result=result, text=text, at=at, by=by)


def _opinion(raw: str, required: str = "") -> str:
    text = raw.strip()
    if len(text) > LONGEST_OPINION:
        raise one_fault("opinion", f"意见写到 {LONGEST_OPINION} 字以内")
    if required and len(text) < 2:
        raise one_fault("opinion", required)
    return text


def _refuse_incomplete(application: Application, at: datetime) -> None:
    faults = [Fault(name, f"写明{words}") for name, (words, _) in LIMITS.items() if not getattr(application, name)]
    batch, today = application.batch, local_day(at)
    if batch is not None and batch.opens_on > today:
        faults.append(Fault("batch", f"{batch.name} {batch.opens_on} 才启动，换一个批次，或到时再自荐"))
    if faults:
        raise InvalidInput(faults)


def _write(application: Application, new: ApplicationInput, at: datetime) -> None:
    faults = [
        Fault(name, f"{words}写到 {limit} 字以内")
        for name, (words, limit) in LIMITS.items()
        if len(getattr(new, name).strip()) > limit
    ]
    batch = Batch.objects.filter(pk=new.batch).first() if new.batch else None
    if new.batch and batch is None:
        faults.append(Fault("batch", "从列出的批次里选"))
    if faults:
        raise InvalidInput(faults)
    for name in LIMITS:
        setattr(application, name, getattr(new, name).strip())
    application.batch = batch
    if application.status == S.DRAFT:
        set_clock(application, at)
