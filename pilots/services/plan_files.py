"""附件 of a plan: added and taken away by the school as long as the plan is with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload, detach
from audit.services import subject_of
from common.errors import WrongState, one_fault
from pilots.models import Plan
from pilots.services.plan_base import locked_plan, refuse_writing

MOST_FILES = 30


@transaction.atomic
def add_files(*, plan: Plan, files: Sequence[UploadedFile], by: User, at: datetime) -> Plan:
    """传附件; all of them or none."""
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    if not files:
        raise one_fault("files", "选一份文件再上传")
    if Attachment.objects.filter(subject=subject_of(plan)).count() + len(files) > MOST_FILES:
        raise one_fault("files", f"一份方案最多 {MOST_FILES} 份附件")
    for upload in files:
        check_upload(upload)
    for upload in files:
        attach(upload=upload, on=plan, school=plan.school, by=by, at=at)
    plan.commit(at)
    return plan


@transaction.atomic
def remove_file(*, plan: Plan, file: UUID, by: User, at: datetime) -> Plan:
    """删去附件."""
    plan = locked_plan(plan)
    refuse_writing(plan, by)
    found = Attachment.objects.filter(subject=subject_of(plan), pk=file).first()
    if found is None:
        raise WrongState("这份附件已经不在了。刷新页面看最新情况。")
    detach(attachment=found, by=by, at=at)
    plan.commit(at)
    return plan
