"""Reading that crosses models, and the one bridge from rows to facts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from common.dates import local_day
from governance.beforehand import step_facts
from governance.models import (
    AgendaItem,
    Decision,
    ItemMember,
    Meeting,
    MeetingMember,
    PlannedTask,
    RuleResult,
    Secrecy,
    Stance,
    Topic,
    Waiver,
)
from governance.models.items import readable
from governance.record import ItemRecord, Names, Record, record_of
from governance.reference import reference_for
from governance.rules import facts as f
from governance.rules.engine import ORDER, judge
from governance.rules.findings import MEETING, Outcome, Result
from governance.rules.reference import Reference
from schools.models import Appointment, Person, School
from schools.permissions import BODY_POSTS, HEAD_POST, SCHOOL_POSTS, Post

AT_SIGNATURE = ("R-M02", "R-M03", "R-M04")  # who signs, and when, is known at the signature only
# The list of `call` in roles_and_states.md §2.
BEFORE_CALLING = (*("R-C04", "R-T01", "R-T02", "R-T05", "R-T08", "R-T09", "R-T10", "R-T12", "R-T13", "R-T16", "R-T17"),)
RULE_POSTS = frozenset(post.value for post in f.Post)


@dataclass(frozen=True)
class DueMember:
    """A member due on a day, from appointments."""

    person: Person
    posts: tuple[str, ...]

    @property
    def post_label(self) -> str:
        """“校长、委员”."""
        return "、".join(Post(post).label for post in self.posts)


def members_due(school: School, body: str, day: date) -> list[DueMember]:
    """应到 of a body on a day: holders of its posts (R-A01, R-A03), head first, then by rank."""
    held: dict[UUID, list[Appointment]] = {}
    rows = Appointment.objects.on(day).filter(school=school, post__in=SCHOOL_POSTS).select_related("person")
    for row in rows.only("post", "rank", "person__name", "person__account").order_by("rank", "pk"):
        held.setdefault(row.person_id, []).append(row)
    members = [
        DueMember(rows[0].person, tuple(dict.fromkeys(row.post for row in rows if row.post in RULE_POSTS)))
        for rows in held.values()
        if any(row.post in BODY_POSTS[body] for row in rows)
    ]
    return sorted(members, key=lambda member: HEAD_POST[body] not in member.posts)


def school_people(school: School, day: date) -> list[Person]:
    """Everybody in office at the school that day, by rank; for choosing recorder, proposer, responsible person."""
    rows = Appointment.objects.on(day).filter(school=school).select_related("person").order_by("rank", "pk")
    return list({row.person_id: row.person for row in rows}.values())


def post_labels(school: School, day: date) -> dict[UUID, str]:
    """The posts of everybody in office that day, as text."""
    labels: dict[UUID, list[str]] = {}
    rows = Appointment.objects.on(day).filter(school=school).order_by("rank", "pk")
    for person, post in rows.values_list("person_id", "post"):
        labels.setdefault(person, []).append(Post(post).label)
    return {person: "、".join(dict.fromkeys(posts)) for person, posts in labels.items()}


def for_record(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """With everything a record needs, in a constant number of queries."""
    items = AgendaItem.objects.select_related("matter", "proposer", "presenter", "confirmed_by").order_by("order")
    items = items.prefetch_related(
        Prefetch("presences", ItemMember.objects.select_related("member")),
        Prefetch("stances", Stance.objects.select_related("member").order_by("seq")),
        Prefetch("planned_tasks", PlannedTask.objects.select_related("responsible").order_by("order")),
    )
    return meetings.select_related(
        "school", "chair", "recorder", "catalogue", "signed_by", "minuted_by"
    ).prefetch_related(
        Prefetch("members", MeetingMember.objects.select_related("person", "confirmation").order_by("order", "pk")),
        Prefetch("items", items),
    )


def for_step(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """What every step reads: school, chair, recorder, and the items in order, each with the code of its matter."""
    return _heads(meetings).prefetch_related(Prefetch("items", _items()))


def read_for_judging(meetings: QuerySet[Meeting], pk: UUID) -> Meeting:
    """As `for_record`, with no more than services and rules read of it: they run at every step, pages only when looked at."""
    tasks = PlannedTask.objects.select_related("responsible").defer(*_unread("responsible", _OF_PEOPLE))
    said, tasks = Stance.objects.order_by("seq"), tasks.order_by("order")
    items = _items().prefetch_related("presences", Prefetch("stances", said), Prefetch("planned_tasks", tasks))
    members = (
        MeetingMember.objects.select_related("person", "confirmation")
        .defer(*_unread("person", _OF_PEOPLE))
        .order_by("order", "pk")
    )
    meeting = _heads(meetings).prefetch_related(Prefetch("members", members), Prefetch("items", items)).get(pk=pk)
    due = {member.pk: member for member in meeting.members.all()}
    for item in meeting.items.all():
        for presence in item.presences.all():
            presence.member = due[presence.member_id]
        for stance in item.stances.all():
            stance.member = due[stance.member_id]
    return meeting


def _heads(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    unread = (*_unread("school", _OF_SCHOOLS), *_unread("chair", _OF_PEOPLE), *_unread("recorder", _OF_PEOPLE))
    return meetings.select_related("school", "chair", "recorder").defer(*unread)


def _items() -> QuerySet[AgendaItem]:
    return AgendaItem.objects.select_related("matter").defer(*_unread("matter", _OF_MATTERS)).order_by("order")


def _unread(relation: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{relation}__{name}" for name in names)


_OF_PEOPLE = ("py", "py_first", "phone", "school", "created_at", "updated_at", "version")
_OF_SCHOOLS = (
    *("py", "py_first", "stage", "office", "township", "location", "size", "foundation", "students", "staff"),
    *("party_org_type", "has_committee", "pilot_status", "implemented_on", "created_at", "updated_at", "version"),
)
_OF_MATTERS = (
    *("scope", "title_en", "prior_stages", "next_stages", "fed_by", "feeds", "keywords", "evidence", "aspect"),
    *("aspect_code", "attendance_level", "attendance_strength", "important", "created_at", "updated_at", "version"),
)


def for_agenda(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """With what the agenda needs: the items in order, each with its matter, and who confirmed them."""
    items = AgendaItem.objects.select_related("matter").order_by("order")
    heads = ("school", "chair", "recorder", "agenda_confirmed_by", "catalogue")
    return meetings.select_related(*heads).defer("catalogue__stages").prefetch_related(Prefetch("items", items))


def names_of(meeting: Meeting, people: Iterable[Person]) -> Names:
    """Names for the labels of differences."""
    known = {m.person_id: m.name for m in meeting.members.all()} | {p.pk: p.name for p in people}
    return Names(known, {item.pk: f"第{item.order}项" for item in meeting.items.all()})


def meeting_facts(
    meeting: Meeting, record: Record | None = None, minutes: f.MinutesFacts | None = None
) -> f.MeetingFacts:
    """The facts of a stored meeting, or of the same meeting with a record that is still being typed.

    Before 登记召开 there is no snapshot yet, and the members due are those of the date.
    """
    record = record or record_of(meeting)
    stored = [f.MemberFacts(str(m.person_id), _posts(m.posts)) for m in meeting.members.all()]
    if not stored:
        due = members_due(meeting.school, meeting.body, local_day(meeting.scheduled_at))
        stored = [f.MemberFacts(str(m.person.pk), _posts(m.posts)) for m in due]
    known = {member.id for member in stored}
    typed = {entry.item: entry for entry in record.items}
    chair = (
        f.ChairFacts(str(record.chair), record.delegation_note) if record.chair and str(record.chair) in known else None
    )
    return f.MeetingFacts(
        body=f.Body(meeting.body),
        scheduled_at=meeting.scheduled_at,
        leadership_mode=f.LeadershipMode(meeting.school.leadership_mode),
        form=f.Form(meeting.form),
        materials_sent_on=meeting.materials_sent_on,
        chair=chair,
        recorder=str(record.recorder) if record.recorder else None,
        members=tuple(stored),
        attendance=tuple(
            f.AttendanceFacts(str(m.person), f.AttendanceStatus(m.status) if m.status else None, m.reason)
            for m in record.members
        ),
        items=tuple(_item_facts(meeting, item, typed.get(item.pk), known) for item in meeting.items.all()),
        minutes=minutes or _minutes(meeting, known),
    )


def _posts(codes: Iterable[str]) -> frozenset[f.Post]:
    return frozenset(f.Post(code) for code in codes)


def _minutes(meeting: Meeting, known: set[str]) -> f.MinutesFacts | None:
    if meeting.signed_at is None or meeting.signed_by is None:
        return None
    person = Person.objects.filter(account=meeting.signed_by).values_list("pk", flat=True).first()
    return f.MinutesFacts(str(person) if str(person) in known else None, local_day(meeting.signed_at))


def _item_facts(meeting: Meeting, item: AgendaItem, typed: ItemRecord | None, known: set[str]) -> f.ItemFacts:
    entry = typed or ItemRecord(item.pk)
    confirmed = str(item.confirmed_by_id) if item.confirmed_by_id else None
    votes = f.VoteCounts(*entry.votes) if entry.votes is not None else None
    return f.ItemFacts(
        id=str(item.pk),
        order=item.order,
        title=item.title,
        catalogue=item.matter.code if item.matter else None,
        proposed_on=item.proposed_on,
        proposer=str(item.proposer_id) if item.proposer_id else None,
        confirmed_by=confirmed if confirmed in known else None,
        urgent=item.urgent,
        urgent_reason=item.urgent_reason,
        urgent_consent=item.urgent_consent,
        materials=item.materials,
        steps=step_facts(meeting, item),
        left=_ids(entry.left),
        recused=_ids(entry.recused),
        conflicts=_ids(entry.conflicts),
        stances=tuple(f.StanceFacts(str(s.person), f.Stance(s.stance), s.seq) for s in entry.stances),
        absent_opinions=_ids(person for person, _ in entry.written),
        counted_votes=votes,
        method=f.Method(entry.method) if entry.method else None,
        outcome=f.Conclusion(entry.outcome) if entry.outcome else None,
        tasks=tuple(
            f.TaskFacts(t.goal, t.measures, t.due_on, str(t.responsible) if t.responsible else "") for t in entry.tasks
        ),
    )


def _ids(people: Iterable[UUID]) -> tuple[str, ...]:
    return tuple(sorted(map(str, people)))


def judge_meeting(
    meeting: Meeting,
    record: Record | None = None,
    *,
    only: Sequence[str] | None = None,
    minutes: f.MinutesFacts | None = None,
    reference: Reference | None = None,
) -> list[Result]:
    """What the engine says of the meeting now, waivers included. Rules about the signature are asked once the signer is known."""
    facts = meeting_facts(meeting, record, minutes)
    asked = only or [rule for rule in ORDER if facts.minutes is not None or rule not in AT_SIGNATURE]
    results = judge(facts, reference or reference_for(meeting), asked)
    return with_waivers(meeting, results)


def with_waivers(meeting: Meeting, results: list[Result]) -> list[Result]:
    """The same results, with those that the head of the body let pass (放行) marked so."""
    unmet = [result for result in results if result.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)]
    if not unmet:
        return results
    waived = {(waiver.rule, subject_of_waiver(waiver)) for waiver in Waiver.objects.filter(meeting=meeting)}
    if not waived:
        return results
    return [
        result.as_waived() if result in unmet and (result.rule, result.subject) in waived else result
        for result in results
    ]


def subject_of_waiver(waiver: Waiver) -> str:
    """`meeting` or `items/<id>`, as results name it."""
    return f"items/{waiver.item_id}" if waiver.item_id else MEETING


def stored_results(meeting: Meeting) -> list[RuleResult]:
    """The results stored with the signature, in the engine's order."""
    return list(meeting.results.order_by("order"))


def may_read_files(user: User, meeting_id: UUID) -> bool:
    """Files of a meeting (the signed original) hold all its words: they are for whoever may read every item of it."""
    seen = Meeting.objects.visible_to(user).filter(pk=meeting_id).exists()
    return seen and not AgendaItem.objects.filter(~readable(user), meeting=meeting_id).exists()


def may_read_decision(user: User, decision_id: UUID) -> bool:
    """A decision, and what belongs to it, may be read by whoever may see its meeting and read its item."""
    return Decision.objects.visible_to(user).filter(pk=decision_id).exists()


def may_read_item(user: User, item_id: UUID) -> bool:
    """The materials of an item may be read by whoever may see its meeting and read the item."""
    seen = Meeting.objects.visible_to(user).values("pk")
    return AgendaItem.objects.readable_by(user).filter(pk=item_id, meeting__in=seen).exists()


# Files of these: whether their names tell of a restricted item.
SECRET_FILES: dict[str, Callable[[UUID], bool]] = {
    "governance.agendaitem": lambda pk: AgendaItem.objects.filter(pk=pk, secrecy=Secrecy.RESTRICTED).exists(),
    "governance.topic": lambda pk: Topic.objects.filter(pk=pk, secrecy=Secrecy.RESTRICTED).exists(),
    "governance.meeting": lambda pk: AgendaItem.objects.filter(meeting=pk, secrecy=Secrecy.RESTRICTED).exists(),
    "governance.decision": lambda pk: AgendaItem.objects.filter(decision=pk, secrecy=Secrecy.RESTRICTED).exists(),
}
