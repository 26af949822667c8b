"""Every door × every post: who reaches it, and what a stranger learns (security.md A1, A2, A4).

Routes come from the URL configuration; one that is not listed here fails the suite. Canaries stand in every text of the
school; no answer to a stranger may contain one, on pages, in the API, in files and in search.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from checklists import services as tasks
from checklists.models import Task
from governance import services
from governance.models import Decision, Meeting, SchoolClause
from governance.services import TalkInput, TopicInput, record_talk
from governance.services.bin import delete_meeting, delete_topic
from governance.services.catalogue import start_draft
from governance.services.declarations import InterestInput, declare
from governance.services.dossier import request_dossier
from governance.services.model_texts import draft_model_text
from governance.services.school_rules import start_school_rules
from governance.tasks import dossiers as make_dossiers
from notifications.models import Message
from notifications.services import dispatch_batch
from pilots.services import plans as plan_services
from pilots.services import templates as template_services
from pilots.services.selection import ApplicationInput
from projects import services as projects
from projects.models import ProjectUpload
from schools.models import Appointment, RosterUpload
from schools.permissions import Post
from tests import communities, factories, plans, projecting, rollout

pytestmark = pytest.mark.django_db
CANARY = "金丝雀"
PUBLIC = frozenset(
    {"livez", "readyz", "accounts:sign-in", "accounts:sign-out", "api:token", "api:schema", "api:docs", "api:calendar"}
)
SCHOOL = ("secretary", "principal", "deputy", "member", "team", "clerk")
BUREAU = ("organiser", "supervisor", "leader")
SYSTEM = ("system_admin", "security_admin", "auditor")
OUTSIDE = ("stranger", "stranger-clerk", "other-office", "nobody", "former", "reviewer", *SYSTEM)
EVERYBODY = (*SCHOOL, "office", *BUREAU, *OUTSIDE)
SEE_SCHOOL = (*SCHOOL, "office", *BUREAU)
SEE_PARTY = ("secretary", "principal", "deputy", "member", "clerk", *BUREAU)  # `team` is no member of that body
RECORD = ("secretary", "principal", "clerk")
HEADS = ("secretary", "principal")
SEE_SOME = (*SEE_SCHOOL, "stranger", "stranger-clerk", "other-office")  # each of the own schools


@dataclass
class World:
    """The school with canaries, its neighbours, and who looks."""

    cast: factories.Cast
    other: factories.Cast
    users: dict[str, User] = field(default_factory=dict)
    meeting: Any = None
    held: Any = None
    draft: Any = None
    called: Any = None
    decision: Any = None
    task: Any = None
    talk: Any = None
    file: Any = None
    upload: Any = None
    message: Any = None
    clerkship: Any = None
    account: Any = None
    replay: Any = None
    newcomer: Any = None
    catalogue: Any = None
    model_text: Any = None
    model_draft: Any = None
    procedure: Any = None
    topic: Any = None
    dossier: Any = None
    binned: Any = None
    binned_topic: Any = None
    declaration: Any = None
    plan: Any = None
    annotation: Any = None
    plan_row: Any = None
    template: Any = None
    community: Any = None
    resource: Any = None
    demand: Any = None
    booking: Any = None
    joint_project: Any = None
    activity: Any = None
    application: Any = None
    batch: Any = None
    policy: Any = None
    receipt: Any = None
    flagship: Any = None
    change: Any = None
    review: Any = None
    award: Any = None
    selected_case: Any = None
    project_upload: Any = None


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT = tmp_path
    cast = factories.make_cast("FH001", f"{CANARY}小学", office="城东教办")
    other = factories.make_cast("FH002", "邻居小学", office="城西教办")
    world = World(cast, other)
    for role in SCHOOL:
        world.users[role] = cast.user(role)
    world.users["stranger"], world.users["stranger-clerk"] = other.user("secretary"), other.user("clerk")
    world.users["office"] = factories.make_office_user("城东教办", "office-1")
    world.users["other-office"] = factories.make_office_user("城西教办", "office-2")
    for post in (Post.ORGANISER, Post.SUPERVISOR, Post.LEADER, Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR):
        world.users[post.value] = factories.make_bureau(post)
    factories.make_person("无任职", "nobody")
    world.users["nobody"] = User.objects.get(username="nobody")
    factories.make_person("已离任", "former", Post.DEPUTY_SECRETARY, school=cast.school)
    former = Appointment.objects.filter(person__account__username="former")
    former.update(ends_on=timezone.localdate() - timezone.timedelta(days=1))
    world.users["former"] = User.objects.get(username="former")
    _objects(world)
    return world


def _objects(world: World) -> None:
    cast = world.cast
    world.meeting = factories.make_signed(cast)
    world.held, world.draft = factories.make_recorded(cast), factories.make_meeting(cast)
    Meeting.objects.filter(school=cast.school).exclude(status="signed").update(place=CANARY)
    world.decision, world.task = world.meeting.decisions.get(), Task.objects.get()
    Decision.objects.filter(pk=world.decision.pk).update(title=CANARY, text=CANARY)
    Task.objects.update(target=CANARY, measures=CANARY)
    world.declaration = declare(
        school=cast.school, nothing=False, interests=[InterestInput("company", CANARY)], by=cast.user("principal"),
        at=timezone.now(),
    )  # fmt: skip
    world.talk = record_talk(
        school=cast.school, talk=TalkInput(timezone.localdate(), CANARY), by=cast.user("clerk"), at=timezone.now()
    )
    proof = SimpleUploadedFile(f"{CANARY}.txt", CANARY.encode())
    tasks.progress(task=world.task, text=CANARY, files=[proof], by=cast.user("principal"), at=timezone.now())
    world.file = Attachment.objects.get()
    while dispatch_batch(at=timezone.now()):
        pass
    world.message = Message.objects.filter(reader=world.users["secretary"]).first()
    world.clerkship = Appointment.objects.get(person=cast.clerk)
    world.account = world.users["clerk"]
    world.newcomer = factories.make_person(f"{CANARY}新人", school=cast.school)
    world.upload = RosterUpload(uploaded_by=world.users["organiser"], filename=f"{CANARY}.csv", status="checked")
    world.upload.commit(timezone.now())
    world.replay = factories.make_replay(world.users["organiser"])
    world.catalogue = start_draft(by=world.users["organiser"], at=timezone.now())
    world.called = factories.make_called(cast)
    Meeting.objects.filter(pk=world.called.pk).update(place=CANARY)
    _procedures(world)
    _topic(world)
    _archive(world)
    _community(world)
    _selection(world)
    _plan(world)
    _flagship(world)


def _flagship(world: World) -> None:
    """A listed project with a change and an award; a case not yet published; what a reviewer has of another school's project."""
    cast, at, organiser = world.cast, timezone.now(), world.users["organiser"]
    texts = dict.fromkeys(("title", "problem", "content", "outcomes", "party_opinion"), CANARY)
    world.flagship = projecting.make_listed(cast, **texts)
    world.change = projects.request_change(
        project=world.flagship,
        kind="title",
        value=f"{CANARY}新名",
        reason=f"{CANARY}改名",
        by=cast.user("clerk"),
        at=at,
    )
    world.award = projecting.make_award(world.flagship, cast.user("clerk"), name=CANARY)
    case = projects.CaseInput(title=CANARY, level="city", year=2024, text=CANARY)
    world.selected_case = projects.enter_case(school=cast.school, new=case, by=organiser, at=at)
    world.project_upload = ProjectUpload(
        what="projects",
        uploaded_by=organiser,
        filename=f"{CANARY}.xlsx",
        status="checked",
        counts={"near": 0, "new": 0},
    )
    world.project_upload.commit(at)
    world.review = projecting.assign(projecting.make_checked(world.other), 3)
    world.users["reviewer"] = projecting.account(world.review.reviewer)


def _selection(world: World) -> None:
    """The school's application in a batch, and a document that went to this school alone."""
    bureau = world.users["organiser"]
    said = ApplicationInput(CANARY, CANARY, CANARY)
    world.batch = rollout.make_batch(bureau)
    world.application = rollout.make_draft(world.cast, world.batch, said)
    text = dict.fromkeys(rollout.ELEMENTS, CANARY)
    world.policy = rollout.make_published(
        bureau, CANARY, title=f"{CANARY}通知", to_all=False, schools=[world.cast.school.pk], sections=text
    )
    world.receipt = world.policy.receipts.get()


def _plan(world: World) -> None:
    """A plan handed in, with a remark of the bureau; an evaluation that is being written."""
    cast, at, bureau = world.cast, timezone.now(), world.users["organiser"]
    plan = plans.fill(plans.make_draft(cast), cast, target=CANARY, measures=CANARY)
    text = plan_services.PlanInput(plan.starts_on, plan.ends_on, {"goals": CANARY})
    plan = plan_services.edit_plan(plan=plan, new=text, by=cast.user("clerk"), at=at)
    world.plan = plan_services.submit_plan(plan=plan, by=cast.user("secretary"), at=at)
    remark = plan_services.Remark("goals", CANARY)
    world.annotation = plan_services.annotate(plan=world.plan, remark=remark, by=bureau, at=at)
    world.plan_row = plan.rows.first()
    line = template_services.TemplateLine("charter", "修订章程", "起草", 30)
    world.template = template_services.draft_template(
        new=template_services.TemplateInput("通用模板", "", (line,)), by=bureau, at=at
    )
    template_services.publish_template(template=world.template, by=bureau, at=at)


def _community(world: World) -> None:
    """A community of the school with another one of its office, something in each of its lists."""
    friend = factories.make_cast("FH009", "结对小学", office="城东教办")
    circle = communities.Circle(world.cast, friend, friend, world.other, world.users["organiser"])
    made = communities.fill(circle, CANARY)
    world.community, world.resource, world.demand, world.booking, world.joint_project, world.activity = made


def _archive(world: World) -> None:
    """A finished dossier of the secretary's, and two drafts in the recycle bin."""
    cast, at = world.cast, timezone.now()
    today, secretary = timezone.localdate(), cast.user("secretary")
    world.dossier = request_dossier(school=cast.school, body="", since=today, until=today, by=secretary, at=at)
    make_dossiers()
    meeting = factories.make_meeting(cast)
    Meeting.objects.filter(pk=meeting.pk).update(place=CANARY)
    world.binned = delete_meeting(meeting=meeting, version=None, by=secretary, at=at)
    topic = services.create_topic(school=cast.school, body="party", new=TopicInput(CANARY), by=secretary, at=at)
    world.binned_topic = delete_topic(topic=topic, version=None, by=secretary, at=at)


def _topic(world: World) -> None:
    """A topic that was put on the agenda of the Party meeting in preparation."""
    cast, at = world.cast, timezone.now()
    new = TopicInput(CANARY, matter="P01", background=CANARY, basis=CANARY, proposal=CANARY)
    topic = services.create_topic(school=cast.school, body="party", new=new, by=cast.user("member"), at=at)
    topic = services.submit_topic(topic=topic, by=cast.user("member"), at=at)
    topic = services.screen_topic(topic=topic, by=cast.user("clerk"), at=at)
    topic = services.confirm_topic(topic=topic, by=cast.user("secretary"), at=at)
    services.schedule_topic(topic=topic, meeting=world.draft, by=cast.user("clerk"), at=at)
    world.topic = topic


def _procedures(world: World) -> None:
    """A draft of the school's rules for the Party meeting, adopted ones for the principal's, and a draft of the model text."""
    given = {"school": world.cast.school, "from_last": False, "by": world.cast.user("clerk"), "at": timezone.now()}
    draft = start_school_rules(body="party", **given)  # type: ignore[arg-type]
    world.procedure = start_school_rules(body="principal", **given)  # type: ignore[arg-type]
    SchoolClause.objects.filter(rules_version__in=[draft, world.procedure]).update(text=CANARY)
    world.procedure.status, world.procedure.adopted_at_meeting = "adopted", world.meeting
    world.procedure.adopted_on = world.procedure.effective_from = timezone.localdate()
    world.procedure.commit(timezone.now())
    world.model_draft = draft_model_text(body="party", by=world.users["organiser"], at=timezone.now())
    world.model_text = world.model_draft.based_on


@dataclass(frozen=True)
class Door:
    """A route: which object it shows (an attribute of the world, or none) and who reaches it by GET."""

    who: tuple[str, ...]
    of: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    writes: bool = False  # answers POST only
    query: str = ""  # what the door must be asked


def door(who: tuple[str, ...], of: str = "", *, writes: bool = False, query: str = "", **extra: str) -> Door:
    return Door(who, of, tuple(extra.items()), writes, query)


DOORS: dict[str, Door] = {
    "accounts:change-password": door(EVERYBODY),
    "accounts:calendar": door(EVERYBODY),
    "accounts:text-size": door(EVERYBODY, writes=True),
    "attachments:download": door(SEE_SCHOOL, "file"),
    "common:gallery": door(()),
    "notifications:inbox": door(EVERYBODY),
    "notifications:read": door(EVERYBODY, writes=True),
    "notifications:open": door(("secretary",), "message", writes=True),
    "schools:list": door(EVERYBODY),
    "schools:detail": door(SEE_SCHOOL, "school"),
    "schools:edit": door(("organiser",), "school"),
    "schools:permissions": door(EVERYBODY),
    "schools:roster": door(("organiser",)),
    "schools:roster-template": door(("organiser",)),
    "schools:roster-check": door(("organiser",), "upload"),
    "schools:roster-confirm": door(("organiser",), "upload"),
    "schools:roster-faults": door(("organiser",), "upload"),
    "schools:roster-recheck": door(("organiser",), "upload", writes=True),
    "schools:export-xlsx": door(EVERYBODY),
    "schools:export-csv": door(EVERYBODY),
    "schools:appointments": door(("secretary", "organiser"), "school"),
    "schools:appointment-end": door(("secretary", "organiser"), "clerkship"),
    "schools:posts": door(("security_admin",)),
    "schools:accounts": door(("system_admin",)),
    "schools:accounts-export": door(("system_admin",), kind="csv"),
    "schools:account": door(("system_admin",), "account"),
    "schools:account-new": door(("system_admin",), "newcomer"),
    "schools:account-reset": door(("system_admin",), "account", writes=True),
    "schools:account-act": door(("system_admin",), "account", name="unlock", writes=True),
    "checklists:mine": door(EVERYBODY),
    "checklists:export-xlsx": door(EVERYBODY),
    "checklists:export-csv": door(EVERYBODY),
    "checklists:list": door(EVERYBODY),
    "checklists:task": door(SEE_SCHOOL, "task"),
    "checklists:task-action": door(SEE_SCHOOL, "task", name="progress"),
    "governance:meetings": door(EVERYBODY),
    "governance:meetings-export": door((*SCHOOL, *BUREAU, "stranger", "stranger-clerk"), kind="csv"),
    "governance:meeting-new": door((*RECORD, "stranger", "stranger-clerk")),  # each for the own school
    "governance:meeting": door(SEE_PARTY, "meeting"),
    "governance:agenda": door(SEE_PARTY, "draft"),
    "governance:calendar-file": door(SEE_PARTY, "called"),
    "governance:pack": door(SEE_PARTY, "meeting"),
    "governance:preparation": door(SEE_PARTY, "draft_item"),
    "governance:secrecy": door(RECORD, "draft_item"),
    "governance:record": door(SEE_PARTY, "held"),
    "governance:record-check": door(SEE_PARTY, "held"),
    "governance:record-autosave": door(SEE_PARTY, "held"),
    "governance:presentation": door(SEE_PARTY, "held"),
    "governance:declarations": door((*SCHOOL, "stranger", "stranger-clerk")),  # each of the own school
    "governance:declarations-export": door((*RECORD, "stranger", "stranger-clerk"), kind="csv"),
    "governance:declaration-mine": door(tuple(role for role in SCHOOL if role != "clerk"), "school"),
    "governance:declaration": door(RECORD, "declaration"),
    "governance:minutes": door(SEE_PARTY, "meeting"),
    "governance:objection": door(SEE_PARTY, "meeting"),
    "governance:scans": door(SEE_PARTY, "meeting"),
    "governance:minutes-versions": door(SEE_PARTY, "meeting"),
    "governance:minutes-version": door(SEE_PARTY, "meeting", number="1"),
    "governance:correction": door(SEE_PARTY, "meeting"),
    "governance:correction-answer": door(SEE_PARTY, "meeting"),
    "governance:minutes-docx": door(SEE_PARTY, "meeting"),
    "governance:publication": door(RECORD, "meeting"),
    "governance:publication-docx": door(RECORD, "meeting"),
    "governance:minutes-edit": door(SEE_PARTY, "held"),
    "governance:vote-sheet": door(SEE_PARTY, "meeting"),
    "governance:vote-sheet-docx": door(SEE_PARTY, "meeting"),
    "governance:attendance-sheet": door(SEE_PARTY, "meeting"),
    "governance:attendance-sheet-docx": door(SEE_PARTY, "meeting"),
    "governance:excerpt": door(SEE_PARTY, "decision"),
    "governance:excerpt-docx": door(SEE_PARTY, "decision"),
    "governance:meeting-action": door(SEE_PARTY, "held", name="minute"),
    "governance:waive": door(SEE_PARTY, "held"),
    "governance:waivers": door((*HEADS, "organiser", "supervisor", "stranger")),  # each of the own school
    "governance:waivers-export": door((*HEADS, "organiser", "supervisor", "stranger"), kind="csv"),
    "governance:talks": door((*RECORD, *BUREAU, "stranger", "stranger-clerk")),
    "governance:talks-export": door((*RECORD, *BUREAU, "stranger", "stranger-clerk"), kind="csv"),
    "governance:talk": door((*RECORD, *BUREAU), "talk"),
    "governance:topics": door((*SCHOOL, *BUREAU, "stranger", "stranger-clerk")),  # each of the own school
    "governance:topics-export": door((*SCHOOL, *BUREAU, "stranger", "stranger-clerk"), kind="csv"),
    "governance:topic-new": door((*SCHOOL, "stranger", "stranger-clerk")),
    "governance:topic-templates": door((*SCHOOL, "stranger", "stranger-clerk")),
    "governance:topic": door(SEE_PARTY, "topic"),
    "governance:topic-edit": door(SEE_PARTY, "topic"),
    "governance:topic-action": door(SEE_PARTY, "topic", name="postpone"),
    "governance:topic-files": door(SEE_PARTY, "topic", writes=True),
    "governance:topic-assign": door(SEE_PARTY, "topic", writes=True),
    "governance:topic-keep": door(SEE_PARTY, "topic", writes=True),
    "governance:topic-schedule": door(SEE_PARTY, "topic", writes=True),
    "governance:topic-chain": door(SEE_PARTY, "topic"),
    "governance:agenda-topics": door(SEE_PARTY, "draft"),
    "governance:item-chain": door(SEE_PARTY, "draft_item"),
    "governance:hand-over": door(SEE_PARTY, "draft_item"),
    "governance:decisions": door(EVERYBODY),
    "governance:decisions-export": door(
        (*SCHOOL, *BUREAU, "stranger", "stranger-clerk"), kind="csv"
    ),  # each of what it sees
    "governance:archive": door((*RECORD, *BUREAU, "stranger", "stranger-clerk")),
    "governance:dossier": door(("secretary",), "dossier"),
    "governance:collection": door(
        (*RECORD, *BUREAU), name="meetings", query="?school=FH001&since=2020-01-01&until=2090-01-01"
    ),
    "governance:bin": door((*SCHOOL, "stranger", "stranger-clerk")),  # each the own
    "governance:meeting-delete": door(SEE_PARTY, "draft", writes=True),
    "governance:meeting-restore": door(RECORD, "binned", writes=True),
    "governance:topic-delete": door(SEE_PARTY, "topic", writes=True),
    "governance:topic-restore": door(("secretary",), "binned_topic", writes=True),
    "governance:decision": door(SEE_PARTY, "decision"),
    "governance:matters": door(EVERYBODY),
    "governance:matters-export": door(EVERYBODY, kind="csv"),
    "governance:matter": door(EVERYBODY, code="P01"),
    "governance:catalogues": door(EVERYBODY),
    "governance:catalogue-start": door(EVERYBODY, writes=True),
    "governance:catalogue": door(("organiser",), "catalogue"),
    "governance:catalogue-matter": door(("organiser",), "catalogue", code="P01"),
    "governance:catalogue-differences": door(("organiser",), "catalogue"),
    "governance:catalogue-issue": door(("organiser",), "catalogue"),
    "governance:catalogue-discard": door(("organiser",), "catalogue", writes=True),
    "governance:model-texts": door(EVERYBODY),
    "governance:model-text": door(EVERYBODY, "model_text"),
    "governance:model-text-issue": door(("organiser",), "model_draft"),
    "governance:procedures": door(
        (*SEE_SCHOOL, "stranger", "stranger-clerk", "other-office")
    ),  # each of the own schools
    "governance:procedures-export": door((*SEE_SCHOOL, "stranger", "stranger-clerk", "other-office"), kind="csv"),
    "governance:school-limits": door(SEE_SCHOOL, "school"),
    "governance:school-rules": door(SEE_SCHOOL, "school", body="principal"),
    "governance:school-rules-version": door(SEE_SCHOOL, "school", body="principal", number="1"),
    "governance:school-rules-draft": door(SCHOOL, "school", body="party"),
    "governance:school-rules-stricter": door(SCHOOL, "school", body="party"),
    "governance:school-rules-adopt": door(SCHOOL, "school", body="party"),
    "governance:rules": door(EVERYBODY),
    "governance:rules-export": door(EVERYBODY, kind="csv"),
    "governance:rule": door(EVERYBODY, rule="R-Q01"),
    "governance:rules-draft": door(("organiser",)),
    "governance:rules-draft-start": door(("organiser",), writes=True),
    "governance:rules-draft-issue": door(("organiser",)),
    "governance:rules-draft-discard": door(("organiser",), writes=True),
    "governance:rules-draft-rule": door(("organiser",), rule="R-T03"),
    "governance:replay": door(("organiser",)),
    "governance:replay-export": door(("organiser",), "replay", kind="csv"),
    "pilots:applications": door(SEE_SOME),
    "pilots:applications-export": door(SEE_SOME, kind="csv"),
    "pilots:applications-decide": door(SEE_SOME, query="?do=approve"),
    "pilots:application": door(SEE_SCHOOL, "school"),
    "pilots:application-edit": door(RECORD, "school"),
    "pilots:application-implement": door(SEE_SCHOOL, "school"),
    "pilots:batches": door(SEE_SOME),
    "pilots:batches-export": door(SEE_SOME, kind="csv"),
    "pilots:batch-new": door(("organiser",)),
    "pilots:batch": door(SEE_SOME, code="2026-1"),
    "pilots:batch-edit": door(("organiser",), code="2026-1"),
    "pilots:coverage": door(SEE_SOME),
    "pilots:coverage-schools": door(SEE_SOME),
    "pilots:coverage-export": door(SEE_SOME, kind="csv"),
    "pilots:policies": door(SEE_SOME),
    "pilots:policies-export": door(SEE_SOME, kind="csv"),
    "pilots:policy-new": door(("organiser",)),
    "pilots:receipts-mine": door(SEE_SOME),
    "pilots:policy": door(SEE_SCHOOL, "policy"),
    "pilots:policy-edit": door(("organiser",), "policy"),
    "pilots:policy-publish": door(("organiser",), "policy"),
    "pilots:policy-discard": door(SEE_SCHOOL, "policy", writes=True),
    "pilots:policy-file-remove": door(SEE_SCHOOL, "policy", writes=True),
    "pilots:policy-sign": door(SEE_SCHOOL, "policy"),
    "pilots:receipts": door(SEE_SCHOOL, "policy"),
    "pilots:receipts-export": door(SEE_SCHOOL, "policy", kind="csv"),
    "pilots:policy-remind": door(SEE_SCHOOL, "policy"),
    "pilots:plans": door(SEE_SOME),
    "pilots:plans-export": door(SEE_SOME, kind="csv"),
    "pilots:plan-of-school": door(SEE_SCHOOL, "school"),
    "pilots:plan": door(SEE_SCHOOL, "plan"),
    "pilots:plan-rows": door(SEE_SCHOOL, "plan"),
    "pilots:rows-export": door(SEE_SCHOOL, "plan", kind="csv"),
    "pilots:rows-import": door(RECORD, "plan"),
    "pilots:rows-confirm": door(RECORD, "plan", writes=True),
    "pilots:rows-template-file": door(RECORD, "plan"),
    "pilots:row-add": door(SEE_SCHOOL, "plan", writes=True),
    "pilots:row-save": door(SEE_SCHOOL, "plan_row", writes=True),
    "pilots:row-remove": door(SEE_SCHOOL, "plan_row", writes=True),
    "pilots:row-move": door(SEE_SCHOOL, "plan_row", writes=True),
    "pilots:templates-take": door(RECORD, "plan"),
    "pilots:template-take": door(RECORD, "template-taken"),
    "pilots:templates": door(SEE_SOME),
    "pilots:template-new": door(("organiser",)),
    "pilots:template": door(SEE_SOME, "template"),
    "pilots:template-edit": door(("organiser",), "template"),
    "pilots:template-action": door(SEE_SOME, "template", name="publish", writes=True),
    "pilots:plan-edit": door(RECORD, "plan"),
    "pilots:plan-files": door(SEE_SCHOOL, "plan", writes=True),
    "pilots:plan-annotate": door(SEE_SCHOOL, "plan", writes=True),
    "pilots:annotation-settle": door(SEE_SCHOOL, "annotation", writes=True),
    "pilots:plan-review": door(("organiser",), "plan"),
    "pilots:plan-compare": door(SEE_SCHOOL, "plan"),
    "pilots:plan-action": door(SEE_SCHOOL, "plan", name="submit", writes=True),
    "pilots:foundation-matrix": door(SEE_SOME),
    "pilots:foundations-export": door(SEE_SOME, kind="csv"),
    "pilots:foundation-peers": door(SEE_SOME),
    "pilots:foundations": door(SEE_SCHOOL, "school"),
    "pilots:foundation-register": door(("secretary",), "school", kind="charter"),
    "pilots:evaluations": door(SEE_SOME),
    "pilots:evaluations-export": door(SEE_SOME, kind="csv"),
    "pilots:evaluation": door(("organiser",), "school", kind="mid_term"),
    "projects:flagships": door(SEE_SOME),  # each those of the own schools
    "projects:flagships-export": door(SEE_SOME, kind="csv"),
    "projects:flagship-new": door((*RECORD, "stranger", "stranger-clerk")),
    "projects:coverage": door(SEE_SOME),
    "projects:awards": door(SEE_SOME),
    "projects:awards-export": door(SEE_SOME, kind="csv"),
    "projects:award-new": door((*RECORD, "organiser"), "flagship"),
    "projects:award-edit": door((*RECORD, "organiser"), "award"),
    "projects:award-verify": door(SEE_SCHOOL, "award", writes=True),
    "projects:award-remove": door((*RECORD, "organiser"), "award"),
    "projects:reviews": door(("reviewer",)),
    "projects:review": door(("reviewer",), "review"),
    "projects:review-withdraw": door(("organiser",), "review"),
    "projects:cases": door(SEE_SOME),
    "projects:cases-export": door(SEE_SOME, kind="csv"),
    "projects:case-new": door(("organiser",)),
    "projects:case": door(("organiser",), "selected_case"),
    "projects:case-edit": door(("organiser",), "selected_case"),
    "projects:case-act": door(("organiser",), "selected_case", writes=True),
    "projects:import": door(("organiser",), what="projects"),
    "projects:import-template": door(("organiser",), what="awards"),
    "projects:import-check": door(("organiser",), "project_upload"),
    "projects:import-faults": door(("organiser",), "project_upload"),
    "projects:import-confirm": door(("organiser",), "project_upload", writes=True),
    "projects:flagship": door(SEE_SCHOOL, "flagship"),
    "projects:flagship-edit": door(RECORD, "flagship"),
    "projects:flagship-discard": door(SEE_SCHOOL, "flagship", writes=True),
    "projects:flagship-action": door(SEE_SCHOOL, "flagship", name="terminate"),
    "projects:flagship-files": door(SEE_SCHOOL, "flagship", writes=True),
    "projects:flagship-advise": door(SEE_SCHOOL, "flagship", writes=True),
    "projects:flagship-check": door(SEE_SCHOOL, "flagship", writes=True),
    "projects:flagship-assign": door(SEE_SCHOOL, "flagship", writes=True),
    "projects:flagship-report": door(RECORD, "flagship", kind="mid"),
    "projects:flagship-change": door(RECORD, "flagship"),
    "projects:change-decide": door(SEE_SCHOOL, "change", writes=True),
    "api:flagships": door(EVERYBODY),
    "api:flagship": door(SEE_SCHOOL, "flagship"),
    "api:flagship-action": door(SEE_SCHOOL, "flagship", name="terminate", writes=True),
    "api:awards": door(EVERYBODY),
    "api:award": door(SEE_SCHOOL, "award"),
    "communities:communities": door(SEE_SOME),  # each those of the own schools
    "communities:communities-export": door(SEE_SOME, kind="csv"),
    "communities:community-new": door((*RECORD, "organiser", "stranger", "stranger-clerk")),
    "communities:help": door(SEE_SOME),
    "communities:entries": door(SEE_SOME, what="resources"),
    "communities:entries-export": door(SEE_SOME, what="demands", kind="csv"),
    "communities:community": door(SEE_SCHOOL, "community"),
    "communities:community-members": door(SEE_SCHOOL, "community"),
    "communities:community-lists": door(SEE_SCHOOL, "community"),
    "communities:community-matching": door(SEE_SCHOOL, "community"),
    "communities:community-activities": door(SEE_SCHOOL, "community"),
    "communities:community-help": door(SEE_SCHOOL, "community"),
    "communities:community-terms": door((*RECORD, "organiser"), "community"),
    "communities:community-text": door(SEE_SCHOOL, "community", writes=True),
    "communities:community-consent": door(SEE_SCHOOL, "community", writes=True),
    "communities:community-action": door(SEE_SCHOOL, "community", name="join"),
    "communities:entry-new": door((*RECORD, "organiser"), "community", what="resource"),
    "communities:resource": door(SEE_SCHOOL, "resource"),
    "communities:resource-edit": door((*RECORD, "organiser"), "resource"),
    "communities:booking-cancel": door(SEE_SCHOOL, "booking"),
    "communities:demand": door(SEE_SCHOOL, "demand"),
    "communities:demand-edit": door((*RECORD, "organiser"), "demand"),
    "communities:project": door(SEE_SCHOOL, "joint_project"),
    "communities:project-edit": door((*RECORD, "organiser"), "joint_project"),
    "communities:project-tasks": door((*RECORD, "organiser"), "joint_project"),
    "communities:project-result": door((*RECORD, "organiser"), "joint_project"),
    "communities:activity": door(SEE_SCHOOL, "activity"),
    "communities:activity-edit": door((*RECORD, "organiser"), "activity"),
    "api:communities": door(EVERYBODY),
    "api:community": door(SEE_SCHOOL, "community"),
    "api:community-consents": door(SEE_SCHOOL, "community", writes=True),
    "api:community-action": door(SEE_SCHOOL, "community", name="join", writes=True),
    "api:community-resources": door(EVERYBODY),
    "api:community-resource": door(SEE_SCHOOL, "resource"),
    "api:community-demands": door(EVERYBODY),
    "api:community-demand": door(SEE_SCHOOL, "demand"),
    "api:community-projects": door(EVERYBODY),
    "api:community-project": door(SEE_SCHOOL, "joint_project"),
    "api:community-bookings": door(EVERYBODY),
    "api:community-booking": door(SEE_SCHOOL, "booking"),
    "api:community-booking-cancel": door(SEE_SCHOOL, "booking", writes=True),
    "reports:home": door(EVERYBODY),
    "reports:search": door(EVERYBODY),
    "reports:me": door(EVERYBODY),
    "reports:findings": door((*RECORD, *BUREAU, "stranger", "stranger-clerk")),  # each of the own school
    "reports:findings-list": door((*RECORD, *BUREAU, "stranger", "stranger-clerk")),
    "reports:findings-meetings": door((*RECORD, *BUREAU, "stranger", "stranger-clerk")),
    "reports:findings-meetings-export": door((*RECORD, *BUREAU, "stranger", "stranger-clerk"), kind="csv"),
    "reports:findings-export": door((*RECORD, *BUREAU, "stranger", "stranger-clerk"), kind="csv"),
    "reports:audit": door(("auditor",)),
    "reports:audit-export": door(("auditor",), kind="csv"),
    "reports:audit-verify": door(("auditor",), writes=True),
    "api:policies": door(EVERYBODY),
    "api:policy": door(SEE_SCHOOL, "policy"),
    "api:receipts": door(EVERYBODY),
    "api:receipt": door(SEE_SCHOOL, "receipt"),
    "api:receipt-action": door(SEE_SCHOOL, "receipt", name="remind", writes=True),
    "api:batches": door(EVERYBODY),
    "api:batch": door(SEE_SOME, "batch"),
    "api:applications": door(EVERYBODY),
    "api:application": door(SEE_SCHOOL, "application"),
    "api:application-action": door(SEE_SCHOOL, "application", name="nominate", writes=True),
    "api:coverage": door(EVERYBODY),
    "api:plans": door(EVERYBODY),
    "api:plan": door(SEE_SCHOOL, "plan"),
    "api:plan-action": door(SEE_SCHOOL, "plan", name="submit", writes=True),
    "api:plan-rows": door(SEE_SCHOOL, "plan"),
    "api:plan-row": door(SEE_SCHOOL, "api-row"),
    "api:schools": door(EVERYBODY),
    "api:school": door(SEE_SCHOOL, "school"),
    "api:offices": door(EVERYBODY),
    "api:office": door(SEE_SCHOOL, "office"),
    "api:matters": door(EVERYBODY),
    "api:matters-suggest": door(EVERYBODY, query="?q=预算"),
    "api:matter": door(EVERYBODY, code="P01"),
    "api:meetings": door(EVERYBODY),
    "api:meeting": door(SEE_PARTY, "meeting"),
    "api:meeting-action": door(SEE_PARTY, "held", name="minute", writes=True),
    "api:check": door(EVERYBODY, writes=True),
    "api:talks": door(EVERYBODY),
    "api:talk": door((*RECORD, *BUREAU), "talk"),
    "api:topics": door(EVERYBODY),
    "api:topic": door(SEE_PARTY, "topic"),
    "api:topic-action": door(SEE_PARTY, "topic", name="postpone", writes=True),
    "api:topic-hand-over": door(EVERYBODY, writes=True),
    "api:procedures": door(EVERYBODY),
    "api:procedure": door(SEE_SCHOOL, "procedure"),
    "api:decisions": door(EVERYBODY),
    "api:decision": door(SEE_PARTY, "decision"),
    "api:tasks": door(EVERYBODY),
    "api:task": door(SEE_SCHOOL, "task"),
    "api:findings": door(EVERYBODY),
    "api:task-action": door(SEE_SCHOOL, "task", name="progress", writes=True),
}


def routes(patterns: Any = None, space: str = "") -> Iterator[str]:
    """Names of all routes of the URL configuration."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield space + pattern.name


def address(name: str, world: World, *, missing: bool = False) -> str:
    opened = DOORS[name]
    values: dict[str, object] = dict(opened.extra)
    if opened.of == "school":
        values["code"] = "FH999" if missing else world.cast.school.code
    elif opened.of == "office":
        values["code"] = "O99" if missing else world.cast.school.office.code  # type: ignore[union-attr]
    elif opened.of == "annotation":
        values["pk"] = 0 if missing else world.annotation.pk
    elif opened.of in ("template-taken", "api-row"):
        values |= of_a_plan(world, opened.of, missing=missing)
    elif opened.of == "newcomer":
        values["person"] = uuid4() if missing else world.newcomer.pk
    elif opened.of == "draft_item":
        values["pk"] = uuid4() if missing else world.draft.pk
        values["item"] = uuid4() if missing else world.draft.items.order_by("order").first().pk
    elif opened.of:
        values["pk"] = uuid4() if missing else getattr(world, opened.of).pk
    return reverse(name, kwargs=values) + opened.query


def of_a_plan(world: World, what: str, *, missing: bool) -> dict[str, object]:
    """Two keys: a template for a plan, a row of a plan."""
    if what == "template-taken":
        return {"pk": uuid4() if missing else world.plan.pk, "template": world.template.pk}
    return {"plan": world.plan.pk, "pk": uuid4() if missing else world.plan_row.pk}


def text_of(answer: HttpResponseBase) -> str:
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return raw.decode("utf-8", "replace") + str(answer.headers)


def client_of(world: World, role: str) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(world.users[role])
    return client


def test_every_route_is_listed() -> None:
    assert set(routes()) == set(DOORS) | PUBLIC


def test_anonymous_visitors_reach_nothing_but_the_public_routes(world: World) -> None:
    for name in DOORS:
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(Client(), method)(address(name, world))
            expected = {401, 405} if name.startswith("api:") else {302, 405}
            assert answer.status_code in expected, (name, method, answer.status_code)
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/accounts/sign-in/"), name
            assert CANARY not in text_of(answer)


@pytest.mark.walk
def test_each_door_opens_for_its_posts_and_no_get_changes_a_row(world: World) -> None:
    before = rows()
    for role in EVERYBODY:
        client = client_of(world, role)
        for name, opened in DOORS.items():
            if opened.of and role in OUTSIDE and role not in opened.who:
                continue  # the next walk asks these, and holds foreign against missing
            answer = client.get(address(name, world))
            text_of(answer)  # reads a file to its end, which closes it
            if opened.writes:
                expected = {405} if role in opened.who or not opened.of else {404, 405}
            elif role in opened.who:
                expected = {200, 302}
            else:
                expected = {404}
            assert answer.status_code in expected, (role, name, answer.status_code)
    assert changed(before) == {}


@pytest.mark.walk
def test_a_stranger_finds_no_canary_and_cannot_tell_foreign_from_missing(world: World) -> None:
    before = rows()
    for role in OUTSIDE:
        client = client_of(world, role)
        for name, opened in DOORS.items():
            if role in opened.who and (opened.of or opened.who is not EVERYBODY):
                continue  # an administrator's own page
            found = address(name, world)
            if not opened.of:
                for path in (found, f"{found}?q={CANARY[1:]}&school=FH001", f"{found}?page_size=200"):
                    assert CANARY not in text_of(client.get(path)), (role, path)
            else:
                for method in ("get", "post"):
                    foreign, missing = (
                        getattr(client, method)(address(name, world, missing=gone)) for gone in (False, True)
                    )
                    assert CANARY not in text_of(foreign) + text_of(missing)
                    assert foreign.status_code == missing.status_code and foreign.status_code in (404, 405), (
                        role,
                        name,
                    )
    assert changed(before) == {}


def rows() -> dict[str, int]:
    """Row counts and versions of everything that belongs to schools, and of who holds what."""
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table != "pilots_policyreading" and table.startswith(  # opening a document is noted on purpose
                (
                    "communities_",
                    "schools_",
                    "governance_",
                    "checklists_",
                    "deadlines_",
                    "attachments_",
                    "accounts_",
                    "auth_",
                    "projects_",
                    "pilots_",
                )
            ):
                cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  names come from the database itself
                counts[table] = cursor.fetchone()[0]
    for model in (Meeting, Task, Decision, Appointment):
        counts[f"{model.__name__} versions"] = sum(model.objects.values_list("version", flat=True))  # type: ignore[attr-defined]
    return counts


def changed(before: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What is not as it was."""
    return {key: (before[key], now) for key, now in rows().items() if before[key] != now}


@pytest.mark.walk
def test_no_stranger_changes_a_row_and_no_head_changes_one(world: World) -> None:
    before = rows()
    for role in OUTSIDE:
        client = client_of(world, role)
        for name, opened in DOORS.items():
            if opened.of and role not in opened.who:
                for method in ("post", "put", "patch", "delete"):
                    body = {"reason": "试一试能不能改", "text": "外人写的", "do": "save", "version": "1"}
                    getattr(client, method)(address(name, world), body, content_type="application/json")
                client.post(address(name, world), {"reason": "试一试能不能改", "text": "外人写的", "do": "save"})
    assert changed(before) == {}
    for role in ("secretary", "organiser"):
        client = client_of(world, role)
        for name in DOORS:
            for method in ("head", "options"):
                text_of(getattr(client, method)(address(name, world)))
    assert changed(before) == {}


def test_every_route_is_reached_by_somebody() -> None:
    unreached = {name for name, opened in DOORS.items() if not opened.who}
    assert unreached == {"common:gallery"}, "the gallery opens for superusers, and no account is one in daily work"
