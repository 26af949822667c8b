"""回收站: drafts are put aside, come back, and go for good after 30 days; whoever may not, cannot."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach
from audit.models import Event
from common.errors import NotAllowed, Stale, WrongState
from governance import services
from governance.binning import KEPT_FOR, binned
from governance.models import AgendaItem, ItemReader, Meeting, Topic, TopicStatus
from governance.models.items import Secrecy
from governance.services.bin import delete_meeting, delete_topic, purge_drafts, restore_meeting, restore_topic
from governance.talks import open_items
from reports.selectors.standing import counted_afresh
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001", "松风中学")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_topic(cast: factories.Cast, author: str = "member", **values: Any) -> Topic:
    factories.reference()
    user, at = cast.user(author), timezone.now()
    topic = Topic(
        school=cast.school, body="party", title="食堂承包", matter="P01", proposer=cast.people[author], entered_by=user,
        **values,
    )  # fmt: skip
    topic.commit(at)
    return topic


def confirmed(cast: factories.Cast) -> Topic:
    at = timezone.now()
    return make_topic(
        cast, status="confirmed", year=2026, serial=1, submitted_at=at, submitted_by=cast.user("member"), screened_at=at,
        screened_by=cast.user("clerk"), confirmed_at=at, confirmed_by=cast.user("secretary"),
    )  # fmt: skip


def put_aside(cast: factories.Cast, meeting: Meeting, by: str = "clerk") -> Meeting:
    return delete_meeting(meeting=meeting, version=None, by=cast.user(by), at=timezone.now())


# ---- meetings ----


def test_a_deleted_draft_is_nowhere_but_in_the_bin_and_comes_back(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    clerk = client_of(cast.user("clerk"))
    page = clerk.get(meeting.get_absolute_url()).content.decode()
    assert "移入回收站" in page
    answer = clerk.post(
        reverse("governance:meeting-delete", args=[meeting.pk]), {"version": meeting.version}, follow=True
    )
    assert "已移入回收站" in answer.content.decode() and meeting.title() in answer.content.decode()
    for url in (meeting.get_absolute_url(), reverse("governance:agenda", args=[meeting.pk])):
        assert clerk.get(url).status_code == 404
    assert clerk.get(f"/api/v1/governance/meetings/{meeting.pk}/").status_code == 404
    for url in (reverse("governance:meetings"), reverse("reports:home"), f"{reverse('reports:search')}?q=党组织会议"):
        assert str(meeting.pk) not in clerk.get(url).content.decode(), url
    answer = clerk.post(reverse("governance:meeting-restore", args=[meeting.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == meeting.get_absolute_url() and "已恢复" in answer.content.decode()
    kinds = Event.objects.filter(subject=f"governance.meeting:{meeting.pk}").values_list("kind", flat=True)
    assert {"governance.meeting.deleted", "governance.meeting.restored"} <= set(kinds)


def test_desk_counters_talks_and_next_meetings_ignore_it(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    Meeting.objects.filter(pk=meeting.pk).update(findings_block=1, scheduled_at=timezone.now() + timedelta(days=2))
    meeting.refresh_from_db()
    year = meeting.scheduled_at.year
    assert open_items(cast.school.pk).exists()
    assert counted_afresh([cast.school.pk], year)[cast.school.pk].blocked == 1
    assert meeting.get_absolute_url() in client_of(cast.user("secretary")).get("/").content.decode()
    put_aside(cast, meeting)
    assert not open_items(cast.school.pk).exists()
    assert counted_afresh([cast.school.pk], year)[cast.school.pk].blocked == 0
    assert str(meeting.pk) not in client_of(cast.user("secretary")).get("/").content.decode()


def test_the_api_tells_of_it_as_a_tombstone_when_asked(cast: factories.Cast) -> None:
    meeting, other = factories.make_meeting(cast), factories.make_meeting(cast)
    put_aside(cast, meeting)
    client = client_of(cast.user("secretary"))
    path = "/api/v1/governance/meetings/"
    assert [row["id"] for row in client.get(path).json()["results"]] == [str(other.pk)]
    rows = client.get(f"{path}?include_deleted=true").json()["results"]
    gone = next(row for row in rows if row["id"] == str(meeting.pk))
    assert set(gone) == {"id", "deleted", "updated_at"} and gone["deleted"] is True
    assert len(rows) == 2
    stranger = factories.make_cast("FH002", office="城西教办")
    assert client_of(stranger.user("secretary")).get(f"{path}?include_deleted=true").json()["results"] == []


def test_no_step_is_taken_on_a_deleted_draft(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    put_aside(cast, meeting)
    with pytest.raises(WrongState, match="回收站"):
        services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    with pytest.raises(WrongState, match="已经在回收站"):
        put_aside(cast, meeting)


def test_only_drafts_are_deleted_and_only_by_who_may_record(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    for role in ("member", "deputy", "team"):
        with pytest.raises(NotAllowed):
            put_aside(cast, meeting, role)
    stranger = factories.make_cast("FH002", office="城西教办")
    url = reverse("governance:meeting-delete", args=[meeting.pk])
    assert client_of(stranger.user("clerk")).post(url).status_code == 404
    with pytest.raises(Stale):
        delete_meeting(meeting=meeting, version=meeting.version + 1, by=cast.user("clerk"), at=timezone.now())
    held = factories.make_held(cast)
    with pytest.raises(WrongState, match="取消"):
        put_aside(cast, held)
    assert "移入回收站" not in client_of(cast.user("clerk")).get(held.get_absolute_url()).content.decode()
    meeting.refresh_from_db()
    assert meeting.deleted_at is None


def test_a_restricted_item_is_deleted_by_its_readers_only(cast: factories.Cast) -> None:
    meeting = factories.make_meeting(cast)
    item = meeting.items.get()
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.filter(item=item).delete()
    ItemReader.objects.create(item=item, person=cast.people["secretary"])
    with pytest.raises(NotAllowed, match="知悉人"):
        put_aside(cast, meeting)
    put_aside(cast, meeting, "secretary")
    assert [row.what for row in binned(cast.user("secretary"), timezone.now())] == [meeting]
    assert binned(cast.user("clerk"), timezone.now()) == []


def test_topics_on_its_agenda_are_free_again_and_come_back_with_it(cast: factories.Cast) -> None:
    topic, meeting = confirmed(cast), factories.make_meeting(cast, matters=())
    services.schedule_topic(topic=topic, meeting=meeting, version=None, by=cast.user("clerk"), at=timezone.now())
    meeting.refresh_from_db()
    put_aside(cast, meeting)
    topic.refresh_from_db()
    assert topic.status == TopicStatus.CONFIRMED
    _, lost = restore_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    topic.refresh_from_db()
    assert (topic.status, lost) == (TopicStatus.SCHEDULED, 0)


def test_a_topic_that_was_scheduled_elsewhere_meanwhile_stays_there(cast: factories.Cast) -> None:
    topic, meeting = confirmed(cast), factories.make_meeting(cast, matters=())
    other = factories.make_meeting(cast, matters=())
    given = {"version": None, "by": cast.user("clerk"), "at": timezone.now()}
    services.schedule_topic(topic=topic, meeting=meeting, **given)
    put_aside(cast, meeting)
    services.schedule_topic(topic=topic, meeting=other, **given)
    answer = client_of(cast.user("clerk")).post(reverse("governance:meeting-restore", args=[meeting.pk]), follow=True)
    assert "1 项议题已另行安排" in answer.content.decode()
    assert meeting.items.get().topic_id is None and other.items.get().topic_id == topic.pk


# ---- topics ----


def test_a_topic_draft_is_deleted_and_restored_by_its_authors(cast: factories.Cast) -> None:
    topic = make_topic(cast)
    for role in ("secretary", "clerk"):
        with pytest.raises(NotAllowed):
            delete_topic(topic=topic, version=None, by=cast.user(role), at=timezone.now())
    member = client_of(cast.user("member"))
    assert "移入回收站" in member.get(topic.get_absolute_url()).content.decode()
    answer = member.post(reverse("governance:topic-delete", args=[topic.pk]), {"version": topic.version}, follow=True)
    assert "食堂承包" in answer.content.decode()
    assert member.get(topic.get_absolute_url()).status_code == 404
    assert client_of(cast.user("deputy")).post(reverse("governance:topic-restore", args=[topic.pk])).status_code == 404
    assert member.post(reverse("governance:topic-restore", args=[topic.pk]), follow=True).status_code == 200
    topic.refresh_from_db()
    assert topic.deleted_at is None
    with pytest.raises(WrongState, match="已经恢复"):
        restore_topic(topic=topic, by=cast.user("member"), at=timezone.now())


def test_a_topic_that_was_sent_in_is_withdrawn_not_deleted(cast: factories.Cast) -> None:
    topic = confirmed(cast)
    with pytest.raises(WrongState, match="撤回"):
        delete_topic(topic=topic, version=None, by=cast.user("member"), at=timezone.now())


# ---- the page, and after 30 days ----


def test_who_makes_no_drafts_has_no_bin(cast: factories.Cast) -> None:
    for user in (factories.make_bureau(), factories.make_office_user()):
        assert client_of(user).get(reverse("governance:bin")).status_code == 404
    assert "回收站是空的" in client_of(cast.user("member")).get(reverse("governance:bin")).content.decode()


def test_after_30_days_drafts_and_their_files_are_gone_and_the_facts_stay(cast: factories.Cast) -> None:
    old, young, topic = factories.make_meeting(cast), factories.make_meeting(cast), make_topic(cast)
    at = timezone.now()
    file = attach(
        upload=SimpleUploadedFile("方案.txt", "字".encode()), on=old.items.get(), school=cast.school, by=cast.user("clerk"), at=at
    )  # fmt: skip
    put_aside(cast, old)
    put_aside(cast, young)
    delete_topic(topic=topic, version=None, by=cast.user("member"), at=at)
    long_ago = at - KEPT_FOR - timedelta(hours=1)
    Meeting.objects.filter(pk=old.pk).update(deleted_at=long_ago)
    Topic.objects.filter(pk=topic.pk).update(deleted_at=long_ago)
    assert purge_drafts(at=at) == 2 and purge_drafts(at=at) == 0
    assert not Meeting.objects.filter(pk=old.pk).exists() and Meeting.objects.filter(pk=young.pk).exists()
    assert not Topic.objects.exists() and not Attachment.objects.filter(pk=file.pk).exists()
    kinds = list(Event.objects.filter(subject=f"governance.meeting:{old.pk}").values_list("kind", flat=True))
    assert kinds[-1] == "governance.meeting.purged" and "governance.meeting.drafted" in kinds


def test_the_cost_of_the_bin_does_not_grow(cast: factories.Cast) -> None:
    costs = []
    for number in (1, 6):
        for _ in range(number):
            put_aside(cast, factories.make_meeting(cast))
        client = client_of(cast.user("clerk"))
        client.get(reverse("governance:bin"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("governance:bin"))
        costs.append(len(captured))
    assert costs[0] == costs[1]
