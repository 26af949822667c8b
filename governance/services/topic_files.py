"""Materials of a topic: kept with it until it is put on an agenda, where its item gets copies."""

from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, detach
from audit.services import subject_of
from common.errors import NotAllowed, Stale, WrongState, one_fault
from governance.models import Topic
from governance.services.topic_base import STALE, locked_topic, refuse_unreadable
from governance.topic_guards import BEFORE_AGENDA, files_refusal

MOST_FILES = 30


@transaction.atomic
def attach_to_topic(
    *, topic: Topic, upload: UploadedFile, version: int | None = None, by: User, at: datetime
) -> Attachment:
    """Add a file, as long as the topic is on no agenda."""
    topic = _open(topic, version, by)
    if Attachment.objects.filter(subject=subject_of(topic)).count() >= MOST_FILES:
        raise one_fault("file", f"一个议题最多 {MOST_FILES} 份材料，合并几份再传")
    added = attach(upload=upload, on=topic, school=topic.school, by=by, at=at)
    topic.commit(at)
    return added


@transaction.atomic
def detach_from_topic(*, topic: Topic, attachment: UUID, version: int | None = None, by: User, at: datetime) -> Topic:
    """Take a file off, as long as the topic is on no agenda."""
    topic = _open(topic, version, by)
    file = Attachment.objects.filter(pk=attachment, subject=subject_of(topic)).first()
    if file is None:
        raise WrongState("这份材料已经移除。刷新页面看最新情况。")
    detach(attachment=file, by=by, at=at)
    topic.commit(at)
    return topic


def _open(topic: Topic, version: int | None, by: User) -> Topic:
    topic = locked_topic(topic)
    if topic.status not in BEFORE_AGENDA:
        raise WrongState(f"现在是“{topic.get_status_display()}”，材料在会议的议题里增减。")
    if why := files_refusal(topic, by):
        raise NotAllowed(why)
    refuse_unreadable(topic, by)
    if version is not None and version != topic.version:
        raise Stale(STALE)
    return topic
