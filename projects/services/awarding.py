"""成果登记与核验: an award is kept once, and counts when the bureau has seen the certificate."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload, detach
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState, require_reason
from projects.models import LISTED_OR_LATER, Award, Flagship, Level, name_key
from projects.services.base import locked, of_perm, of_school
from schools import access
from schools.permissions import SchoolPerm

FIRST_YEAR = 2000


@dataclass(frozen=True)
class AwardInput:
    """An award as typed."""

    level: str
    name: str
    year: int
    prize: str = ""
    issuer: str = ""
    certificate: str = ""
    awarded_on: date | None = None


LIMITS = {"name": 100, "prize": 20, "issuer": 60, "certificate": 60}


def may_register(user: User, school_id: UUID) -> bool:
    """The school's 书记、校长、党政办, and the organisation section."""
    return any(access.can(user, perm, school_id) for perm in (SchoolPerm.EDIT_PLAN, SchoolPerm.REVIEW))


def may_verify(user: User, award: Award) -> bool:
    """The organisation section, not what he entered himself for a school of his own."""
    school = award.project.school_id
    return access.can(user, SchoolPerm.REVIEW, school) and not access.posts_at(user, school)


@transaction.atomic
def register_award(
    *, project: Flagship, new: AwardInput, files: list[UploadedFile] | None = None, by: User, at: datetime
) -> Award:
    """登记成果 of a listed project. What the bureau enters is verified; what a school enters waits for it."""
    project = locked(project)
    if not may_register(by, project.school_id):
        raise NotAllowed("成果由本校书记、校长、党政办或组织科登记。")
    if project.status not in LISTED_OR_LATER:
        raise WrongState("立项以后才登记成果。")
    award = Award(project=project, entered_by=by)
    _check(award, new, at)
    for upload in files or ():
        check_upload(upload)
    write_award(award, new)
    if may_verify(by, award):
        award.verified_by, award.verified_at = by, at
    award.commit(at)
    for upload in files or ():
        attach(upload=upload, on=award, school=project.school, by=by, at=at)
    project.commit(at)
    told = [] if award.verified_at else of_perm(project.school, at, SchoolPerm.REVIEW)
    _tell("registered", award, by, at, told)
    return award


@transaction.atomic
def edit_award(*, award: Award, new: AwardInput, version: int | None = None, by: User, at: datetime) -> Award:
    """更正成果: as long as it is not verified by the school, then by the organisation section."""
    award = _begin(award, version, by)
    _check(award, new, at)
    write_award(award, new)
    award.commit(at)
    award.project.commit(at)
    _tell("edited", award, by, at, [])
    return award


@transaction.atomic
def add_certificate(*, award: Award, upload: UploadedFile, by: User, at: datetime) -> Attachment:
    """传证书 of an award."""
    award = _begin(award, None, by)
    return attach(upload=upload, on=award, school=award.project.school, by=by, at=at)


@transaction.atomic
def verify_award(*, award: Award, version: int | None = None, by: User, at: datetime) -> Award:
    """核验成果: the organisation section has seen the certificate; from now on it counts."""
    award = _locked(award, version)
    if not may_verify(by, award):
        raise NotAllowed("成果由组织科核验，不核验自己学校的。")
    if award.verified_at is not None:
        raise WrongState("这项成果已经核验。")
    award.verified_by, award.verified_at = by, at
    award.commit(at)
    award.project.commit(at)
    _tell("verified", award, by, at, of_school(award.project, at))
    return award


@transaction.atomic
def remove_award(*, award: Award, reason: str, version: int | None = None, by: User, at: datetime) -> None:
    """删去成果 entered by mistake, with a reason; its certificate goes along."""
    award = _begin(award, version, by)
    reason = require_reason(reason)
    told = of_school(award.project, at)
    _tell("removed", award, by, at, told, reason=reason, what=str(award))
    for file in Attachment.objects.filter(subject=subject_of(award)):
        detach(attachment=file, by=by, at=at)
    project = award.project
    award.delete()
    project.commit(at)


def write_award(award: Award, new: AwardInput) -> None:
    """Put what was typed into the row. The caller saves."""
    award.level, award.year, award.awarded_on = new.level, new.year, new.awarded_on
    award.name = " ".join(new.name.split())
    award.name_key = name_key(new.name)
    for name in ("prize", "issuer", "certificate"):
        setattr(award, name, getattr(new, name).strip())


def award_faults(new: AwardInput, today: date) -> list[Fault]:
    """Faults of shape; whether the award is there already is asked by `twin_of`."""
    faults = [
        Fault(name, f"写到 {most} 字以内") for name, most in LIMITS.items() if len(getattr(new, name).strip()) > most
    ]
    if new.level not in Level.values:
        faults.append(Fault("level", "级别从国家、省、市、区里选"))
    if not name_key(new.name):
        faults.append(Fault("name", "写奖项或名单的名称"))
    if not FIRST_YEAR <= new.year <= today.year:
        faults.append(Fault("year", f"年份写 {FIRST_YEAR} 至 {today.year}"))
    if new.awarded_on is not None and (new.awarded_on > today or new.awarded_on.year != new.year):
        faults.append(Fault("awarded_on", f"授予日期要在 {new.year} 年内，不晚于今天"))
    return faults


def twin_of(award: Award, new: AwardInput) -> Award | None:
    """The same award of the same project: level, name without quotation marks and blanks, year."""
    same = Award.objects.filter(project=award.project_id, level=new.level, name_key=name_key(new.name), year=new.year)
    return same.exclude(pk=award.pk).first()


def _check(award: Award, new: AwardInput, at: datetime) -> None:
    faults = award_faults(new, local_day(at))
    if not faults and (twin := twin_of(award, new)):
        faults = [Fault("name", f"这个项目已登记“{twin.name}”（{twin.year}），同一成果只记一次")]
    if faults:
        raise InvalidInput(faults)


def _locked(award: Award, version: int | None) -> Award:
    locked(Flagship(pk=award.project_id))
    found = Award.objects.select_related("project__school", "project__leader").filter(pk=award.pk).first()
    if found is None:
        raise WrongState("这项成果已经删去。回到台账看最新情况。")
    if version is not None and version != found.version:
        raise Stale("刚才有人办理过这项成果。看过最新情况再办。")
    return found


def _begin(award: Award, version: int | None, by: User) -> Award:
    award = _locked(award, version)
    if why := changing_refusal(award, by):
        raise NotAllowed(why)
    return award


def changing_refusal(award: Award, by: User) -> str | None:
    """Why this account may not change the award, or None."""
    school = award.project.school_id
    if access.can(by, SchoolPerm.REVIEW, school):
        return None
    if award.verified_at is not None:
        return "成果已核验，要更正请组织科办理。"
    may = access.can(by, SchoolPerm.EDIT_PLAN, school)
    return None if may else "成果由本校书记、校长、党政办或组织科登记。"


def _tell(step: str, award: Award, by: User, at: datetime, accounts: list[str], **data: Any) -> None:
    record(
        f"projects.award.{step}", by=by, at=at, on=award, school_id=award.project.school_id,
        url=award.get_absolute_url(), accounts=accounts, project=str(award.project_id), **data,
    )  # fmt: skip
