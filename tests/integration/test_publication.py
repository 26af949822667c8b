"""公开稿 (A68): only public items, no voter's name, names hidden; made public by the head of the body; shown in lists and the API."""

import re
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.documents.reading import for_minutes
from governance.minutes_text import Minutes
from governance.models import AgendaItem, ItemMember, Meeting, Publication, Stance
from governance.publishing import Names, masked, publication_of
from governance.reference import reference_for
from governance.services.publishing import hide_names, publish_minutes
from schools.models import Appointment
from tests import factories
from tests.factories import Cast
from tests.integration.test_api import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def signed(cast: Cast) -> Meeting:
    """Item 1 is public and about people, 2 internal, 3 restricted."""
    meeting = factories.make_recorded(cast, matters=("P01", "P01", "P01"))
    factories.make_person("王小芳", school=cast.school)
    said = f"{cast.member.name}介绍了王小芳的困难，家长孙大勇电话13912345678，{cast.team.name}补充"
    of = AgendaItem.objects.filter(meeting=meeting)
    of.filter(order=1).update(title="王小芳困难补助", secrecy="public", minutes_text=said)
    recused = {"item": of.get(order=1), "member": meeting.members.get(person=cast.deputy)}
    Stance.objects.filter(**recused).delete()
    ItemMember.objects.filter(**recused).delete()
    ItemMember.objects.create(**recused, recused=True, conflict=True)
    of.filter(order=1).update(agree=3)
    of.filter(order=2).update(title="内部事项一件")
    services.set_secrecy(item=of.get(order=3), level="restricted", by=cast.user("secretary"), at=timezone.now())
    of.filter(order=3).update(title="机密事项一件")
    at = timezone.now()
    meeting = services.minute_meeting(meeting=Meeting.objects.get(pk=meeting.pk), by=cast.user("clerk"), at=at)
    return services.sign_meeting(meeting=factories.confirm_all(meeting), by=cast.user("secretary"), at=at)


def text_of(meeting: Meeting, *names: str) -> Minutes:
    full = for_minutes(Meeting.objects.all()).get(pk=meeting.pk)
    return publication_of(full, reference_for(full), names)


def words_of(text: Minutes) -> str:
    return "\n".join(
        [
            text.opening,
            *(line for part in text.sections for line in (part.heading, *part.paragraphs)),
            *(name for _, names in text.lines for name in names),
        ]
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def publish(cast: Cast, meeting: Meeting, role: str = "secretary", **values: int) -> Publication:
    return publish_minutes(meeting=meeting, by=cast.user(role), at=timezone.now(), **values)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王芳", "王某"),
        ("王小芳", "王某某"),
        ("欧阳修", "欧阳某"),
        ("欧阳小修", "欧阳某某"),
        ("东方", "东某"),
        ("阿依古丽江", "阿某某"),
    ],
)
def test_a_surname_stays_and_the_rest_is_hidden(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_names_stay_for_an_office_and_nowhere_else() -> None:
    names = Names(frozenset({"林岚", "王芳", "王芳菲"}), frozenset({"林岚"}))
    assert names.hidden_in("会议听取了林岚同志的汇报，讨论林岚的奖励") == "会议听取了林岚同志的汇报，讨论林某的奖励"
    assert names.hidden_in("由林岚同志负责；由王芳同志负责") == "由林岚同志负责；由王某同志负责"
    assert names.hidden_in("王芳菲、王芳") == "王某某、王某"
    assert names.hidden_in("林岚主持，王芳说", chair="林岚") == "林岚主持，王某说"


def test_items_that_are_not_public_leave_their_number_alone(cast: Cast, signed: Meeting) -> None:
    text = text_of(signed)
    assert [part.heading for part in text.sections][1:] == ["第2项不公开", "第3项不公开"]
    assert "内部事项" not in words_of(text) and "机密事项" not in words_of(text)
    assert all(not part.paragraphs for part in text.sections[1:])


def test_voters_absences_and_subjects_are_not_named_and_counts_are(cast: Cast, signed: Meeting) -> None:
    told = words_of(text_of(signed))
    assert "王小芳" not in told and "王某某困难补助" in told and "13912345678" not in told
    assert "1人回避，没有参加讨论和表决" in told and re.search(r"赞成\d+票", told)
    assert f"由{cast.principal.name}同志负责" in told, "who is responsible is named by office"
    for role in ("deputy", "member", "team"):
        assert cast.people[role].name not in told, role
    assert told.count(cast.secretary.name) >= 1, "who chaired and signed is named by office"
    assert "出席" not in [label for label, _ in text_of(signed).lines]
    assert "孙大勇" in told and "孙某某" in words_of(text_of(signed, "孙大勇"))


def test_who_has_left_office_is_not_named_where_he_acted(cast: Cast, signed: Meeting) -> None:
    named = f"由{cast.principal.name}同志负责"
    held = Appointment.objects.filter(person=cast.people["principal"])
    names = Names(frozenset({cast.principal.name}), frozenset({cast.principal.name}))
    assert names.hidden_in(named) == named
    held.update(ends_on=timezone.localdate() - timedelta(days=30))
    assert cast.principal.name not in words_of(text_of(signed))


def test_the_head_makes_it_public_once_and_again_when_it_changed(cast: Cast, signed: Meeting) -> None:
    with pytest.raises(NotAllowed, match="由书记办理"):
        publish(cast, signed, "principal")
    with pytest.raises(NotAllowed):
        publish(cast, signed, "member")
    kept = publish(cast, signed)
    assert (kept.published_on, kept.minutes_version) == (timezone.localdate(), 1)
    fact = Event.objects.get(kind="governance.meeting.published")
    assert fact.data["published_on"] == timezone.localdate().isoformat()
    with pytest.raises(WrongState, match="内容没有变化"):
        publish(cast, signed)
    hide_names(meeting=signed, names=["孙大勇"], by=cast.user("clerk"), at=timezone.now())
    assert "孙大勇" not in str(Event.objects.get(kind="governance.meeting.publication_masked").data)
    publish(cast, signed)
    assert Event.objects.filter(kind="governance.meeting.published").count() == 2


def test_nothing_is_public_without_a_public_item_or_before_the_signature(cast: Cast) -> None:
    signed, held = factories.make_signed(cast), factories.make_recorded(cast)
    with pytest.raises(WrongState, match="没有公开议题"):
        publish(cast, signed)
    with pytest.raises(WrongState, match="签发后"):
        publish(cast, held)
    with pytest.raises(DatabaseError), transaction.atomic():
        Publication(meeting=held).commit(timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication(meeting=signed, published_on=timezone.localdate()).commit(timezone.now())
    page = reverse("governance:publication", args=[signed.pk])
    assert page not in client_of(cast.user("secretary")).get(signed.get_absolute_url()).content.decode()
    assert client_of(cast.user("secretary")).get(reverse("governance:publication", args=[held.pk])).status_code == 404


@pytest.mark.parametrize("names", [["王"], ["长" * 21], [f"人{n:02d}" for n in range(101)]])
def test_names_that_are_none_are_refused(cast: Cast, signed: Meeting, names: list[str]) -> None:
    with pytest.raises(InvalidInput):
        hide_names(meeting=signed, names=names, by=cast.user("clerk"), at=timezone.now())
    assert not Publication.objects.exists()


def test_an_old_page_changes_nothing(cast: Cast, signed: Meeting) -> None:
    hide_names(meeting=signed, names=["孙大勇"], version=0, by=cast.user("clerk"), at=timezone.now())
    with pytest.raises(Stale):
        publish(cast, signed, version=0)


def test_the_page_hides_names_publishes_and_tells_when_it_is_no_longer_the_same(cast: Cast, signed: Meeting) -> None:
    url, clerk, head = (
        reverse("governance:publication", args=[signed.pk]),
        *map(client_of, map(cast.user, ("clerk", "secretary"))),
    )
    assert url in clerk.get(signed.get_absolute_url()).content.decode()
    html = clerk.get(url).content.decode()
    assert "还没公开" in html and "第2项不公开" in html and 'value="publish"' not in html and "孙大勇" in html
    assert clerk.post(url, {"version": "0", "do": "names", "names": "孙大勇、赵小妹\n"}).status_code == 302
    assert Publication.objects.get().names == ["孙大勇", "赵小妹"]
    article = clerk.get(url).content.decode().split("<article")[1].split("</article")[0]
    assert "孙大勇" not in article and "孙某某" in article
    assert clerk.post(url, {"version": "1", "do": "publish"}).status_code == 409
    assert 'value="publish"' in head.get(url).content.decode()
    assert head.post(url, {"version": "1", "do": "publish"}).status_code == 302
    html = head.get(url).content.decode()
    assert "已公开" in html and "内容有变动" not in html
    services.set_secrecy(
        item=AgendaItem.objects.get(meeting=signed, order=2),
        level="public",
        by=cast.user("secretary"),
        at=timezone.now(),
    )
    html = head.get(url).content.decode()
    assert "内容有变动" in html and "内部事项一件" in html
    assert head.post(url, {"version": "9", "do": "publish"}).status_code == 409
    assert clerk.post(url, {"version": "2", "names": "x", "do": "names"}).status_code == 422


def test_the_word_file_says_no_more_than_the_page(cast: Cast, signed: Meeting) -> None:
    answer = client_of(cast.user("clerk")).get(reverse("governance:publication-docx", args=[signed.pk]))
    with zipfile.ZipFile(BytesIO(answer.content)) as file:
        raw = re.sub(r"<[^>]+>", "", file.read("word/document.xml").decode())
    assert "第2项不公开" in raw and "王某某" in raw
    for word in ("王小芳", "内部事项", "机密事项", cast.member.name, cast.deputy.name):
        assert word not in raw, word
    assert Event.objects.filter(kind="governance.meeting.publication_exported").count() == 1


def test_members_and_the_bureau_have_no_such_page(cast: Cast, signed: Meeting) -> None:
    url = reverse("governance:publication", args=[signed.pk])
    for user in (cast.user("deputy"), cast.user("member"), factories.make_bureau()):
        assert client_of(user).get(url).status_code == 404
        assert client_of(user).post(url, {"version": "0", "do": "publish"}).status_code == 404
    assert not Publication.objects.exists()


def test_list_meeting_page_and_api_say_that_it_is_public(cast: Cast, signed: Meeting) -> None:
    other = factories.make_signed(cast)
    listing, api = reverse("governance:meetings"), f"governance/meetings/{signed.pk}/"
    user = cast.user("member")
    before = person(user).get(api)
    assert before.json()["publication"] is None
    assert "已公开" not in client_of(user).get(listing).content.decode()
    publish(cast, signed)
    today = timezone.localdate().isoformat()
    after = person(user).get(api)
    assert after.json()["publication"] == {"published_on": today} and after["ETag"] != before["ETag"]
    rows = {row["id"]: row["publication"] for row in person(user).get("governance/meetings/").json()["results"]}
    assert rows == {str(signed.pk): {"published_on": today}, str(other.pk): None}
    assert client_of(user).get(listing).content.decode().count("已公开") == 1
    html = client_of(user).get(signed.get_absolute_url()).content.decode()
    assert "已公开" in html and today in html


def test_the_list_of_meetings_costs_the_same_with_and_without_publications(cast: Cast, signed: Meeting) -> None:
    client, counts = client_of(cast.user("clerk")), []
    client.get(reverse("governance:meetings"))
    for _ in range(2):
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("governance:meetings"))
        counts.append(len(counted))
        if not Publication.objects.exists():
            publish(cast, signed)
    assert counts[0] == counts[1]
