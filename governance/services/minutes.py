"""开会记录: registering that the meeting was held, writing the record, sending it for signature."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import record
from common.dates import local_day, meeting_time
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from governance.further import further_results, judge_record
from governance.guards import may_record
from governance.models import (
    AgendaItem,
    Attendance,
    ItemMember,
    Meeting,
    MeetingMember,
    MeetingStatus,
    PlannedTask,
    Stance,
)
from governance.record import ItemRecord, Record, differences, record_of
from governance.reference import reference_for
from governance.selectors import judge_meeting, members_due, names_of, school_people
from governance.services.base import begin, count_findings, finish, locked, refuse_blocks
from governance.services.confirming import ask_members
from governance.services.minutes_edit import opening_lacks
from governance.services.secrecy import name_head
from governance.validation import record_faults
from schools.models import School


@transaction.atomic
def hold_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """登记召开: not before the start. Takes the snapshot of the members due (R-Q04) and gives the year's next number (R-M07)."""
    meeting, step = begin(meeting, "hold", by, version, with_record=False)
    if at < meeting.scheduled_at:
        raise WrongState(f"会议定在{meeting_time(meeting.scheduled_at)}，到时间再登记召开。")
    day = local_day(meeting.scheduled_at)
    due = members_due(meeting.school, meeting.body, day)
    if not due:
        raise WrongState("这一天没有登记应到成员。请组织科先登记班子任职。")
    School.objects.select_for_update().only("pk").get(
        pk=meeting.school_id
    )  # numbers of a school are given one at a time
    last = Meeting.objects.filter(school=meeting.school_id, body=meeting.body, year=day.year).aggregate(
        last=Max("serial")
    )
    meeting.year, meeting.serial = day.year, (last["last"] or 0) + 1
    MeetingMember.objects.bulk_create(
        [
            MeetingMember(
                meeting=meeting,
                person=member.person,
                name=member.person.name,
                posts=list(member.posts),
                post_label=member.post_label,
                order=order,
            )
            for order, member in enumerate(due, start=1)
        ]
    )
    name_head(meeting)
    meeting.due, meeting.present = len(due), 0
    meeting.held_by, meeting.held_at = by, at
    return finish(meeting, step, by, at)


@transaction.atomic
def save_record(*, meeting: Meeting, new: Record, version: int | None, by: User, at: datetime) -> Meeting:
    """Write the whole record. A stale version is refused with the fields that differ; nothing typed is lost."""
    meeting = locked(meeting)
    if not may_record(meeting, by):
        raise NotAllowed("会议记录由书记、校长或党政办填写。")
    if meeting.status != MeetingStatus.HELD:
        raise WrongState(f"现在是“{meeting.get_status_display()}”，记录不能再改。")
    people = school_people(meeting.school, local_day(meeting.scheduled_at))
    if version is not None and version != meeting.version:
        raise Stale(differences=differences(record_of(meeting), new, names_of(meeting, people)))
    if faults := record_faults(meeting, new, {person.pk for person in people}):
        raise InvalidInput(faults)
    _write(meeting, new)
    meeting.present = sum(entry.status == Attendance.PRESENT for entry in new.members)
    count_findings(meeting, judge_record(meeting, new))
    meeting.commit(at)
    record(
        "governance.meeting.recorded", by=by, at=at, on=meeting, school_id=meeting.school_id, present=meeting.present
    )
    return meeting


def _write(meeting: Meeting, new: Record) -> None:
    meeting.chair_id, meeting.recorder_id = new.chair, new.recorder
    meeting.delegation_note = new.delegation_note.strip()
    members = {member.person_id: member for member in meeting.members.all()}
    _write_attendance(new, members)
    items = {item.pk: item for item in meeting.items.all()}
    written = [(items[entry.item], entry) for entry in new.items]
    for item, typed in written:
        item.method, item.outcome, item.decision_text = typed.method, typed.outcome, typed.decision_text.strip()
        item.agree, item.disagree, item.abstain = typed.votes or (None, None, None)
        item.save(update_fields=["method", "outcome", "decision_text", "agree", "disagree", "abstain"])
    _write_children(written, members)


def _write_attendance(new: Record, members: dict[UUID, MeetingMember]) -> None:
    """One UPDATE for all who are in the same situation: most were present."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in new.members:
        member, now = members[entry.person], (entry.status, entry.reason.strip())
        if (member.status, member.reason) != now:
            member.status, member.reason = now
            groups[now].append(member.pk)
    for (status, reason), changed in groups.items():
        MeetingMember.objects.filter(pk__in=changed).update(status=status, reason=reason)


def _write_children(written: Iterable[tuple[AgendaItem, ItemRecord]], members: dict[UUID, MeetingMember]) -> None:
    """Stances, presences and tasks are replaced as a whole: the record is the truth, rows are its parts."""
    pairs = list(written)
    ids = [item.pk for item, _ in pairs]
    if any(item.stances.all() or item.presences.all() or item.planned_tasks.all() for item, _ in pairs):
        for model in (Stance, ItemMember, PlannedTask):
            model.objects.filter(item__in=ids).delete()
    Stance.objects.bulk_create(
        [
            Stance(
                item=item,
                member=members[s.person],
                stance=s.stance,
                seq=s.seq,
                opinion=s.opinion.strip(),
                together=s.together,
            )
            for item, entry in pairs
            for s in entry.stances
        ]
    )
    ItemMember.objects.bulk_create(
        [
            ItemMember(
                item=item,
                member=members[person],
                left=person in entry.left,
                recused=person in entry.recused,
                conflict=person in entry.conflicts,
                written_opinion=dict(entry.written).get(person, "").strip(),
            )
            for item, entry in pairs
            for person in sorted(entry.left | entry.recused | entry.conflicts | dict(entry.written).keys())
        ]
    )
    PlannedTask.objects.bulk_create(
        [
            PlannedTask(
                item=item,
                order=order,
                goal=task.goal.strip(),
                measures=task.measures.strip(),
                due_on=task.due_on,
                responsible_id=task.responsible,
                units=task.units.strip(),
            )
            for item, entry in pairs
            for order, task in enumerate(entry.tasks, start=1)
        ]
    )


@transaction.atomic
def minute_meeting(*, meeting: Meeting, version: int | None = None, by: User, at: datetime) -> Meeting:
    """送签, by the recorder: every item has an outcome, and no rule blocks. The members present are asked to confirm the record."""
    meeting, step = begin(meeting, "minute", by, version)
    items = list(meeting.items.all())
    if not items:
        raise InvalidInput([Fault("items", "这次会议还没有议题，先添加议题")])
    faults = [Fault(f"items[{i.order - 1}].outcome", f"第 {i.order} 项还没有结论") for i in items if not i.outcome]
    if faults:
        raise InvalidInput(faults)
    if lacking := opening_lacks(meeting):
        said = "、".join(f"“{words}”" for words in lacking)
        raise InvalidInput([Fault("minutes_opening", f"纪要开头没有写{said}，到“修改纪要文字”里改，或恢复自动文字")])
    reference = reference_for(meeting)
    results = judge_meeting(meeting, reference=reference)
    results += further_results(meeting, today=local_day(at), reference=reference)
    refuse_blocks(meeting, step, results, by)
    count_findings(meeting, results)
    meeting.minuted_by, meeting.minuted_at, meeting.return_reason = by, at, ""
    meeting = finish(meeting, step, by, at)
    ask_members(meeting, by, at)
    return meeting
