"""前期“五项工程”: 书记 registers the adopted text with the signed decision that adopted it (roles_and_states.md §2; S09, A07)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload, copy_to
from audit.services import record
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale
from pilots.foundations import evidence_of
from pilots.models import Foundation, FoundationKind, FoundationStatus, FoundationText, Plan, PlanStatus
from pilots.states import FOUNDATION
from schools import access
from schools.adoptions import Adoption, adoption_of
from schools.models import School

LONGEST_TITLE, LONGEST_VERSION, MOST_FILES = 200, 40, 10
NOT_THEIRS = "五项工程由本校书记登记完成。"


@dataclass(frozen=True)
class AdoptedText:
    """What is registered: text and version, the day, the subject of the decision, and which evidence of the tasks is the text."""

    title: str
    text_version: str
    adopted_on: date
    adopted_by: str
    evidence: Sequence[UUID] = ()


@transaction.atomic
def register_text(
    *,
    school: School,
    kind: str,
    text: AdoptedText,
    files: Sequence[UploadedFile] = (),
    version: int | None = None,
    by: User,
    at: datetime,
) -> Foundation:
    """登记完成, or, where the work is done already, 登记新文本: the one before stays in the register."""
    if not access.can(by, FOUNDATION.require("done", FoundationStatus.NOT_STARTED).permission, school.pk):
        raise NotAllowed(NOT_THEIRS)
    foundation = _locked(school, kind)
    if version is not None and version != foundation.version:
        raise Stale("刚才有人登记过这项工程。看过最新情况再登记。")
    name = "renew" if foundation.status == FoundationStatus.DONE else "done"
    step = FOUNDATION.require(name, foundation.status)
    adoption, evidence = _checked(school, kind, text, files, at, by)
    foundation.status = step.target or foundation.status
    made = _keep(foundation, text, adoption, by, at)
    for upload in files:
        attach(upload=upload, on=made, school=school, by=by, at=at)
    copy_to(files=evidence, on=made, by=by, at=at)
    # The API shows the works within the plan: other systems learn of it anew.
    Plan.objects.filter(school=school, status=PlanStatus.APPROVED).update(updated_at=at)
    record(
        step.event, by=by, at=at, on=foundation, school_id=school.pk, url=foundation.get_absolute_url(), text=str(made),
        adopted_by=made.adopted_text, adopted_on=made.adopted_on.isoformat(),
    )  # fmt: skip
    return foundation


def _locked(school: School, kind: str) -> Foundation:
    """The work under the lock of its school; a new one, not stored yet, when nothing was registered for it so far."""
    School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    found = Foundation.objects.select_for_update(of=("self",)).filter(school=school, kind=kind).first()
    found = found or Foundation(kind=FoundationKind(kind))
    found.school = school
    return found


def _checked(
    school: School, kind: str, text: AdoptedText, files: Sequence[UploadedFile], at: datetime, by: User
) -> tuple[Adoption, list[Attachment]]:
    """The decision, read anew among the signed ones of the school, and the chosen evidence among that of the work's tasks."""
    adoption = adoption_of(school.pk, by, text.adopted_by)
    known = {file.pk: file for file in evidence_of(school, kind)} if text.evidence else {}
    faults = list(_faults(text, files, adoption, local_day(at)))
    if any(pk not in known for pk in text.evidence):
        faults.append(Fault("evidence", "从这项工程任务的佐证里选；有文件不在了，刷新页面再选"))
    if faults or adoption is None:
        raise InvalidInput(faults)
    for upload in files:
        check_upload(upload)
    return adoption, [known[pk] for pk in dict.fromkeys(text.evidence)]


def _faults(text: AdoptedText, files: Sequence[UploadedFile], adoption: Adoption | None, today: date) -> list[Fault]:
    faults = []
    if not 2 <= len(text.title.strip()) <= LONGEST_TITLE:
        faults.append(Fault("title", f"写文本名称，2 至 {LONGEST_TITLE} 个字"))
    if not 1 <= len(text.text_version.strip()) <= LONGEST_VERSION:
        faults.append(Fault("text_version", f"写文本版本，如“2026 年修订”，{LONGEST_VERSION} 个字以内"))
    if adoption is None:
        faults.append(Fault("adopted_by", "选通过这份文本的会议决议；只列本校已签发的"))
    elif not adoption.on <= text.adopted_on <= today:
        faults.append(Fault("adopted_on", f"通过日期在会议决定那天（{adoption.on}）到今天（{today}）之间"))
    if len(files) > MOST_FILES:
        faults.append(Fault("files", f"一次最多传 {MOST_FILES} 份文件"))
    return faults


def _keep(foundation: Foundation, text: AdoptedText, adoption: Adoption, by: User, at: datetime) -> FoundationText:
    """Write the text in force at the work, and the register."""
    made = FoundationText(
        foundation=foundation, number=foundation.texts.count() + 1, title=text.title.strip(),
        text_version=text.text_version.strip(), adopted_on=text.adopted_on, adopted_by=adoption.subject,
        adopted_text=adoption.label[:300], adopted_url=adoption.url, registered_at=at, registered_by=by,
    )  # fmt: skip
    foundation.text_title, foundation.text_version = made.title, made.text_version
    foundation.adopted_on, foundation.adopted_by, foundation.adopted_text = (
        made.adopted_on,
        made.adopted_by,
        made.adopted_text,
    )
    foundation.done_at, foundation.done_by = at, by
    foundation.commit(at)
    made.commit(at)
    return made
