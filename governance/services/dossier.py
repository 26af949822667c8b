"""检查卷宗: asked for, made in the background by one worker, given out for a week to the one who asked, and removed."""

import hashlib
import logging
import tempfile
from datetime import date, datetime, timedelta
from typing import IO

from django.core.files import File
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from audit.services import record
from common.errors import Fault, InvalidInput, NotAllowed, WrongState
from common.ids import new_id
from governance.dossier import MOST_MEETINGS, Writer, meetings_of
from governance.models import AgendaItem, Dossier, DossierStatus, Meeting
from governance.models.dossiers import LIVE_DOSSIERS
from governance.reading import is_bureau_reading
from governance.secrecy import hidden_of, opened_of
from governance.services.secrecy import note_opened
from governance.services.signing import note_reading
from schools import access
from schools.models import School
from schools.permissions import Body, SchoolPerm

log = logging.getLogger("portal.dossier")
KEPT_FOR = timedelta(days=7)
SILENT_AFTER = timedelta(minutes=2)
TRIES = 3
LONGEST = 3 * 366  # days
WAITING_AT_ONCE = 3
NOT_THEIRS = "检查卷宗由学校书记、校长、党政办（本校）和区教育局生成。"
NARROWED = "卷宗里有议题的知悉范围变了，你已经不能查看。请重新生成一份。"


def may_ask(user: User, school: School) -> bool:
    """书记、校长、党政办 for their school, the bureau for all (`view_meetings`); other systems read the API."""
    return not user.is_machine and access.can(user, SchoolPerm.VIEW_MEETINGS, school.pk)


@transaction.atomic
def request_dossier(*, school: School, body: str, since: date, until: date, by: User, at: datetime) -> Dossier:
    """Ask for a dossier; a worker begins within seconds."""
    if not may_ask(by, school):
        raise NotAllowed(NOT_THEIRS)
    if faults := _faults(body, since, until):
        raise InvalidInput(faults)
    number = meetings_of(by, school, body, since, until).count()
    if number == 0:
        raise InvalidInput([Fault("since", "这段时间没有召开过会议。换一段时间再生成")])
    if number > MOST_MEETINGS:
        raise InvalidInput(
            [Fault("since", f"这段时间有 {number} 次会议，一份卷宗不超过 {MOST_MEETINGS} 次。分几段生成")]
        )
    if Dossier.objects.filter(started_by=by, status__in=LIVE_DOSSIERS).count() >= WAITING_AT_ONCE:
        raise WrongState("还有卷宗没有生成完。等它们完成再要新的。")
    dossier = Dossier(school=school, body=body, since=since, until=until, started_by=by, meetings_total=number)
    dossier.commit(at)
    record("governance.dossier.requested", by=by, at=at, on=dossier, school_id=school.pk, meetings=number)
    return dossier


def _faults(body: str, since: date, until: date) -> list[Fault]:
    faults = []
    if body and body not in Body.values:
        faults.append(Fault("body", "选党组织会议、校长办公会议，或两个都要"))
    if since > until:
        faults.append(Fault("until", "结束日期要在开始日期之后"))
    elif (until - since).days > LONGEST:
        faults.append(Fault("until", "一份卷宗不超过三年。分几段生成"))
    return faults


# ---- the worker ----


def claim_dossier(*, at: datetime) -> Dossier | None:
    """Take the one that waits longest, or one whose worker has gone silent; None when there is nothing to do."""
    silent = Q(beat_at__isnull=True) | Q(beat_at__lt=at - SILENT_AFTER)
    rows = Dossier.objects.filter(Q(status__in=LIVE_DOSSIERS) & (Q(claim__isnull=True) | silent))
    rows = rows.order_by("created_at", "pk")
    return _claim(rows, at) if rows.exists() else None


@transaction.atomic
def _claim(rows: QuerySet[Dossier], at: datetime) -> Dossier | None:
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    dossier = rows.first()
    if dossier is None:
        return None
    dossier.tries += 1
    dossier.status, dossier.claim, dossier.beat_at, dossier.meetings_done = DossierStatus.RUNNING, new_id(), at, 0
    dossier.commit(at)
    return dossier


def make_dossier(dossier: Dossier) -> None:
    """Make a claimed dossier. A failure, or a third worker that did not come to its end, ends it as 没有生成."""
    if dossier.tries > TRIES:
        _end(dossier, DossierStatus.FAILED)
        return
    try:
        _make(dossier)
    except Exception:
        log.exception("dossier %s stopped", dossier.pk)
        _end(dossier, DossierStatus.FAILED)


def _make(dossier: Dossier) -> None:
    user = User.objects.get(pk=dossier.started_by_id)
    school = School.objects.get(pk=dossier.school_id)
    if not may_ask(user, school):
        _end(dossier, DossierStatus.FAILED)
        return
    rows = meetings_of(user, school, dossier.body, dossier.since, dossier.until)
    ids = list(rows.values_list("pk", flat=True))[:MOST_MEETINGS]
    with tempfile.TemporaryFile() as target:
        writer = Writer(target, dossier, user, timezone.now())
        for done, pk in enumerate(ids, start=1):
            meeting = writer.meeting(pk)
            _leave_trace(meeting, user, timezone.now())
            if not _beat(dossier, done, len(ids), timezone.now()):
                return  # taken over by another worker
        writer.finish()
        _keep(dossier, target, writer, timezone.now())


def _leave_trace(meeting: Meeting, user: User, at: datetime) -> None:
    """Taking minutes into a dossier is reading them: by the bureau, and of restricted items by anybody."""
    items = list(meeting.items.all())
    note_opened(meeting=meeting, opened=opened_of(items, hidden_of(user, items)), by=user, at=at)
    if is_bureau_reading(meeting.status, user):
        with transaction.atomic():
            note_reading(meeting=meeting, by=user, at=at)


def _beat(dossier: Dossier, done: int, total: int, at: datetime) -> bool:
    mine = Dossier.objects.filter(pk=dossier.pk, claim=dossier.claim)
    return mine.update(meetings_done=done, meetings_total=total, beat_at=at) == 1


def _keep(dossier: Dossier, target: IO[bytes], writer: Writer, at: datetime) -> None:
    digest = hashlib.sha256()
    target.seek(0)
    for piece in iter(lambda: target.read(1024 * 1024), b""):
        digest.update(piece)
    size = target.tell()
    target.seek(0)
    name = Dossier._meta.get_field("file").storage.save(f"dossiers/{dossier.pk.hex}.zip", File(target))
    values = {
        "file": name,
        "size": size,
        "sha256": digest.hexdigest(),
        "included": writer.contents.included,
        "withheld": len(writer.contents.withheld),
        "expires_at": at + KEPT_FOR,
    }
    if not _end(dossier, DossierStatus.DONE, **values):
        Dossier._meta.get_field("file").storage.delete(name)


@transaction.atomic
def _end(dossier: Dossier, status: DossierStatus, **values: object) -> bool:
    """Set the state and tell the one who asked; False when somebody else has taken it over."""
    rows = Dossier.objects.filter(pk=dossier.pk, claim=dossier.claim).select_related("school")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    found = rows.first()
    if found is None:
        return False
    at = timezone.now()
    for field, value in values.items():
        setattr(found, field, value)
    found.status, found.claim, found.beat_at, found.finished_at = status, None, at, at
    found.commit(at)
    kind = "made" if status == DossierStatus.DONE else "failed"
    record(
        f"governance.dossier.{kind}", by=None, at=at, on=found, school_id=found.school_id, url=found.get_absolute_url(),
        accounts=[str(found.started_by_id)], meetings=found.meetings_done, withheld=found.withheld, sha256=found.sha256,
    )  # fmt: skip
    return True


# ---- giving out, and the end ----


@transaction.atomic
def take_dossier(*, dossier: Dossier, by: User, at: datetime) -> Dossier:
    """Give the file to the one who asked for it, as long as all its words may be read by him today."""
    current = dossier.status == DossierStatus.DONE and dossier.expires_at is not None and dossier.expires_at > at
    if not current:
        raise WrongState("这份卷宗已到期或还没有生成。重新生成一份。")
    if dossier.started_by_id != by.pk or not may_ask(by, dossier.school):
        raise NotAllowed(NOT_THEIRS)
    if hidden_of(by, AgendaItem.objects.filter(pk__in=dossier.included)):
        raise WrongState(NARROWED)
    record(
        "governance.dossier.downloaded", by=by, at=at, on=dossier, school_id=dossier.school_id, sha256=dossier.sha256
    )
    return dossier


def expire_dossiers(*, at: datetime, limit: int = 100) -> int:
    """Remove files whose week is over; returns how many."""
    rows = Dossier.objects.filter(status=DossierStatus.DONE, expires_at__lte=at).select_related("school")
    return sum(_expire(dossier, at) for dossier in rows.order_by("expires_at", "pk")[:limit])


@transaction.atomic
def _expire(dossier: Dossier, at: datetime) -> bool:
    file = dossier.file
    name, storage = str(file.name), file.storage
    dossier.status, dossier.file = DossierStatus.EXPIRED, ""
    dossier.commit(at)
    record("governance.dossier.expired", by=None, at=at, on=dossier, school_id=dossier.school_id)
    transaction.on_commit(lambda: storage.delete(name))
    return True
