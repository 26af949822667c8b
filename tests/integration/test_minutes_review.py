"""审阅上次会议纪要 (A64): put down on the record, told by both meetings' pages and the minutes; what is sealed does not change."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.errors import InvalidInput, NotAllowed, WrongState
from governance import services
from governance.keeping import matches, sealed_version
from governance.models import AgendaItem, ItemReader, Meeting, MinutesReview
from governance.reviewing import last_meeting
from governance.services.observers import NewObserver, add_observer
from governance.services.reviewing import drop_review, review_last_minutes
from notifications.models import Message
from notifications.services import dispatch_batch
from schools.permissions import Body
from tests import factories
from tests.factories import Cast
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db
OBJECTION = "第一项的责任人记错了"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def last(cast: Cast) -> Meeting:
    return factories.make_signed(cast, at=timezone.now() - timedelta(days=7))


@pytest.fixture
def held(cast: Cast, last: Meeting) -> Meeting:
    return factories.make_recorded(cast)


def review(
    cast: Cast, meeting: Meeting, outcome: str = "approved", objection: str = "", role: str = "clerk"
) -> MinutesReview:
    return review_last_minutes(
        meeting=meeting, outcome=outcome, objection=objection, by=cast.user(role), at=timezone.now()
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen(user: User, meeting: Meeting) -> str:
    return client_of(user).get(meeting.get_absolute_url()).content.decode()


def test_the_last_minutes_are_those_of_the_same_body_that_are_signed(cast: Cast, held: Meeting, last: Meeting) -> None:
    factories.make_signed(cast, Body.PRINCIPAL, at=timezone.now() - timedelta(days=2))
    factories.make_recorded(cast, at=timezone.now() - timedelta(days=1))
    factories.make_signed(factories.make_cast("FH002"), at=timezone.now() - timedelta(days=1))
    assert last_meeting(held) == last


def test_an_approval_stands_on_both_pages_and_in_the_sealed_minutes(cast: Cast, held: Meeting, last: Meeting) -> None:
    review(cast, held)
    fact = Event.objects.get(kind="governance.meeting.minutes_approved")
    assert fact.subject.endswith(str(held.pk)) and fact.data["of"] == f"governance.meeting:{last.pk}"
    user = cast.user("member")
    assert "审阅上次" in seen(user, held) and last.get_absolute_url() in seen(user, held)
    assert "下次会议审阅" in seen(user, last) and held.get_absolute_url() in seen(user, last)
    at = timezone.now()
    minuted = services.minute_meeting(meeting=held, by=cast.user("clerk"), at=at)
    signed = services.sign_meeting(meeting=factories.confirm_all(minuted), by=cast.user("secretary"), at=at)
    version = sealed_version(Meeting.objects.get(pk=signed.pk))
    said = f"会议审阅并通过上次会议纪要（{last.title()}）。会议研究议题1项"
    assert version is not None and said in version.text["opening"] and matches(version)
    assert said in client_of(user).get(reverse("governance:minutes", args=[held.pk])).content.decode()


def test_without_a_look_back_the_minutes_say_nothing_of_it(cast: Cast, held: Meeting) -> None:
    page = client_of(cast.user("member")).get(reverse("governance:minutes", args=[held.pk])).content.decode()
    assert "现纪要如下" in page and "上次会议" not in page
    assert "审阅上次" not in seen(cast.user("member"), held)


def test_an_objection_points_to_the_correction_and_changes_nothing_sealed(
    cast: Cast, held: Meeting, last: Meeting
) -> None:
    before = sealed_version(last)
    review(cast, held, "objected", OBJECTION, "principal")
    for page in (seen(cast.user("member"), held), seen(cast.user("member"), last)):
        assert OBJECTION in page and reverse("governance:minutes-versions", args=[last.pk]) in page
    minutes = client_of(cast.user("member")).get(reverse("governance:minutes", args=[held.pk])).content.decode()
    assert f"会议审阅上次会议纪要（{last.title()}），有异议，按更正纪要办理。" in minutes and OBJECTION not in minutes
    after = sealed_version(Meeting.objects.get(pk=last.pk))
    assert before is not None and after is not None and (before.seal, before.text) == (after.seal, after.text)
    assert OBJECTION not in str(Event.objects.get(kind="governance.meeting.minutes_objected").data)
    while dispatch_batch(at=timezone.now()):
        pass
    told = Message.objects.filter(title__contains="会议对纪要有异议")
    assert set(told.values_list("reader", flat=True)) == {last.signed_by_id, last.minuted_by_id}


def test_the_record_page_offers_it_stores_it_and_keeps_what_was_typed(cast: Cast, held: Meeting, last: Meeting) -> None:
    client, url = client_of(cast.user("clerk")), reverse("governance:record", args=[held.pk])
    fields = Fields(client.get(url).content.decode()).values | {"i-1-decision_text": "还没保存"}
    refused = client.post(url, fields | {"do": "review-object", "review-objection": "短"})
    assert refused.status_code == 422 and "写明对纪要哪一处有什么异议" in refused.content.decode()
    page = client.post(url, fields | {"do": "review-approve"}).content.decode()
    assert "审阅通过" in page and "还没保存" in page and Fields(page).values["version"] == fields["version"]
    assert MinutesReview.objects.get().outcome == "approved"
    page = client.post(url, fields | {"do": "review-object", "review-objection": OBJECTION}).content.decode()
    assert OBJECTION in page and MinutesReview.objects.get().outcome == "objected"
    page = client.post(url, fields | {"do": "review-drop"}).content.decode()
    assert not MinutesReview.objects.exists() and 'value="review-approve"' in page
    drop_review(meeting=held, by=cast.user("clerk"), at=timezone.now())
    kinds = [e.kind.rpartition(".")[2] for e in Event.objects.filter(kind__contains=".minutes_").order_by("seq")]
    assert kinds[-3:] == ["minutes_approved", "minutes_objected", "minutes_review_dropped"]


def test_a_first_meeting_is_offered_nothing(cast: Cast) -> None:
    held = factories.make_recorded(cast)
    page = client_of(cast.user("clerk")).get(reverse("governance:record", args=[held.pk])).content.decode()
    assert "审阅上次会议纪要" not in page
    with pytest.raises(WrongState, match="没有可以审阅的纪要"):
        review(cast, held)


def test_members_strangers_and_a_sent_record_are_refused(cast: Cast, held: Meeting) -> None:
    for role in ("member", "deputy"):
        with pytest.raises(NotAllowed):
            review(cast, held, role=role)
    with pytest.raises(NotAllowed):
        review(factories.make_cast("FH002"), held)
    for outcome, words in (("objected", "短"), ("objected", "长" * 501), ("maybe", "")):
        with pytest.raises(InvalidInput):
            review(cast, held, outcome, words)
    services.minute_meeting(meeting=held, by=cast.user("clerk"), at=timezone.now())
    with pytest.raises(WrongState, match="待签发"):
        review(cast, held)


def test_the_database_keeps_a_look_back_whole_and_closed(cast: Cast, held: Meeting, last: Meeting) -> None:
    def row(**values: object) -> MinutesReview:
        given = {"meeting": held, "reviewed": last, "outcome": "approved", "noted_by": cast.user("clerk")} | values
        return MinutesReview(**given)

    for wrong in ({"objection": OBJECTION}, {"outcome": "objected"}, {"reviewed": held}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row(**wrong).commit(timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        row(meeting=last, reviewed=held).commit(timezone.now())
    kept = review(cast, held)
    minuted = services.minute_meeting(meeting=held, by=cast.user("clerk"), at=timezone.now())
    services.sign_meeting(meeting=factories.confirm_all(minuted), by=cast.user("secretary"), at=timezone.now())
    for change in (lambda: MinutesReview.objects.update(outcome="objected", objection="改了"), kept.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_an_objection_about_a_restricted_item_is_for_its_readers(cast: Cast, held: Meeting, last: Meeting) -> None:
    review(cast, held, "objected", OBJECTION)
    item = AgendaItem.objects.get(meeting=last, order=1)
    services.set_secrecy(item=item, level="restricted", by=cast.user("secretary"), at=timezone.now())
    ItemReader.objects.exclude(person=cast.secretary).delete()
    assert OBJECTION in seen(cast.user("secretary"), held)
    for page in (seen(cast.user("member"), held), seen(cast.user("member"), last)):
        assert OBJECTION not in page and "异议涉及限定人员议题" in page
    record = client_of(cast.user("clerk")).get(reverse("governance:record", args=[held.pk])).content.decode()
    assert OBJECTION not in record and "异议涉及限定人员议题" in record
    for call in (
        lambda: review(cast, held),
        lambda: drop_review(meeting=held, by=cast.user("clerk"), at=timezone.now()),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert MinutesReview.objects.get().objection == OBJECTION


def test_an_observer_of_one_meeting_learns_nothing_of_the_other(cast: Cast, last: Meeting) -> None:
    held = factories.make_held(cast)
    add_observer(meeting=held, new=NewObserver(person=cast.team.pk), by=cast.user("clerk"), at=timezone.now())
    review(cast, held)
    assert last.title() in seen(cast.user("member"), held)
    assert last.title() not in seen(cast.user("team"), held), "no member of that body, and not there the last time"


def test_pages_cost_the_same_with_one_look_back_and_with_many(cast: Cast, last: Meeting) -> None:
    counts = []
    for number in (1, 4):
        for _ in range(number):
            review(cast, factories.make_recorded(cast))
        client = client_of(cast.user("member"))
        client.get(last.get_absolute_url())
        with CaptureQueriesContext(connection) as counted:
            client.get(last.get_absolute_url())
        counts.append(len(counted))
    assert counts[0] == counts[1]
