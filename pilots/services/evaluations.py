"""中期、终期评估 of the rollout at one school: 组织科 fills in the bureau's form and concludes; the result is the school's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import Difference, Fault, InvalidInput, NotAllowed, Stale, WrongState
from pilots.evaluations import NOT_REVIEWERS, Criterion, EvaluationForm, current_form, form_of, may_evaluate
from pilots.models import Evaluation, EvaluationAnswer, EvaluationKind, EvaluationResult
from pilots.states import EVALUATION
from schools.models import PilotStatus, School

LONGEST_FACT, LONGEST_TEXT = 500, 2000
NOT_YET = "学校的一校一案还没有通过，先通过方案，再评估实施。"


@dataclass(frozen=True)
class AnswerInput:
    """The answer to one criterion; points may be left out."""

    points: int | None = None
    text: str = ""


@dataclass(frozen=True)
class EvaluationInput:
    """The whole form; all may be blank until it is concluded."""

    held_on: date | None = None
    result: str = ""
    text: str = ""
    answers: Mapping[str, AnswerInput] = field(default_factory=dict)


@transaction.atomic
def write_evaluation(
    *,
    school: School,
    kind: str,
    new: EvaluationInput,
    concludes: bool = False,
    version: int | None = None,
    by: User,
    at: datetime,
) -> Evaluation:
    """保存 the form, and 下结论 in the same go when that was asked: both or neither. What is concluded is not changed."""
    if not may_evaluate(by, school.pk):
        raise NotAllowed(NOT_REVIEWERS)
    evaluation = _locked(school, kind, by)
    if version is not None and version != evaluation.version:
        raise Stale(differences=_differences(evaluation, new))
    if evaluation.concluded_at is not None:
        raise WrongState("评估已经下结论，不能再改。")
    form = form_of(evaluation)
    _check(form, new, local_day(at), concludes=concludes)
    started = evaluation.version == 0
    evaluation.held_on, evaluation.result, evaluation.text = new.held_on, new.result, new.text.strip()
    if concludes:
        EVALUATION.require("conclude", "draft")
        evaluation.concluded_at, evaluation.concluded_by = at, by
    evaluation.commit(at)
    _write_answers(evaluation, form, new.answers)
    _tell("drafted" if started else "edited", evaluation, by, at)
    if concludes:
        _tell("concluded", evaluation, by, at, result=evaluation.get_result_display())
    return evaluation


def _locked(school: School, kind: str, by: User) -> Evaluation:
    """The evaluation under the lock of its school; a new one is written with the form of today."""
    school = School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    found = Evaluation.objects.filter(school=school, kind=kind).first()
    if found is None:
        if school.pilot_status not in (PilotStatus.IMPLEMENTING, PilotStatus.IMPLEMENTED):
            raise WrongState(NOT_YET)
        found = Evaluation(school=school, kind=EvaluationKind(kind), form=current_form(kind).version, drafted_by=by)
    found.school = school
    return found


def _check(form: EvaluationForm, new: EvaluationInput, today: date, *, concludes: bool) -> None:
    most = {criterion.code: criterion for criterion in form.criteria}
    faults = [Fault(code, "评估表里没有这一项") for code in new.answers if code not in most]
    for code, answer in new.answers.items():
        if code in most and answer.points is not None and not 0 <= answer.points <= most[code].points:
            faults.append(Fault(code, f"“{most[code].title}”写 0 至 {most[code].points} 分，或者不写"))
        if len(answer.text) > LONGEST_FACT:
            faults.append(Fault(code, f"事实写到 {LONGEST_FACT} 字以内"))
    if new.held_on is not None and new.held_on > today:
        faults.append(Fault("held_on", f"评估日期写今天（{today}）或之前的日子"))
    if new.result and new.result not in EvaluationResult.values:
        faults.append(Fault("result", "从好、较好、一般、较差里选一个结论"))
    if len(new.text) > LONGEST_TEXT:
        faults.append(Fault("text", f"总评写到 {LONGEST_TEXT} 字以内"))
    faults += _lacking(most.values(), new) if concludes else []
    if faults:
        raise InvalidInput(faults)


def _lacking(criteria: Iterable[Criterion], new: EvaluationInput) -> list[Fault]:
    """What must stand there before a conclusion: day, result, and a word or points for every criterion."""
    faults = []
    if new.held_on is None:
        faults.append(Fault("held_on", "填写评估日期"))
    if not new.result:
        faults.append(Fault("result", "选一个结论"))
    for criterion in criteria:
        answer = new.answers.get(criterion.code, AnswerInput())
        if answer.points is None and not answer.text.strip():
            faults.append(Fault(criterion.code, f"“{criterion.title}”写分数或事实"))
    return faults


def _write_answers(evaluation: Evaluation, form: EvaluationForm, answers: Mapping[str, AnswerInput]) -> None:
    evaluation.answers.all().delete()
    rows = []
    for criterion in form.criteria:
        answer = answers.get(criterion.code, AnswerInput())
        if answer.points is not None or answer.text.strip():
            rows.append(
                EvaluationAnswer(
                    evaluation=evaluation, criterion=criterion.code, points=answer.points, text=answer.text.strip()
                )
            )
    EvaluationAnswer.objects.bulk_create(rows)


def _differences(evaluation: Evaluation, new: EvaluationInput) -> list[Difference]:
    labels = {"": "–", **dict(EvaluationResult.choices)}
    pairs = [
        ("held_on", "评估日期", str(evaluation.held_on or "–"), str(new.held_on or "–")),
        ("result", "结论", str(labels[evaluation.result]), str(labels.get(new.result, new.result))),
        ("text", "总评", evaluation.text or "–", new.text.strip() or "–"),
    ]
    stored = {answer.criterion: answer for answer in evaluation.answers.all()} if evaluation.version else {}
    for criterion in form_of(evaluation).criteria:
        theirs, yours = stored.get(criterion.code), new.answers.get(criterion.code, AnswerInput())
        pairs.append(
            (
                criterion.code,
                criterion.title,
                _said(theirs.points, theirs.text) if theirs else "–",
                _said(yours.points, yours.text),
            )
        )
    return [Difference(*pair) for pair in pairs if pair[2] != pair[3]]


def _said(points: int | None, text: str) -> str:
    return "，".join(filter(None, [f"{points} 分" if points is not None else "", text.strip()])) or "–"


def _tell(what: str, evaluation: Evaluation, by: User, at: datetime, **data: str) -> None:
    record(
        f"pilots.evaluation.{what}", by=by, at=at, on=evaluation, school_id=evaluation.school_id,
        url=evaluation.get_absolute_url(), **data,
    )  # fmt: skip
