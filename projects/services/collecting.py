"""案例库: the organisation section enters selected cases, publishes them and takes them down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, detach
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, one_fault
from projects.models import Flagship, Level, SelectedCase
from projects.models.cases import enters_cases
from schools.models import School

LIMITS = {"title": 100, "named": 100, "authors": 120, "summary": 200, "text": 20000}
NOT_THEIRS = "案例由组织科录入和发布。"


@dataclass(frozen=True)
class CaseInput:
    """A case as typed."""

    title: str
    level: str
    year: int
    text: str
    named: str = ""
    authors: str = ""
    summary: str = ""
    project: UUID | None = None


@transaction.atomic
def enter_case(*, school: School, new: CaseInput, by: User, at: datetime) -> SelectedCase:
    """录入案例: for the organisation section to see, until it is published."""
    _require(by)
    case = SelectedCase(school=school, entered_by=by)
    _write(case, new, at)
    _tell("entered", case, by, at)
    return case


@transaction.atomic
def edit_case(
    *, case: SelectedCase, new: CaseInput, version: int | None = None, by: User, at: datetime
) -> SelectedCase:
    """修改案例."""
    case = _locked(case, version, by)
    _write(case, new, at)
    _tell("edited", case, by, at)
    return case


@transaction.atomic
def publish_case(*, case: SelectedCase, version: int | None = None, by: User, at: datetime) -> SelectedCase:
    """发布案例: every school may read it."""
    case = _locked(case, version, by)
    if case.published_at is not None:
        raise WrongState("案例已经发布。")
    case.published_by, case.published_at = by, at
    case.commit(at)
    _tell("published", case, by, at)
    return case


@transaction.atomic
def withdraw_case(*, case: SelectedCase, version: int | None = None, by: User, at: datetime) -> SelectedCase:
    """撤下案例: for the organisation section alone again."""
    case = _locked(case, version, by)
    if case.published_at is None:
        raise WrongState("案例还没有发布。")
    case.published_by = case.published_at = None
    case.commit(at)
    _tell("withdrawn", case, by, at)
    return case


@transaction.atomic
def attach_to_case(*, case: SelectedCase, upload: UploadedFile, by: User, at: datetime) -> Attachment:
    """传案例附件."""
    case = _locked(case, None, by)
    return attach(upload=upload, on=case, school=case.school, by=by, at=at)


@transaction.atomic
def detach_from_case(*, case: SelectedCase, attachment: UUID, by: User, at: datetime) -> None:
    """移除案例附件."""
    case = _locked(case, None, by)
    file = Attachment.objects.filter(pk=attachment, subject=subject_of(case)).first()
    if file is None:
        raise WrongState("这份附件已经移除。")
    detach(attachment=file, by=by, at=at)


def _require(by: User) -> None:
    if not enters_cases(by):
        raise NotAllowed(NOT_THEIRS)


def _locked(case: SelectedCase, version: int | None, by: User) -> SelectedCase:
    _require(by)
    rows = SelectedCase.objects.select_for_update(of=("self",)).select_related("school", "project")
    found = rows.get(pk=case.pk)
    if version is not None and version != found.version:
        raise Stale("刚才有人改过这个案例。看过最新内容再办。")
    return found


def _write(case: SelectedCase, new: CaseInput, at: datetime) -> None:
    today = local_day(at)
    given = {name: getattr(new, name).strip() for name in LIMITS}
    faults = [Fault(name, f"写到 {most} 字以内") for name, most in LIMITS.items() if len(given[name]) > most]
    faults += [
        Fault(name, words) for name, words in (("title", "写案例名称"), ("text", "写案例正文")) if not given[name]
    ]
    if new.level not in Level.values:
        faults.append(Fault("level", "级别从国家、省、市、区里选"))
    if not 2000 <= new.year <= today.year:
        faults.append(Fault("year", f"年份写 2000 至 {today.year}"))
    same = SelectedCase.objects.filter(school=case.school, title=given["title"]).exclude(pk=case.pk)
    if given["title"] and same.exists():
        faults.append(Fault("title", "这所学校已有同名案例"))
    if faults:
        raise InvalidInput(faults)
    project = Flagship.objects.filter(pk=new.project, school=case.school).first() if new.project else None
    if new.project and project is None:
        raise one_fault("project", "从这所学校的领雁项目里选，或不选")
    for name, text in given.items():
        setattr(case, name, text)
    case.level, case.year, case.project = new.level, new.year, project
    case.commit(at)


def _tell(what: str, case: SelectedCase, by: User, at: datetime, **data: Any) -> None:
    record(
        f"projects.case.{what}", by=by, at=at, on=case, school_id=case.school_id, url=case.get_absolute_url(), **data
    )
