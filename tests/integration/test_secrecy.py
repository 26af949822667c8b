"""知悉范围: which items start as restricted, who reads them, what everybody else learns, and the traces of reading."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as portal
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments import texts
from attachments.models import Attachment, AttachmentText
from attachments.services import attach, copy_to, detach
from audit.models import Event
from audit.services import record
from checklists import services as tasks
from checklists.models import ChecklistReader, Task
from common.errors import InvalidInput, NotAllowed, Stale
from governance import services
from governance.models import AgendaItem, Decision, ItemReader, Meeting, Stance, TalkItem
from governance.models.preparation import TALK_STAGE
from governance.record import Record
from governance.reference import reference_for
from governance.secrecy import RESTRICTED_MATTERS, WITHHELD, hidden_of, readers_of
from governance.selectors import for_record
from governance.services.reviewing import review_last_minutes
from governance.waiving import may_pass, results_now
from notifications.models import Message
from notifications.services import dispatch_batch
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast
from tests.integration.test_api import machine, person
from tests.integration.test_doors import DOORS, World, address
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db
CANARY = "密雀测试"
ASKED = CANARY[1:]  # what is searched for is printed again, so it is not the whole word


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return factories.make_cast("FH001")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ids(cast: Cast, *roles: str) -> set[Any]:
    return {cast.people[role].pk for role in roles}


def item_of(meeting: Meeting, order: int = 1) -> AgendaItem:
    return meeting.items.get(order=order)


def body_of(answer: Any) -> str:
    """All words of an answer, those inside packed files too."""
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return "\n".join([*_unpacked(raw), str(answer.headers)])


def _unpacked(raw: bytes) -> Iterator[str]:
    if not raw.startswith(b"PK\x03\x04"):
        yield raw.decode("utf-8", "replace")
        return
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            yield name
            yield from _unpacked(archive.read(name))


# ---- how items start ----


@pytest.mark.parametrize(
    ("body", "matter"), [("party", "P05"), ("party", "P16"), ("party", "P17"), ("party", "P19"), ("principal", "A14")]
)
def test_items_of_five_matters_start_as_restricted_for_body_recorder_and_proposer(
    cast: Cast, body: str, matter: str
) -> None:
    item = item_of(factories.make_meeting(cast, Body(body), matters=(matter,)))
    assert item.secrecy == "restricted" and matter in RESTRICTED_MATTERS
    members = ("secretary", "principal", "deputy", "member") if body == "party" else ("principal", "member", "team")
    assert set(readers_of(item)) == ids(cast, *members, "clerk", "secretary")


def test_an_item_becomes_restricted_when_it_gets_such_a_matter_and_stays_so(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, matters=("P01", "P16"))
    open_item, closed = meeting.items.order_by("order")
    assert (open_item.secrecy, closed.secrecy) == ("internal", "restricted")

    def save(first: str, second: str) -> None:
        lines = tuple(
            services.ItemInput(
                item.title, item=item.pk, matter=code, proposer=item.proposer_id, proposed_on=item.proposed_on
            )
            for item, code in ((open_item, first), (closed, second))
        )
        agenda = services.AgendaInput(
            meeting.scheduled_at, meeting.place, meeting.chair_id, recorder=meeting.recorder_id, items=lines
        )
        services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=timezone.now())

    services.set_secrecy(item=closed, level="internal", by=cast.user("secretary"), at=timezone.now())
    save("P17", "P16")
    open_item.refresh_from_db()
    closed.refresh_from_db()
    assert open_item.secrecy == "restricted" and len(readers_of(open_item)) == 5
    assert closed.secrecy == "internal", "what the head has opened stays open"
    save("P01", "P16")
    open_item.refresh_from_db()
    assert open_item.secrecy == "restricted", "another matter opens nothing"


def test_a_head_who_came_later_reads_from_the_day_of_the_meeting_on(cast: Cast) -> None:
    meeting = factories.prepare(cast, factories.make_meeting(cast, matters=("P16",)))
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    ItemReader.objects.filter(person=cast.secretary).delete()
    services.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    assert cast.secretary.pk in readers_of(item_of(meeting))


# ---- setting it ----


def test_who_may_record_and_reads_narrows_and_the_head_is_never_locked_out(cast: Cast) -> None:
    item = item_of(factories.make_meeting(cast))
    at = timezone.now()
    item = services.set_secrecy(
        item=item, level="restricted", readers=[cast.clerk.pk], version=item.version, by=cast.user("clerk"), at=at
    )
    assert set(readers_of(item)) == ids(cast, "clerk", "secretary")
    fact = Event.objects.get(kind="governance.item.secrecy_changed")
    assert (fact.data["level"], fact.data["before"], fact.data["order"]) == ("restricted", "internal", 1)
    assert sorted(fact.data["added"]) == sorted([cast.clerk.name, cast.secretary.name])
    assert item.title not in fact.subject_text + str(fact.data)


def test_opening_what_is_restricted_is_for_the_head_alone(cast: Cast) -> None:
    item = item_of(factories.make_meeting(cast, matters=("P16",)))
    with pytest.raises(InvalidInput, match="由书记放开"):
        services.set_secrecy(item=item, level="internal", by=cast.user("clerk"), at=timezone.now())
    services.set_secrecy(item=item, level="internal", by=cast.user("secretary"), at=timezone.now())
    item.refresh_from_db()
    assert item.secrecy == "internal" and readers_of(item) == []


def test_who_does_not_read_or_record_sets_nothing_and_nobody_names_himself(cast: Cast) -> None:
    item = item_of(factories.make_meeting(cast, matters=("P16",)))
    ItemReader.objects.filter(item=item, person=cast.principal).delete()
    before = set(readers_of(item))
    for user in (cast.user("deputy"), cast.user("team"), factories.make_bureau(), cast.user("principal")):
        with pytest.raises(NotAllowed):
            services.set_secrecy(item=item, level="restricted", readers=[cast.principal.pk], by=user, at=timezone.now())
    assert set(readers_of(item)) == before
    page = reverse("governance:secrecy", args=[item.meeting_id, item.pk])
    assert client_of(cast.user("principal")).get(page).status_code == 404
    assert client_of(cast.user("secretary")).get(page).status_code == 200


def test_readers_are_chosen_from_the_school_and_the_bureaus_holders(cast: Cast) -> None:
    item = item_of(factories.make_meeting(cast, matters=("P16",)))
    other, supervisor = factories.make_cast("FH002"), factories.make_bureau(Post.SUPERVISOR)
    leader = factories.make_bureau(Post.LEADER)
    for stranger in (other.secretary.pk, supervisor.person.pk):
        with pytest.raises(InvalidInput, match="知悉人"):
            services.set_secrecy(
                item=item, level="restricted", readers=[stranger], by=cast.user("secretary"), at=timezone.now()
            )
    services.set_secrecy(
        item=item, level="restricted", readers=[leader.person.pk], by=cast.user("secretary"), at=timezone.now()
    )
    assert set(readers_of(item)) == {leader.person.pk, cast.secretary.pk}
    assert not hidden_of(leader, [AgendaItem.objects.get(pk=item.pk)])


def test_a_stale_page_sets_nothing(cast: Cast) -> None:
    item = item_of(factories.make_meeting(cast))
    old = item.version
    services.set_secrecy(item=item, level="public", version=old, by=cast.user("secretary"), at=timezone.now())
    with pytest.raises(Stale):
        services.set_secrecy(item=item, level="restricted", version=old, by=cast.user("secretary"), at=timezone.now())


def test_the_form_sets_it_after_the_signature_and_decision_and_tasks_follow(cast: Cast) -> None:
    meeting = factories.make_signed(cast)
    item, task = item_of(meeting), Task.objects.get()
    outsider = User.objects.get(person=factories.make_person("李干事", "clerk-2", Post.CLERK, school=cast.school))
    assert Decision.objects.visible_to(outsider).exists() and Task.objects.visible_to(outsider).exists()
    page = reverse("governance:secrecy", args=[meeting.pk, item.pk])
    client = client_of(cast.user("secretary"))
    assert page in client.get(meeting.get_absolute_url()).content.decode()
    form = {"level": "restricted", "version": str(item.version), "readers": [str(cast.deputy.pk)]}
    assert client.post(page, form).status_code == 302
    outsider = User.objects.get(pk=outsider.pk)
    assert not Decision.objects.visible_to(outsider).exists() and not Task.objects.visible_to(outsider).exists()
    assert set(ChecklistReader.objects.values_list("person_id", flat=True)) == ids(cast, "deputy", "secretary")
    task.checklist.refresh_from_db()
    assert task.checklist.restricted and item.title not in task.checklist.title
    for role in ("secretary", "deputy", "principal"):  # two are named, one is responsible
        assert Task.objects.visible_to(cast.user(role)).filter(pk=task.pk).exists(), role
    assert client.post(page, {**form, "level": "internal"}).status_code == 409, "the page was stale"
    item.refresh_from_db()
    assert client.post(page, {"level": "internal", "version": str(item.version)}).status_code == 302
    assert Task.objects.visible_to(User.objects.get(pk=outsider.pk)).exists()
    task.checklist.refresh_from_db()
    assert not task.checklist.restricted and task.checklist.title == str(item.decision)


def test_the_one_who_confirms_sees_a_restricted_task_while_it_waits_for_him(cast: Cast) -> None:
    meeting = factories.make_signed(cast)
    services.set_secrecy(item=item_of(meeting), level="restricted", by=cast.user("secretary"), at=timezone.now())
    task, deputy = Task.objects.get(), cast.user("deputy")
    assert not Task.objects.visible_to(deputy).exists()
    task = tasks.submit(task=task, text="办完了", by=cast.user("principal"), at=timezone.now())
    assert Task.objects.visible_to(cast.user("deputy")).filter(pk=task.pk).exists()
    assert not Task.objects.visible_to(cast.user("member")).exists()
    closed = tasks.close(task=task, by=cast.user("deputy"), at=timezone.now())
    assert closed.status == "closed" and not Task.objects.visible_to(cast.user("deputy")).exists()


def test_signing_asks_that_all_is_read(cast: Cast) -> None:
    meeting = factories.confirm_all(factories.make_minuted(cast, matters=("P16",)))
    ItemReader.objects.filter(person=cast.secretary).delete()
    with pytest.raises(NotAllowed, match="第 1 项是限定人员议题"):
        services.sign_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    item = item_of(meeting)
    named = readers_of(item)
    services.set_secrecy(item=item, level="restricted", readers=named, by=cast.user("secretary"), at=timezone.now())
    assert services.sign_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now()).status == "signed"


def test_services_change_nothing_of_an_item_that_is_withheld(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, matters=("P16",))
    item, other = item_of(meeting), factories.make_person("李干事", "clerk-2", Post.CLERK, school=cast.school)
    user, at = User.objects.get(person=other), timezone.now()
    prepared = [services.Prepared(item.pk, services.Preparation(urgent=True, urgent_reason="不该写进去"))]
    with pytest.raises(NotAllowed):
        services.prepare_items(meeting=meeting, prepared=prepared, by=user, at=at)
    talk = services.record_talk(
        school=cast.school,
        talk=services.TalkInput(timezone.localdate(), "班子任用", items=[item.pk]),
        by=cast.user("secretary"),
        at=at,
    )
    for call in (
        lambda: services.edit_talk(
            talk=talk, new=services.TalkInput(timezone.localdate(), "别的"), version=None, by=user, at=at
        ),
        lambda: services.delete_talk(talk=talk, version=None, by=user, at=at),
    ):
        with pytest.raises(NotAllowed):
            call()
    with pytest.raises(InvalidInput):
        services.record_talk(
            school=cast.school, talk=services.TalkInput(timezone.localdate(), "套近乎", items=[item.pk]), by=user, at=at
        )


# ---- reading leaves a trace ----


def readings() -> list[tuple[str, int]]:
    rows = Event.objects.filter(kind="governance.item.read").order_by("seq")
    return [(event.actor_name, event.data["order"]) for event in rows]


def test_reading_is_noted_once_for_each_person_item_and_day_and_shown_to_the_school(cast: Cast) -> None:
    meeting = factories.make_signed(cast, matters=("P16", "P01"))
    decision = Decision.objects.get(item__order=1)
    client = client_of(cast.user("deputy"))
    for url in (
        meeting.get_absolute_url(),
        decision.get_absolute_url(),
        reverse("governance:minutes", args=[meeting.pk]),
    ):
        assert client.get(url).status_code == 200
    person(cast.user("deputy")).get(f"governance/meetings/{meeting.pk}/")
    assert readings() == [(cast.deputy.name, 1)]
    file = Attachment.objects.get(subject=f"governance.agendaitem:{decision.item_id}")
    assert b"".join(client_of(cast.user("member")).get(file.get_absolute_url()).streaming_content)
    assert readings() == [(cast.deputy.name, 1), (cast.member.name, 1)]
    client_of(factories.make_bureau()).get(meeting.get_absolute_url())
    assert len(readings()) == 2, "who is shown nothing reads nothing"
    html = client_of(cast.user("secretary")).get(meeting.get_absolute_url()).content.decode()
    assert "限定人员议题查看记录" in html and cast.member.name in html
    shown = client_of(User.objects.get(username="organiser")).get(meeting.get_absolute_url()).content.decode()
    assert "限定人员议题查看记录" not in shown


def test_a_reading_on_another_day_is_noted_again(cast: Cast) -> None:
    meeting = factories.make_meeting(cast, matters=("P16",))
    opened, user = {item_of(meeting).pk: 1}, cast.user("deputy")
    today = timezone.now()
    for at in (today, today, today + timedelta(days=1)):
        services.note_opened(meeting=meeting, opened=opened, by=user, at=at)
    assert len(readings()) == 2


def test_a_reader_of_the_bureau_leaves_both_traces(cast: Cast) -> None:
    meeting, organiser = factories.make_signed(cast, matters=("P16",)), factories.make_bureau()
    item = item_of(meeting)
    named = [*readers_of(item), organiser.person.pk]
    services.set_secrecy(item=item, level="restricted", readers=named, by=cast.user("secretary"), at=timezone.now())
    html = client_of(organiser).get(meeting.get_absolute_url()).content.decode()
    assert item.title in html and WITHHELD not in html
    assert readings() == [("局组织科", 1)] and Event.objects.filter(kind="governance.meeting.read").count() == 1


# ---- a typist who may not read ----


def test_a_record_saved_by_who_may_not_read_keeps_the_stored_words(cast: Cast) -> None:
    meeting = factories.make_recorded(cast, matters=("P16", "P01"))
    item = item_of(meeting)
    AgendaItem.objects.filter(pk=item.pk).update(decision_text=CANARY)
    Stance.objects.filter(item=item).update(opinion=CANARY)
    user = User.objects.get(person=factories.make_person("李干事", "clerk-2", Post.CLERK, school=cast.school))
    client, page = client_of(user), reverse("governance:record", args=[meeting.pk])
    html = client.get(page).content.decode()
    assert WITHHELD in html and CANARY not in html
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', html))
    typed = {name: value for name, value in fields.items() if not name.startswith("csrf")}
    typed |= {"i-1-decision_text": "改掉了", "do": "save"}
    client.post(page, typed)
    item.refresh_from_db()
    assert item.decision_text == CANARY
    assert set(item.stances.values_list("opinion", flat=True)) == {CANARY}


# ---- a step that is refused because of what may not be read ----

TOLD = "有 1 个限定人员议题不合规则，请知悉人查看"


def stopped(cast: Cast, *, both: bool = False) -> tuple[Meeting, str]:
    """A recorded meeting that cannot be sent: a blocking rule of its restricted item failed (of the open one too); with its message."""
    meeting = factories.make_recorded(cast, matters=("P16", "P05"))
    services.set_secrecy(item=item_of(meeting, 2), level="internal", by=cast.user("secretary"), at=timezone.now())
    TalkItem.objects.filter(item__meeting=meeting, item__order__in=(1, 2) if both else (1,)).delete()
    found = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    blocking = [result for result in results_now(found, reference_for(found)) if result.blocks]
    assert {result.rule for result in blocking} == {"R-T09"} and len(blocking) == 1 + both
    factories.make_person("李干事", "clerk-2", Post.CLERK, school=cast.school)
    return Meeting.objects.get(pk=meeting.pk), blocking[0].message


@pytest.mark.parametrize("both", [False, True])
def test_a_refused_step_says_no_rule_of_a_withheld_item_on_page_and_in_the_api(cast: Cast, both: bool) -> None:
    meeting, message = stopped(cast, both=both)
    outsider = User.objects.get(username="clerk-2")
    page = reverse("governance:meeting-action", args=[meeting.pk, "minute"])
    api = f"governance/meetings/{meeting.pk}/actions/minute/"
    for user, times in ((outsider, int(both)), (cast.user("clerk"), 1 + both)):
        Meeting.objects.filter(pk=meeting.pk).update(recorder=user.person)
        html = body_of(client_of(user).post(page, {"version": meeting.version}))
        summary = html.split('class="fh-sum"')[1].split("<main")[0].split('class="fh-steps')[0]
        assert f"有 {1 + both} 处要先处理" in summary and summary.count(message) == times
        assert (TOLD in summary) is (user == outsider)
        told = person(user).post(api, {}, headers={"If-Match": meeting.etag})
        assert told.status_code == 409 and told.json()["detail"].count(message) == times
        assert (TOLD in told.json()["detail"]) is (user == outsider)
        assert ("沟通" in told.json()["detail"]) is bool(times)


def test_the_record_page_sends_nothing_and_says_no_more_either(cast: Cast) -> None:
    meeting, message = stopped(cast)
    url = reverse("governance:record", args=[meeting.pk])
    for username, told in (("clerk-2", False), (cast.user("clerk").username, True)):
        user = User.objects.get(username=username)
        Meeting.objects.filter(pk=meeting.pk).update(recorder=user.person)
        client = client_of(user)
        answer = client.post(url, Fields(client.get(url).content.decode()).values | {"do": "minute"})
        html = answer.content.decode()
        assert answer.status_code == 409 and (message in html) is told and (TOLD in html) is not told
    assert Meeting.objects.get(pk=meeting.pk).status == "held"


# ---- everybody else: the canary ----


def rewritten(record: Record, first: Any, word: str) -> Record:
    """The record with the word in everything that is written of the first item."""
    entries = []
    for entry in record.items:
        if entry.item == first:
            stances = tuple(replace(stance, opinion=word) for stance in entry.stances)
            planned = tuple(replace(task, goal=f"{word}公示", measures=word, units=word) for task in entry.tasks)
            entry = replace(entry, decision_text=f"同意{word}。", stances=stances, tasks=planned)
        entries.append(entry)
    return replace(record, items=tuple(entries))


def let_pass(meeting: Meeting, cast: Cast) -> None:
    """The head lets pass whatever may be let pass now, with the word in the reason."""
    found = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    reference = reference_for(found)
    for result in results_now(found, reference):
        if may_pass(result, reference):
            _, _, item = result.subject.partition("/")
            services.waive_rule(
                meeting=found, rule=result.rule, item=UUID(item) if item else None, reason=f"{CANARY}理由",
                by=cast.user("secretary"), at=timezone.now(),
            )  # fmt: skip


def planted(cast: Cast, *, upto: str) -> Meeting:
    """A meeting whose first item is restricted and full of the canary, in the state asked for."""
    at = timezone.now()
    meeting = factories.make_meeting(
        cast, matters=("P16", "P01"), at=at + timedelta(days=4) if upto == "called" else at
    )
    item = meeting.items.select_related("matter").get(order=1)
    AgendaItem.objects.filter(pk=item.pk).update(
        title=f"{CANARY}任用", summary=CANARY, urgent_reason=CANARY, minutes_text=CANARY
    )
    stages = [row["stage"] for row in item.matter.prior_stages if row["stage"] != TALK_STAGE] if item.matter else []
    yesterday = timezone.localdate() - timedelta(days=1)
    steps = tuple(services.StepInput(stage=stage, done_on=yesterday, note=CANARY) for stage in stages[1:])
    file = SimpleUploadedFile(f"{CANARY}.txt", CANARY.encode())
    prepared = [services.Prepared(item.pk, services.Preparation(steps=steps, urgent_reason=CANARY), (file,))]
    meeting = services.prepare_items(meeting=meeting, prepared=prepared, by=cast.user("clerk"), at=at)
    talk = services.TalkInput(yesterday, f"沟通{CANARY}", "agreed", CANARY, (item.pk,))
    services.record_talk(school=cast.school, talk=talk, by=cast.user("secretary"), at=at)
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    if upto == "draft":
        return meeting
    let_pass(meeting, cast)
    if upto == "called":
        return services.call_meeting(meeting=Meeting.objects.get(pk=meeting.pk), by=cast.user("clerk"), at=at)
    services.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    full = factories.full_record(meeting, cast.team.pk, due_on=timezone.localdate() + timedelta(days=20))
    meeting = services.save_record(
        meeting=meeting, new=rewritten(full, item.pk, CANARY), version=None, by=cast.user("clerk"), at=at
    )
    if upto == "held":
        return meeting
    let_pass(meeting, cast)
    meeting = services.minute_meeting(meeting=Meeting.objects.get(pk=meeting.pk), by=cast.user("clerk"), at=at)
    return services.sign_meeting(meeting=factories.confirm_all(meeting), by=cast.user("secretary"), at=at)


@pytest.fixture
def world(cast: Cast) -> World:
    world = World(cast, cast)
    world.meeting = planted(cast, upto="signed")
    world.held, world.draft, world.called = (planted(cast, upto=state) for state in ("held", "draft", "called"))
    world.decision = Decision.objects.get(item__order=1)
    world.task = Task.objects.get(checklist__decision=world.decision)
    tasks.progress(
        task=world.task,
        text=CANARY,
        files=[SimpleUploadedFile(f"{CANARY}.txt", CANARY.encode())],
        by=cast.user("team"),
        at=timezone.now(),
    )
    world.talk = world.decision.item.talks.get()
    world.file = Attachment.objects.get(subject=f"governance.agendaitem:{world.decision.item_id}")
    for name, post in (("organiser", Post.ORGANISER), ("supervisor", Post.SUPERVISOR), ("auditor", Post.AUDITOR)):
        world.users[name] = factories.make_bureau(post)
    world.users["office"] = factories.make_office_user("城东教办")
    for name, words, post in (("vice", "郭副校长", Post.VICE_PRINCIPAL), ("clerk-2", "李干事", Post.CLERK)):
        world.users[name] = User.objects.get(person=factories.make_person(words, name, post, school=cast.school))
    world.replay = factories.make_replay(world.users["organiser"])
    _plant_topic(world)
    scan = SimpleUploadedFile(f"{CANARY}签字原件.pdf", b"%PDF-1.4 " + CANARY.encode())
    services.attach_scans(meeting=world.meeting, files=[scan], by=cast.user("secretary"), at=timezone.now())
    objection = {"outcome": "objected", "objection": f"{CANARY}记错了"}
    review_last_minutes(meeting=world.held, **objection, by=cast.user("secretary"), at=timezone.now())
    return world


def _plant_topic(world: World) -> None:
    """A restricted topic with materials, on its way from proposal to the agenda of the draft."""
    cast, at = world.cast, timezone.now()
    new = services.TopicInput(
        f"{CANARY}议题", matter="P16", background=CANARY, basis=CANARY, proposal=CANARY, alternative=CANARY, question=CANARY,
        lead_unit=CANARY, unit_opinion=CANARY, leader_opinion=CANARY, readers=(cast.clerk.pk, cast.secretary.pk),
    )  # fmt: skip
    topic = services.create_topic(school=cast.school, body="party", new=new, by=cast.user("member"), at=at)
    upload = SimpleUploadedFile(f"{CANARY}材料.txt", CANARY.encode())
    services.attach_to_topic(topic=topic, upload=upload, by=cast.user("member"), at=at)
    for step, role in (
        (services.submit_topic, "member"), (services.screen_topic, "clerk"), (services.confirm_topic, "secretary"),
    ):  # fmt: skip
        topic = step(topic=topic, by=cast.user(role), at=at)
    services.schedule_topic(topic=topic, meeting=world.draft, by=cast.user("clerk"), at=at)
    world.topic = topic


STRANGERS = ("organiser", "supervisor", "auditor", "office", "vice", "clerk-2")


def walk(world: World) -> Iterator[tuple[str, str]]:
    """Every route that can be asked with what there is, by name; lists also searched, with long pages, in both file kinds."""
    for name, opened in DOORS.items():
        missing = opened.of not in ("", "school", "office", "draft_item") and getattr(world, opened.of, None) is None
        if not (opened.writes or missing or opened.of in ("newcomer", "clerkship", "account")):
            for path in ways(world, name, opened.of):
                yield name, path
    for file in Attachment.objects.all():
        yield "attachments:download", file.get_absolute_url()
    for task in Task.objects.filter(checklist__restricted=True):
        yield "checklists:task", task.get_absolute_url()


def ways(world: World, name: str, of: str) -> Iterator[str]:
    """The addresses of one route."""
    found = address(name, world)
    yield found
    if not of:
        yield f"{found}{'&' if '?' in found else '?'}q={ASKED}"
        yield f"{found}{'&' if '?' in found else '?'}page_size=200"
    if found.endswith(".csv"):
        yield found.removesuffix("csv") + "xlsx"
    if of in MEETINGS:
        for state in MEETINGS:
            yield found.replace(str(getattr(world, of).pk), str(getattr(world, state).pk))
    if of == "draft_item":
        for state in MEETINGS:
            other = getattr(world, state)
            path = found.replace(str(world.draft.pk), str(other.pk))
            yield path.replace(str(item_of(world.draft).pk), str(item_of(other).pk))


MEETINGS = ("meeting", "held", "draft", "called")


@pytest.mark.walk
def test_no_door_tells_a_word_of_a_restricted_item_to_who_is_not_named(world: World) -> None:
    seen: set[str] = set()
    reader = client_of(world.cast.user("secretary"))
    doors = list(dict.fromkeys(walk(world)))
    for name, path in doors:
        if CANARY in body_of(reader.get(path)):
            seen.add(name)
    assert {
        *(
            "governance:meeting",
            "governance:agenda",
            "governance:preparation",
            "governance:record",
            "governance:minutes",
        ),
        *("governance:decisions", "governance:decision", "governance:talks", "governance:talk", "governance:waivers"),
        *(
            "reports:search",
            "attachments:download",
            "checklists:list",
            "checklists:task",
            "api:meetings",
            "api:meeting",
        ),
        *("api:decisions", "api:decision", "api:tasks", "api:task", "api:talks", "api:talk", "governance:pack"),
        *("governance:minutes-docx", "governance:vote-sheet", "governance:excerpt", "governance:talks-export"),
        *("governance:waivers-export", "checklists:export-csv"),
        *("governance:topic", "governance:topics", "governance:topics-export", "api:topics", "api:topic"),
        *("governance:item-chain", "governance:topic-chain"),
    } <= seen, "the canary must be there to be missed"
    for role in STRANGERS:
        client = client_of(world.users[role])
        for name, path in doors:
            answer = client.get(path)
            assert CANARY not in body_of(answer), (role, name, path)
            assert answer.status_code < 500, (role, path)


def test_materials_of_a_restricted_topic_and_the_signed_original_are_for_its_readers(world: World) -> None:
    scan = Attachment.objects.get(subject=f"governance.meeting:{world.meeting.pk}")
    material = Attachment.objects.get(subject=f"governance.topic:{world.topic.pk}")
    copied = Attachment.objects.filter(
        sha256=material.sha256, subject__startswith="governance.agendaitem:", name=material.name
    )
    assert copied.count() == 1, "the item on the agenda has its own"
    for file in (scan, material, *copied):
        assert CANARY in body_of(client_of(world.cast.user("secretary")).get(file.get_absolute_url()))
        for role in STRANGERS:
            assert client_of(world.users[role]).get(file.get_absolute_url()).status_code == 404, (role, file.name)
    facts = Event.objects.filter(kind__startswith="attachments.file.")
    assert facts.count() >= 6 and not facts.filter(subject_text__contains=CANARY).exists()
    shown = client_of(world.users["organiser"]).get(world.meeting.get_absolute_url()).content.decode()
    assert "扫描件里有限定人员议题，无权查看" in shown
    assert "异议涉及限定人员议题" in shown and "下次会议审阅" in shown


def test_other_systems_learn_no_word_and_see_the_order_alone(world: World) -> None:
    api = machine("schools:read", "governance:read", "checklists:read", "reports:read")
    for name, path in walk(world):
        if name.startswith("api:"):
            assert CANARY not in body_of(api.get(path.removeprefix("/api/v1/"))), path
    document = api.get(f"governance/meetings/{world.meeting.pk}/").json()
    assert document["items"][0] == {"order": 1, "withheld": True}
    assert document["items"][1]["title"] and document["items"][1]["secrecy"] == "internal"
    item = item_of(world.meeting).pk
    assert document["results_withheld"] > 0 and str(item) not in str(document)
    assert api.get(f"governance/decisions/{world.decision.pk}/").status_code == 404
    assert api.get(f"checklists/tasks/{world.task.pk}/").status_code == 404
    assert [row["item"] for row in api.get("governance/decisions/").json()["results"]] == [
        str(item_of(world.meeting, 2).pk)
    ]
    assert all(row["topics"] == "" for row in api.get("governance/talks/").json()["results"] if row["withheld"])


def test_notices_and_mails_tell_its_words_to_its_people_alone(world: World) -> None:
    while dispatch_batch(at=timezone.now()):
        pass
    named = set(ItemReader.objects.values_list("person__account", flat=True)) | {world.cast.user("team").pk}
    told = Message.objects.filter(title__contains=CANARY)
    assert told and set(told.values_list("reader_id", flat=True)) <= named
    addresses = set(User.objects.filter(pk__in=named).values_list("email", flat=True))
    for sent in mail.outbox:
        if CANARY in sent.subject + sent.body:
            assert set(sent.to) <= addresses


def test_withheld_items_keep_their_place_and_what_is_left_out_is_counted(world: World) -> None:
    client = client_of(world.users["organiser"])
    html = client.get(world.meeting.get_absolute_url()).content.decode()
    assert WITHHELD in html and 'id="item-1"' in html and 'id="item-2"' in html
    assert "条核查意见涉及限定人员议题" in html
    assert "另有 1 项限定人员议题，无权查看" in client.get(reverse("governance:decisions")).content.decode()
    assert WITHHELD in client.get(reverse("governance:minutes", args=[world.meeting.pk])).content.decode()
    assert WITHHELD in client.get(reverse("governance:talks")).content.decode()
    assert WITHHELD in client.get(reverse("governance:waivers")).content.decode()
    listed = client.get(reverse("reports:findings-list")).content.decode()
    assert "条涉及限定人员议题，无权查看" in listed


def test_the_auditor_sees_who_did_what_and_no_words(world: World) -> None:
    html = client_of(world.users["auditor"]).get(reverse("reports:audit")).content.decode()
    assert "限定人员议题" in html and "签发" in html and world.meeting.title() in html


def test_names_of_restricted_files_stand_in_no_fact_and_are_veiled_where_they_do(cast: Cast) -> None:
    at, secretary = timezone.now(), cast.user("secretary")
    meeting = factories.make_meeting(cast, matters=("P16", "P01"))
    closed, opened = (item_of(meeting, order) for order in (1, 2))
    for item in (closed, opened):
        upload = SimpleUploadedFile(f"{CANARY}{item.order}.txt", b"words")
        kept = attach(upload=upload, on=item, school=cast.school, by=secretary, at=at)
        AttachmentText.objects.create(attachment=kept, state="reading", tried_at=at)
        texts.keep(kept, texts.TextState.READ, text="words", at=at)
    copy_to(
        files=list(Attachment.objects.filter(subject=f"governance.agendaitem:{opened.pk}")),
        on=closed,
        by=secretary,
        at=at,
    )
    for file in Attachment.objects.filter(subject=f"governance.agendaitem:{closed.pk}"):
        detach(attachment=file, by=secretary, at=at)
    facts = Event.objects.filter(kind__startswith="attachments.file.").order_by("seq")
    assert [(fact.subject_text, fact.data["of"].endswith(str(closed.pk))) for fact in facts] == [
        *[("附件", True)] * 2, *[(f"{CANARY}2.txt", False)] * 2, *[("附件", True)] * 3,
    ]  # fmt: skip
    AgendaItem.objects.filter(pk=opened.pk).update(secrecy="restricted")  # what was open may be closed later
    with transaction.atomic():  # a fact from before it said whose the file is
        record("attachments.file.words_read", by=None, at=at, on=Attachment.objects.get(), result="read")
    audit = client_of(factories.make_bureau(Post.AUDITOR))
    html = audit.get(reverse("reports:audit") + "?kind=attachments.file.words_read").content.decode()
    assert html.count('<td class="fh-subj">限定人员议题</td>') == 3 and CANARY not in html
    assert CANARY not in audit.get(reverse("reports:audit-export", args=["csv"])).content.decode()


@pytest.mark.parametrize("restricted", [True, False])
def test_evidence_of_a_restricted_task_is_not_named_in_facts(cast: Cast, restricted: bool) -> None:
    meeting = factories.make_signed(cast)
    if restricted:
        services.set_secrecy(item=item_of(meeting), level="restricted", by=cast.user("secretary"), at=timezone.now())
    proof = SimpleUploadedFile(f"{CANARY}.txt", b"words")
    tasks.progress(task=Task.objects.get(), text="办着", files=[proof], by=cast.user("principal"), at=timezone.now())
    fact = Event.objects.filter(kind="attachments.file.added").latest("seq")
    assert fact.subject_text == ("附件" if restricted else f"{CANARY}.txt")


def test_withholding_costs_one_statement_for_any_number_of_items(cast: Cast) -> None:
    counts = []
    user = factories.make_bureau()
    for matters in (("P16",), ("P16",) * 9):
        meeting = factories.make_meeting(cast, matters=matters)
        client = client_of(user)
        client.get(meeting.get_absolute_url())
        with CaptureQueriesContext(connection) as counted:
            client.get(meeting.get_absolute_url())
        counts.append(len(counted))
    assert counts[0] == counts[1]


# ---- uploads ----


def test_every_template_with_a_place_for_files_says_that_the_system_is_not_for_secrets() -> None:
    words, component = "非涉密系统，不得上传涉密文件", "_components/not_secret.html"
    found = 0
    for folder in engines["django"].engine.dirs:  # type: ignore[attr-defined]
        for path in sorted((portal.BASE_DIR / folder).rglob("*.html")):
            text = path.read_text(encoding="utf-8")
            if 'type="file"' in text:
                found += 1
                assert words in text or component in text, path.name
    assert found >= 4
