"""公开: which further names are hidden, and the moment at which the head of the body makes the minutes public (A68)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, Stale, WrongState, one_fault
from governance.documents.reading import for_minutes
from governance.guards import is_head
from governance.models import Meeting, Publication, Secrecy
from governance.publishing import SHORTEST, SIGNED, digest_of, may_open, publication_of, version_of
from governance.reference import reference_for
from governance.services.base import locked
from schools.permissions import HEAD_POST

MOST, LONGEST = 100, 20


@transaction.atomic
def hide_names(
    *, meeting: Meeting, names: Iterable[str], version: int | None = None, by: User, at: datetime
) -> Publication:
    """Keep the names that are hidden besides those of the school's own people."""
    meeting, publication = _begin(meeting, version, by)
    wanted = sorted({name.strip() for name in names if name.strip()})
    if any(not SHORTEST <= len(name) <= LONGEST for name in wanted):
        raise one_fault("names", f"每个姓名写 {SHORTEST} 至 {LONGEST} 个字，一行一个")
    if len(wanted) > MOST:
        raise one_fault("names", f"最多写 {MOST} 个姓名")
    publication.names = wanted
    publication.commit(at)
    _tell("publication_masked", meeting, by, at, names=len(wanted))
    return publication


@transaction.atomic
def publish_minutes(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Publication:
    """公开, by who heads the body: from today the text counts as public. Once more after a correction, or when items or names changed."""
    meeting, publication = _begin(meeting, version, by)
    if not is_head(meeting, by):
        raise NotAllowed(f"公开纪要由{HEAD_POST[meeting.body].label}办理。")
    full = for_minutes(Meeting.objects.all()).get(pk=meeting.pk)
    if not any(item.secrecy == Secrecy.PUBLIC for item in full.items.all()):
        raise WrongState("这次会议没有公开议题。先在议题的“知悉范围”里设为公开，再公开纪要。")
    digest = digest_of(publication_of(full, reference_for(full), publication.names))
    if digest == publication.digest:
        raise WrongState("这份公开稿已经公开，内容没有变化。")
    publication.published_on, publication.published_by = local_day(at), by
    publication.minutes_version, publication.digest = version_of(full), digest
    publication.commit(at)
    _tell(
        "published", meeting, by, at, published_on=publication.published_on.isoformat(), version=publication.minutes_version
    )  # fmt: skip
    return publication


def _begin(meeting: Meeting, version: int | None, by: User) -> tuple[Meeting, Publication]:
    """The meeting's lock covers its publication. `version` is the publication's, 0 before there is one."""
    meeting = locked(meeting, with_record=False)
    if meeting.status not in SIGNED:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，签发后才能公开纪要。")
    if not may_open(meeting, by):
        raise NotAllowed("公开稿由书记、校长或党政办准备。")
    publication = Publication.objects.filter(meeting=meeting).first()
    if version is not None and version != (publication.version if publication else 0):
        raise Stale("刚才有人改过公开稿。看过最新情况再办。")
    return meeting, publication or Publication(meeting=meeting)


def _tell(what: str, meeting: Meeting, by: User, at: datetime, **data: Any) -> None:
    """Other systems and open pages hear of it by the meeting's own version."""
    meeting.commit(at)
    url = reverse("governance:publication", args=[meeting.pk])
    record(f"governance.meeting.{what}", by=by, at=at, on=meeting, school_id=meeting.school_id, url=url, **data)
