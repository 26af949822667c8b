"""Test records, made through the services the pages use. One school, its cast, and meetings in any state."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from checklists.models import Task
from common.dates import local_day
from governance import services as governance
from governance.models import Meeting, ReplayRun, Talk, TalkItem
from governance.models.preparation import TALK_STAGE
from governance.record import ItemRecord, MemberRecord, Record, StanceRecord, TaskRecord, record_of
from governance.selectors import for_record, members_due
from governance.services import rulebook as rules
from governance.services.confirming import confirm_together, to_confirm
from governance.services.reference import load_reference
from governance.services.replay import Work, claim_replay, start_replay
from schools.models import Office, Person, School
from schools.permissions import OFFICE_POSTS, SCHOOL_POSTS, Body, Post
from schools.services.appointments import NewAppointment, appoint
from schools.services.people import add_person, open_account
from schools.services.schools import SchoolRow, office_named, put_school
from tests.frozen import kept

LONG_AGO = date(2020, 9, 1)
PASSWORD = "Portal-Test-2026"
_encoded = ""


def encoded_password() -> str:
    """`PASSWORD`, hashed once a run."""
    global _encoded
    _encoded = _encoded or make_password(PASSWORD)
    return _encoded


def make_school(code: str = "FH001", name: str = "", office: str | None = "城东教办", **values: Any) -> School:
    """A school; `values` override the row's fields."""
    row = SchoolRow(
        code=code,
        name=name or f"云上{code}小学",
        stage="primary",
        office=office,
        location="urban",
        size="medium",
        foundation="medium",
        students=800,
        staff=60,
        party_org_type="branch",
        has_committee=True,
        leadership_mode="separate",
    )
    return put_school(replace(row, **values), by=None, at=timezone.now())[0]


def make_implemented(school: School, on: date) -> None:
    """The school has implemented the system since that day, as if it had gone through the rollout."""
    School.objects.filter(pk=school.pk).update(pilot_status="implemented", implemented_on=on)


def make_person(
    name: str,
    username: str = "",
    *posts: Post,
    school: School | None = None,
    office: Office | None = None,
    starts_on: date = LONG_AGO,
    rank: int = 50,
) -> Person:
    """A person with an account (when `username` is given) and appointments."""
    at = timezone.now()
    person = add_person(name=name, phone="13800001234", school=school, by=None, at=at)
    if username:
        open_account(
            person=person, username=username, encoded=encoded_password(), must_change=False, email=f"{username}@example.cn",
            by=None, at=at,
        )  # fmt: skip
    for post in posts:
        new = NewAppointment(
            person=person,
            post=post,
            school=school if post in SCHOOL_POSTS else None,
            office=office if post in OFFICE_POSTS else None,
            starts_on=starts_on,
            rank=rank,
        )
        appoint(new, by=None, at=at)
    return person


@dataclass
class Cast:
    """The standing cast of one school: persons by role; `users[role]` are their accounts."""

    school: School
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, role: str) -> Person:
        try:
            return self.__dict__["people"][role]
        except KeyError:
            raise AttributeError(role) from None

    def user(self, role: str) -> User:
        """The account of a role, read anew so that no memo of rights is carried over."""
        return User.objects.get(person=self.people[role])


ROLES: tuple[tuple[str, str, tuple[Post, ...]], ...] = (
    ("secretary", "沈书记", (Post.SECRETARY,)),
    ("principal", "林校长", (Post.PRINCIPAL, Post.COMMITTEE_MEMBER)),
    ("deputy", "吴副书记", (Post.DEPUTY_SECRETARY,)),
    ("member", "郑委员", (Post.COMMITTEE_MEMBER, Post.VICE_PRINCIPAL)),
    ("team", "何主任", (Post.ADMIN_TEAM_MEMBER,)),
    ("clerk", "周干事", (Post.CLERK,)),
)


@kept
def make_cast(code: str = "FH001", name: str = "", office: str | None = "城东教办", **values: Any) -> Cast:
    """A school with secretary, principal, deputy, member, team and clerk; sign-in names are `<role>-<code>`."""
    school = make_school(code, name, office, **values)
    cast = Cast(school)
    for rank, (role, person, posts) in enumerate(ROLES, start=1):
        cast.people[role] = make_person(f"{person}{code[-2:]}", f"{role}-{code}", *posts, school=school, rank=rank)
    return cast


@kept
def make_bureau(post: Post = Post.ORGANISER, username: str = "") -> User:
    """An account with a bureau or system post."""
    person = make_person(f"局{post.label}", username or str(post), post)
    return User.objects.get(person=person)


@kept
def make_office_user(name: str = "城东教办", username: str = "office") -> User:
    """An account of an education office."""
    office = office_named(name, timezone.now())
    person = make_person("钱教办", username, Post.OFFICE, office=office)
    return User.objects.get(person=person)


@kept
def reference() -> None:
    """The catalogue and the rules."""
    load_reference(at=timezone.now())


@kept
def make_meeting(
    cast: Cast, body: Body = Body.PARTY, *, matters: tuple[str, ...] = ("P01",), at: datetime | None = None
) -> Meeting:
    """A meeting in preparation, an hour before `at`, with one item for each matter."""
    at = at or timezone.now()
    reference()
    day = local_day(at)
    items = tuple(
        governance.ItemInput(
            f"议题{number}",
            matter=code,
            proposer=cast.people["secretary"].pk,
            proposed_on=day - timedelta(days=5),
        )
        for number, code in enumerate(matters, start=1)
    )
    agenda = governance.AgendaInput(
        scheduled_at=at - timedelta(hours=1),
        place="会议室",
        recorder=cast.people["clerk"].pk,
        materials_sent_on=day - timedelta(days=3),
        items=items,
    )
    return governance.create_meeting(school=cast.school, body=body, agenda=agenda, by=cast.user("clerk"), at=at)


def prepare(cast: Cast, meeting: Meeting, *, at: datetime | None = None) -> Meeting:
    """Everything the matters ask for beforehand: each prior step done the day before, a talk in agreement, one file."""
    at = at or timezone.now()
    day = min(local_day(meeting.scheduled_at) - timedelta(days=1), local_day(at))
    prepared = []
    for item in meeting.items.select_related("matter").order_by("order"):
        asked = [row["stage"] for row in item.matter.prior_stages] if item.matter else []
        steps = tuple(governance.StepInput(stage=stage, done_on=day) for stage in asked if stage != TALK_STAGE)
        file = SimpleUploadedFile("方案.pdf", b"%PDF-1.4 plan")
        prepared.append(governance.Prepared(item.pk, governance.Preparation(steps=steps), (file,)))
    meeting = governance.prepare_items(meeting=meeting, prepared=prepared, by=cast.user("clerk"), at=at)
    if cast.school.leadership_mode == "separate":
        talk = Talk(
            school=cast.school, held_on=day, topics="会前沟通", result="agreed", recorded_by=cast.user("secretary")
        )
        talk.commit(at)
        TalkItem.objects.bulk_create([TalkItem(talk=talk, item=item) for item in meeting.items.all()])
    return meeting


def head_role(body: str) -> str:
    """Whose meeting it is."""
    return "secretary" if body == Body.PARTY else "principal"


def make_called(cast: Cast, body: Body = Body.PARTY, *, matters: tuple[str, ...] = ("P01",), days: int = 4) -> Meeting:
    """A meeting in some days whose notice has gone out, everything prepared."""
    at = timezone.now()
    meeting = prepare(cast, make_meeting(cast, body, matters=matters, at=at + timedelta(days=days)), at=at)
    meeting = governance.confirm_agenda(meeting=meeting, by=cast.user(head_role(body)), at=at)
    return governance.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)


@kept
def make_held(
    cast: Cast, body: Body = Body.PARTY, *, matters: tuple[str, ...] = ("P01",), at: datetime | None = None
) -> Meeting:
    """A meeting that is 已召开, agenda confirmed, nothing recorded yet."""
    at = at or timezone.now()
    meeting = make_meeting(cast, body, matters=matters, at=at)
    if matters != ("P01",):
        meeting = prepare(cast, meeting, at=at)
    meeting = governance.confirm_agenda(meeting=meeting, by=cast.user(head_role(body)), at=at)
    return governance.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=at)


def full_record(meeting: Meeting, responsible: UUID, *, due_on: date, outcome: str = "approved") -> Record:
    """A record in which everybody is present and agrees, the head last, with one task an adopted item."""
    meeting = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    record = record_of(meeting)
    people = [member.person for member in record.members]
    order = [*people[1:], people[0]]
    stances = tuple(StanceRecord(person, "agree", seq) for seq, person in enumerate(order, start=1))
    tasks = (TaskRecord("完成专题学习", "分组组织学习研讨", due_on, responsible, "党政办"),)
    adopted = outcome in ("approved", "approved_in_principle")
    balloted = {item.pk for item in meeting.items.all() if item.matter and item.matter.code == "P16"}
    items = tuple(
        ItemRecord(
            item=item.item,
            method="signed_ballot" if item.item in balloted else "show_of_hands",
            votes=(len(people), 0, 0),
            outcome=outcome,
            decision_text="会议同意。",
            stances=stances,
            tasks=tasks if adopted else (),
        )
        for item in record.items
    )
    return replace(record, members=tuple(MemberRecord(person, "present") for person in people), items=items)


def open_items(meeting: Meeting) -> Meeting:
    """Its items for all who see the meeting: the head of the body lifts what starts as restricted."""
    for item in meeting.items.filter(secrecy="restricted"):
        head = User.objects.get(person=members_due(meeting.school, meeting.body, local_day(timezone.now()))[0].person)
        governance.set_secrecy(item=item, level="internal", by=head, at=timezone.now())
    return meeting


@kept
def make_recorded(cast: Cast, body: Body = Body.PARTY, *, at: datetime | None = None, **values: Any) -> Meeting:
    """A held meeting with a full record."""
    at = at or timezone.now()
    meeting = make_held(cast, body, at=at, **values)
    new = full_record(meeting, cast.people["principal"].pk, due_on=local_day(at) + timedelta(days=10))
    return governance.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=at)


@kept
def make_minuted(cast: Cast, body: Body = Body.PARTY, *, at: datetime | None = None, **values: Any) -> Meeting:
    """A meeting that waits for its signature."""
    at = at or timezone.now()
    meeting = make_recorded(cast, body, at=at, **values)
    return governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=at)


def confirm_all(meeting: Meeting, *, at: datetime | None = None) -> Meeting:
    """Every member present confirms the record, but for the head, who does so by signing."""
    members = [seat.member for seat in to_confirm(meeting)]
    accounts = User.objects.filter(person__in=[member.person_id for member in members])
    return confirm_together(meeting=meeting, by=list(accounts), at=at or timezone.now())


@kept
def make_signed(cast: Cast, body: Body = Body.PARTY, *, at: datetime | None = None, **values: Any) -> Meeting:
    """A signed meeting, with a decision and a running task of the principal for each item."""
    at = at or timezone.now()
    meeting = confirm_all(make_minuted(cast, body, at=at, **values), at=at)
    return governance.sign_meeting(meeting=meeting, by=cast.user(head_role(body)), at=at)


def make_task(cast: Cast, **values: Any) -> Task:
    """A running task of the principal."""
    meeting = make_signed(cast, **values)
    return Task.objects.get(checklist__decision__meeting=meeting)


def make_replay(by: User, *, at: datetime | None = None) -> ReplayRun:
    """A finished replay of a draft of the rules, over the meetings signed so far."""
    at = at or timezone.now()
    draft = rules.start_rules_draft(by=by, at=at)
    run = start_replay(catalogue=None, rulebook=draft, by=by, at=at)
    claimed = claim_replay(at=at)
    work = Work(claimed) if claimed else None
    while work is not None and work.batch(at):
        pass
    run.refresh_from_db()
    return run
