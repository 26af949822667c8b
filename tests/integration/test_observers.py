"""列席: put down on the record page, without a vote; who sat in on an item reads that item and no other."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from common.errors import InvalidInput, NotAllowed, WrongState
from governance.models import AgendaItem, Meeting, Observer
from governance.observing import seats_of
from governance.services.observers import NewObserver, add_observer, remove_observer
from tests import factories as make
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


@pytest.fixture
def meeting(cast: make.Cast) -> Meeting:
    return make.make_held(cast, matters=("P01", "P01"))


def signed_in(cast: make.Cast, role: str) -> Client:
    client = Client()
    client.force_login(cast.user(role))
    return client


def here(meeting: Meeting) -> str:
    return reverse("governance:record", args=[meeting.pk])


def add(cast: make.Cast, meeting: Meeting, role: str = "clerk", **values: object) -> Observer:
    new = NewObserver(**values)  # type: ignore[arg-type]
    return add_observer(meeting=meeting, new=new, by=cast.user(role), at=timezone.now())


def test_an_observer_is_added_on_the_page_and_what_was_typed_stays(cast: make.Cast, meeting: Meeting) -> None:
    client = signed_in(cast, "clerk")
    fields = Fields(client.get(here(meeting)).content.decode()).values
    item = meeting.items.get(order=2)
    fields |= {
        "i-1-decision_text": "还没保存",
        "observer-person": str(cast.people["team"].pk),
        "observer-role": "总务主任",
    }
    answer = client.post(here(meeting), fields | {"observer-items": [str(item.pk)], "do": "observer-add"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "何主任01（总务主任；第 2 项）" in page
    assert "还没保存" in page
    assert Fields(page).values["version"] == fields["version"]
    seat = seats_of(meeting)[0]
    assert (seat.name, seat.role, seat.items) == ("何主任01", "总务主任", (2,))
    assert Event.objects.filter(kind="governance.meeting.observer_added").count() == 1
    gone = client.post(here(meeting), fields | {"do": f"observer-drop:{seat.id}"})
    assert "何主任01（总务主任" not in gone.content.decode()
    assert not Observer.objects.exists()


def test_what_cannot_be_stored_is_named_and_kept_in_its_fields(cast: make.Cast, meeting: Meeting) -> None:
    client = signed_in(cast, "clerk")
    fields = Fields(client.get(here(meeting)).content.decode()).values | {"do": "observer-add", "observer-role": "记者"}
    answer = client.post(here(meeting), fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#observer-name"' in page
    assert "选一位本校的人，或写列席人的姓名" in page
    assert 'value="记者"' in page


def test_members_due_outsiders_and_those_already_there_are_refused(cast: make.Cast, meeting: Meeting) -> None:
    other = make.make_cast("FH002")
    add(cast, meeting, name="李督学")
    for values, words in (
        ({"person": cast.people["principal"].pk}, "应到成员不再列为列席人员"),
        ({"person": other.people["clerk"].pk}, "从本校当日在任的人里选"),
        ({"name": "李督学"}, "已经登记"),
        ({"name": "长" * 41}, "40 字以内"),
        ({"name": "王", "items": (other.school.pk,)}, "议题有变动"),
    ):
        with pytest.raises(InvalidInput, match=words):
            add(cast, meeting, **values)
    with pytest.raises(NotAllowed):
        add(cast, meeting, "deputy", name="王督学")
    assert Observer.objects.count() == 1


def test_after_it_was_sent_for_signature_the_list_stands(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    observer = add(cast, meeting, name="李督学")
    Meeting.objects.filter(pk=meeting.pk).update(
        status="minuted", minuted_by=cast.user("clerk"), minuted_at=timezone.now()
    )
    with pytest.raises(WrongState):
        remove_observer(meeting=meeting, observer=observer.pk, by=cast.user("clerk"), at=timezone.now())
    assert "列席</b> 李督学" in signed_in(cast, "clerk").get(here(meeting)).content.decode()


def test_an_observer_reads_the_items_he_sat_in_on_and_no_other(cast: make.Cast, meeting: Meeting) -> None:
    client = signed_in(cast, "team")
    assert client.get(here(meeting)).status_code == 404
    AgendaItem.objects.filter(meeting=meeting, order=1).update(title="第一个秘密议题")
    AgendaItem.objects.filter(meeting=meeting, order=2).update(title="他列席的议题")
    add(cast, meeting, person=cast.people["team"].pk, items=(meeting.items.get(order=2).pk,))
    page = client.get(here(meeting)).content.decode()
    assert "他列席的议题" in page
    assert "第一个秘密议题" not in page
    assert "限定人员议题，无权查看" in page
    shown = client.get(reverse("governance:presentation", args=[meeting.pk])).content.decode()
    assert "第一个秘密议题" not in shown


def test_adding_an_observer_leaves_the_version_that_clerks_type_from(cast: make.Cast, meeting: Meeting) -> None:
    before = meeting.version
    add(cast, meeting, name="李督学")
    meeting.refresh_from_db()
    assert meeting.version == before
