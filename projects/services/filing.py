"""Files of a project (立项材料、佐证), and lists that leave the portal."""

from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, detach
from audit.services import record, subject_of
from common.errors import NotAllowed, WrongState
from projects.models import Flagship, FlagshipStatus
from projects.services.base import locked
from schools import access
from schools.permissions import SchoolPerm

NOT_THEIRS = "项目材料由本校书记、校长、党政办上传。"
CLOSED = (FlagshipStatus.APPLIED, FlagshipStatus.CONCLUDED, FlagshipStatus.TERMINATED)


def files_refusal(project: Flagship, user: User) -> str | None:
    """Why this account may not change the files, or None: the school, but not while it is judged or after its end."""
    if not access.can(user, SchoolPerm.EDIT_PLAN, project.school_id):
        return NOT_THEIRS
    return f"现在是“{project.get_status_display()}”，材料不能再改。" if project.status in CLOSED else None


@transaction.atomic
def attach_to_flagship(*, project: Flagship, upload: UploadedFile, by: User, at: datetime) -> Attachment:
    """传项目材料."""
    project = _begin(project, by)
    return attach(upload=upload, on=project, school=project.school, by=by, at=at)


@transaction.atomic
def detach_from_flagship(*, project: Flagship, attachment: UUID, by: User, at: datetime) -> None:
    """移除项目材料."""
    project = _begin(project, by)
    file = Attachment.objects.filter(pk=attachment, subject=subject_of(project)).first()
    if file is None:
        raise WrongState("这份材料已经移除。")
    detach(attachment=file, by=by, at=at)


def _begin(project: Flagship, by: User) -> Flagship:
    project = locked(project)
    if why := files_refusal(project, by):
        raise NotAllowed(why) if why == NOT_THEIRS else WrongState(why)
    return project


@transaction.atomic
def record_export(*, rows: int, filters: dict[str, str], kind: str, what: str, by: User, at: datetime) -> int:
    """Record the export of a list (`what`: flagship, award, case); returns the number that stands in the file."""
    return record(f"projects.{what}.exported", by=by, at=at, rows=rows, filters=filters, format=kind).seq
