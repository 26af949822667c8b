"""会议通知: who gets it, what it says, who has read it, what goes out by mail, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from attachments.models import Attachment
from audit.models import Event
from governance import calendar_files, services
from governance.models import AgendaItem, Invitation, ItemReader, Meeting, Observer, Secrecy
from governance.services.invitations import invite, note_notice_read
from notifications.models import Delivery, Message
from notifications.services import deliver_one, dispatch_batch
from schools.models import Appointment
from tests import factories
from tests.factories import Cast
from tests.integration.test_agenda import signed_in, text_of

pytestmark = pytest.mark.django_db
SECRET = "金丝雀任免"


@pytest.fixture
def cast(settings: Any, tmp_path: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return factories.make_cast()


@pytest.fixture
def draft(cast: Cast) -> Meeting:
    """Two items in four days; 何主任, who is no member, presents the second one."""
    at = timezone.now()
    meeting = factories.make_meeting(cast, matters=("P01", "P21"), at=at + timedelta(days=4))
    factories.prepare(cast, meeting, at=at)
    meeting.items.filter(order=2).update(presenter=cast.people["team"], title="预算草案")
    return services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)


def called(cast: Cast, meeting: Meeting) -> Meeting:
    return services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())


@pytest.fixture
def meeting(cast: Cast, draft: Meeting) -> Meeting:
    return called(cast, draft)


def send() -> list[Any]:
    """Everything that waits, told and sent."""
    mail.outbox.clear()
    while dispatch_batch(at=timezone.now()):
        pass
    while deliver_one(at=timezone.now()):
        pass
    return list(mail.outbox)


def calendar_in(letter: Any) -> Any:
    [(name, content, kind)] = letter.attachments
    assert name == "meeting.ics" and kind.startswith("text/calendar")
    return Calendar.from_ical(content)


def event_in(calendar: Any) -> Any:
    [event] = calendar.walk("VEVENT")
    return event


def test_members_recorder_presenters_and_who_sits_in_get_one_notice_each(cast: Cast, draft: Meeting) -> None:
    guest = factories.make_person("列席老师", "guest", *[], school=cast.school)
    Observer.objects.create(meeting=draft, person=cast.people["clerk"], name="周干事", order=1)
    Observer.objects.create(meeting=draft, name="校外专家", order=2)
    Observer.objects.create(meeting=draft, person=guest, name="列席老师", order=3)
    called(cast, draft)
    names = set(Invitation.objects.filter(meeting=draft).values_list("person__name", flat=True))
    expected = {cast.people[role].name for role in ("secretary", "principal", "deputy", "member", "clerk", "team")}
    assert names == expected, "one each, without who is not in office at the school"


def test_the_notice_says_day_place_and_how_many_items_and_no_title(cast: Cast, meeting: Meeting) -> None:
    send()
    message = Message.objects.get(kind="governance.meeting.called", reader=cast.user("deputy"))
    assert message.title.startswith("会议通知：") and message.title.endswith("，会议室，2 个议题")
    assert message.url == meeting.get_absolute_url() and "预算草案" not in message.title
    told = set(Message.objects.filter(kind="governance.meeting.called").values_list("reader__username", flat=True))
    assert told == {f"{role}-FH001" for role in ("secretary", "principal", "deputy", "member", "team")}, (
        "who called knows"
    )


def test_a_presenter_who_is_no_member_sits_in_on_his_item_and_reads_that_alone(cast: Cast, meeting: Meeting) -> None:
    seat = Observer.objects.get(meeting=meeting)
    assert (seat.person, [item.order for item in seat.items.all()]) == (cast.people["team"], [2])
    answer = signed_in(cast.user("team")).get(meeting.get_absolute_url())
    assert answer.status_code == 200
    assert "预算草案" in text_of(answer) and "议题1" not in text_of(answer)


def test_the_letter_carries_the_invitation_and_no_word_of_any_item(cast: Cast, meeting: Meeting) -> None:
    letters = send()
    assert {letter.to[0] for letter in letters} >= {"deputy-FH001@example.cn", "team-FH001@example.cn"}
    for letter in letters:
        calendar = calendar_in(letter)
        event = event_in(calendar)
        assert calendar["method"] == "REQUEST" and event["status"] == "CONFIRMED"
        assert event["location"] == "会议室" and "2 个议题" in event["description"]
        assert "预算草案" not in calendar.to_ical().decode() + letter.body


def test_a_letter_goes_out_once_even_when_its_file_cannot_be_made(
    cast: Cast, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(meeting: Meeting) -> tuple[bytes, str]:
        raise RuntimeError("no calendar today")

    monkeypatch.setattr(calendar_files, "invitation_file", broken)
    letters = send()
    assert len(letters) == 5 and not any(letter.attachments for letter in letters)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"} and send() == []


def test_a_notice_taken_back_is_struck_out_and_the_next_one_counts_higher(cast: Cast, meeting: Meeting) -> None:
    first = event_in(calendar_in(send()[0]))
    meeting = services.recall_meeting(meeting=meeting, reason="时间另定", by=cast.user("secretary"), at=timezone.now())
    assert not Invitation.objects.filter(meeting=meeting).exists() and not meeting.observers.exists()
    letters = send()
    assert {letter.to[0] for letter in letters} >= {"team-FH001@example.cn", "clerk-FH001@example.cn"}
    calendar = calendar_in(letters[0])
    off = event_in(calendar)
    assert calendar["method"] == "CANCEL" and off["status"] == "CANCELLED" and off["uid"] == first["uid"]
    assert signed_in(cast.user("team")).get(meeting.get_absolute_url()).status_code == 404
    called(cast, meeting)
    again = event_in(calendar_in(send()[0]))
    assert again["status"] == "CONFIRMED" and again["uid"] == first["uid"]
    assert first["sequence"] < off["sequence"] < again["sequence"]


def test_a_cancelled_meeting_is_struck_out_for_everybody_invited(cast: Cast, meeting: Meeting) -> None:
    send()
    services.cancel_meeting(meeting=meeting, reason="改为下周", by=cast.user("secretary"), at=timezone.now())
    letters = send()
    assert "team-FH001@example.cn" in {letter.to[0] for letter in letters}
    assert all(event_in(calendar_in(letter))["status"] == "CANCELLED" for letter in letters)


def read_at(cast: Cast, meeting: Meeting, role: str) -> Any:
    return Invitation.objects.get(meeting=meeting, person=cast.people[role]).read_at


def test_opening_the_meeting_is_reading_and_is_noted_once(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("deputy"))
    client.head(meeting.get_absolute_url())
    for _ in range(2):
        client.get(meeting.get_absolute_url())
    first = read_at(cast, meeting, "deputy")
    assert first is not None and read_at(cast, meeting, "member") is None
    facts = Event.objects.filter(kind="governance.meeting.notice_read", actor=cast.user("deputy"))
    assert facts.count() == 1
    assert not note_notice_read(meeting=meeting, by=cast.user("deputy"), at=timezone.now())
    assert read_at(cast, meeting, "deputy") == first
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version, "reading changes nothing of the meeting"


def test_so_is_taking_a_material_the_calendar_file_or_the_pack(cast: Cast, meeting: Meeting) -> None:
    file = Attachment.objects.filter(subject__endswith=str(meeting.items.get(order=1).pk)).first()
    assert file is not None
    doors = {
        "principal": file.get_absolute_url(),
        "deputy": reverse("governance:calendar-file", args=[meeting.pk]),
        "member": reverse("governance:pack", args=[meeting.pk]),
    }
    for role, url in doors.items():
        answer = signed_in(cast.user(role)).get(url)
        assert answer.status_code == 200
        b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert read_at(cast, meeting, role) is not None, role


def test_the_bureau_reads_along_without_being_counted(cast: Cast, meeting: Meeting) -> None:
    signed_in(factories.make_bureau()).get(meeting.get_absolute_url())
    assert not Invitation.objects.filter(meeting=meeting, read_at__isnull=False).exists()


def test_who_has_read_it_is_shown_to_who_records_and_to_the_head(cast: Cast, meeting: Meeting) -> None:
    signed_in(cast.user("deputy")).get(meeting.get_absolute_url())
    for role, read in (("clerk", 2), ("secretary", 3)):
        said = text_of(signed_in(cast.user(role)).get(meeting.get_absolute_url()))
        assert (
            "通知阅读情况" in said and f"已读 {read} / 6 人" in said and f"{cast.people['member'].name} 还没读" in said
        )
    assert "通知阅读情况" not in text_of(signed_in(cast.user("member")).get(meeting.get_absolute_url()))
    assert "阅读会议通知" not in text_of(signed_in(cast.user("clerk")).get(meeting.get_absolute_url())), (
        "not in the time line"
    )


def test_a_supplement_tells_everybody_again(cast: Cast, meeting: Meeting) -> None:
    signed_in(cast.user("deputy")).get(meeting.get_absolute_url())
    late = factories.make_person("新任委员", "late", school=cast.school)
    Observer.objects.create(meeting=meeting, person=cast.people["clerk"], name="周干事", order=9)
    accounts = invite(Meeting.objects.prefetch_related("items").get(pk=meeting.pk), timezone.now())
    assert str(cast.user("deputy").pk) in accounts and str(late.account_id) not in accounts
    assert read_at(cast, meeting, "deputy") is None, "the supplement is still to be read"
    assert Invitation.objects.filter(meeting=meeting).count() == 6


def test_who_has_left_office_by_the_day_gets_no_notice(cast: Cast, draft: Meeting) -> None:
    Appointment.objects.filter(person=cast.people["team"]).update(ends_on=timezone.localdate())
    called(cast, draft)
    assert not Invitation.objects.filter(meeting=draft, person=cast.people["team"]).exists()
    assert not draft.observers.exists()


def test_strangers_get_neither_file_nor_pack(cast: Cast, meeting: Meeting) -> None:
    stranger = signed_in(factories.make_cast("FH002").user("secretary"))
    for name in ("calendar-file", "pack"):
        assert stranger.get(reverse(f"governance:{name}", args=[meeting.pk])).status_code == 404


def test_a_draft_has_no_calendar_file(cast: Cast, draft: Meeting) -> None:
    assert signed_in(cast.user("clerk")).get(reverse("governance:calendar-file", args=[draft.pk])).status_code == 404


def test_the_page_of_a_called_meeting_costs_the_same_however_many_are_invited(cast: Cast, meeting: Meeting) -> None:
    client, counts = signed_in(cast.user("clerk")), []
    client.get(meeting.get_absolute_url())
    for more in (0, 20):
        people = [factories.make_person(f"来宾{n}", school=cast.school) for n in range(more)]
        Invitation.objects.bulk_create([Invitation(meeting=meeting, person=p, sent_at=timezone.now()) for p in people])
        with CaptureQueriesContext(connection) as counted:
            assert client.get(meeting.get_absolute_url()).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_no_word_of_a_restricted_item_leaves_by_notice_letter_or_file(cast: Cast, draft: Meeting) -> None:
    item = draft.items.get(order=2)
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED, title=SECRET)
    ItemReader.objects.create(item=item, person=cast.people["secretary"])
    file = SimpleUploadedFile(f"{SECRET}.pdf", b"%PDF-1.4")
    Attachment.objects.filter(subject__endswith=str(item.pk)).update(name=file.name)
    meeting = called(cast, draft)
    said = "".join(letter.message().as_string() + str(letter.attachments) for letter in send())
    said += "".join(Message.objects.values_list("title", flat=True))
    said += (
        signed_in(cast.user("secretary")).get(reverse("governance:calendar-file", args=[meeting.pk])).content.decode()
    )
    assert SECRET not in said
