"""Between 送签 and 签发 the members present confirm the record or object to it (roles_and_states.md §2)."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import SHANGHAI
from common.errors import DomainError, InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.confirming import confirming_of
from governance.errors import NotConfirmed
from governance.guards import open_actions, open_keeping
from governance.models import Confirmation, Meeting, MeetingMember, MinutesVersion
from notifications.models import Message
from notifications.services import dispatch_batch
from schools.models import Appointment
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
OBJECTION = "第 1 项我说的是“原则同意”，记录写成了“同意”"
NOTE = "已与本人核对录音，记录无误"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


def act(cast: Cast, role: str, name: str, meeting: Meeting, **values: Any) -> Meeting:
    """A step by somebody of the school, through its service."""
    services_of: dict[str, Callable[..., Meeting]] = {
        "confirm": services.confirm_record,
        "object": services.object_to_record,
        "settle": services.settle_objection,
        "return": services.return_meeting,
        "sign": services.sign_meeting,
        "minute": services.minute_meeting,
    }
    values.setdefault("at", timezone.now())
    return services_of[name](meeting=meeting, by=cast.user(role), **values)


def fresh(meeting: Meeting) -> Meeting:
    return Meeting.objects.get(pk=meeting.pk)


def offered(cast: Cast, role: str, meeting: Meeting) -> set[str]:
    steps = (*open_actions(fresh(meeting), cast.user(role)), *open_keeping(fresh(meeting), cast.user(role)))
    return {step.name for step in steps}


def unconfirmed(meeting: Meeting) -> tuple[str, ...]:
    """Who is printed as 未确认."""
    text = MinutesVersion.objects.get(meeting=meeting, number=1).text
    return next((tuple(names) for label, names in text["lines"] if label == "未确认"), ())


def page(user: User, meeting: Meeting) -> HttpResponse:
    client = Client()
    client.force_login(user)
    return client.get(meeting.get_absolute_url())  # type: ignore[return-value]


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# ---- when 签发 opens ----


def test_signing_waits_until_every_member_present_has_confirmed(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    with pytest.raises(NotConfirmed, match="还有林校长01、吴副书记01、郑委员01没有确认记录"):
        act(cast, "secretary", "sign", meeting)
    assert "sign" not in offered(cast, "secretary", meeting)
    for role in ("principal", "deputy"):
        act(cast, role, "confirm", meeting)
    with pytest.raises(NotConfirmed, match="还有郑委员01没有确认记录"):
        act(cast, "secretary", "sign", meeting)
    act(cast, "member", "confirm", meeting)
    assert "sign" in offered(cast, "secretary", meeting)
    act(cast, "secretary", "sign", meeting)
    assert fresh(meeting).status == "signed" and unconfirmed(meeting) == ()


def test_two_working_days_after_it_was_sent_signing_opens_and_the_silent_are_printed(cast: Cast) -> None:
    """Sent on Friday at 16:00: the second working day after is Tuesday."""
    friday = datetime(2026, 3, 13, 16, tzinfo=SHANGHAI)
    meeting = factories.make_minuted(cast, at=friday)
    act(cast, "deputy", "confirm", meeting)
    tuesday = datetime(2026, 3, 17, 15, 59, tzinfo=SHANGHAI)
    with pytest.raises(NotConfirmed, match=r"到3月17日（周二）16:00还没有确认的，可以签发"):
        act(cast, "secretary", "sign", meeting, at=tuesday)
    act(cast, "secretary", "sign", meeting, at=tuesday + timedelta(minutes=1))
    assert unconfirmed(meeting) == ("林校长01", "郑委员01")


@pytest.mark.parametrize(
    ("sent", "opens"),
    [
        ("2026-09-29 10:00", "2026-10-08 10:00"),  # National Day lies between; 30 September is the first working day
        ("2026-02-12 09:30", "2026-02-14 09:30"),  # Saturday 14 February is a make-up day
        ("2035-01-08 09:00", "2035-01-18 09:00"),  # days off are not announced: longer than any holiday
    ],
)
def test_working_days_are_those_of_the_state_council(sent: str, opens: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)

    meeting = Meeting(minuted_at=moment(sent), status="minuted")
    meeting._members_present = []  # type: ignore[attr-defined]  # nobody to read
    assert confirming_of(meeting).opens_at == moment(opens)


def test_the_silence_of_all_is_printed_even_when_who_signs_was_not_there(cast: Cast) -> None:
    meeting = factories.make_held(cast)
    new = factories.full_record(meeting, cast.principal.pk, due_on=timezone.localdate() + timedelta(days=9))
    gone = cast.secretary.pk
    members = tuple(replace(m, status="leave", reason="外出开会") if m.person == gone else m for m in new.members)
    items = tuple(
        replace(
            item,
            votes=(3, 0, 0),
            stances=tuple(
                replace(said, seq=seq)
                for seq, said in enumerate((s for s in item.stances if s.person != gone), start=1)
            ),
        )
        for item in new.items
    )
    new = replace(new, members=members, items=items, chair=cast.deputy.pk, delegation_note="书记外出，委托副书记主持")
    services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    act(cast, "clerk", "minute", meeting)
    late = confirming_of(fresh(meeting)).opens_at
    act(cast, "secretary", "sign", meeting, at=late)
    assert set(unconfirmed(meeting)) == {"林校长01", "吴副书记01", "郑委员01"}


# ---- whose word counts how ----


def test_the_head_confirms_by_signing_and_not_besides(cast: Cast) -> None:
    meeting = factories.confirm_all(factories.make_minuted(cast))
    with pytest.raises(NotAllowed, match="你签发就是确认"):
        act(cast, "secretary", "confirm", meeting)
    with pytest.raises(NotAllowed, match="直接退回修改"):
        act(cast, "secretary", "object", meeting, reason=OBJECTION)
    act(cast, "secretary", "sign", meeting)
    assert Confirmation.objects.get(member__person=cast.secretary).confirmed_at is not None


def test_who_records_and_is_a_member_confirms_by_sending(cast: Cast) -> None:
    meeting = factories.make_recorded(cast)
    Meeting.objects.filter(pk=meeting.pk).update(recorder=cast.deputy)
    services.minute_meeting(meeting=fresh(meeting), by=cast.user("deputy"), at=timezone.now())
    assert [c.member.person for c in Confirmation.objects.all()] == [cast.deputy]
    assert not {"confirm_record"} & offered(cast, "deputy", meeting)
    asked = Event.objects.get(kind="governance.meeting.confirmation_asked")
    assert set(asked.data["accounts"]) == {str(cast.user(role).pk) for role in ("principal", "member")}


def test_only_members_who_were_there_speak_and_only_for_themselves(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    MeetingMember.objects.filter(meeting=meeting, person=cast.member).update(status="leave")
    for role in ("member", "clerk"):
        for name, values in (("confirm", {}), ("object", {"reason": OBJECTION})):
            with pytest.raises(NotAllowed, match="由到会的成员本人办理"):
                act(cast, role, name, meeting, **values)
        assert not {"confirm_record", "object"} & offered(cast, role, meeting)
    assert not Confirmation.objects.exists()


def test_nobody_confirms_twice_and_nobody_before_or_after(cast: Cast) -> None:
    held = factories.make_recorded(cast)
    with pytest.raises(WrongState, match="现在是“已召开”，不能确认记录"):
        act(cast, "deputy", "confirm", held)
    meeting = services.minute_meeting(meeting=held, by=cast.user("clerk"), at=timezone.now())
    act(cast, "deputy", "confirm", meeting)
    with pytest.raises(WrongState, match="你已经确认过"):
        act(cast, "deputy", "confirm", meeting)
    factories.confirm_all(fresh(meeting))
    act(cast, "secretary", "sign", fresh(meeting))
    with pytest.raises(WrongState, match="现在是“已签发”"):
        act(cast, "deputy", "confirm", meeting)


def test_two_members_confirm_the_version_both_have_seen(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    seen = meeting.version
    act(cast, "deputy", "confirm", meeting, version=seen)
    act(cast, "member", "confirm", meeting, version=seen)
    act(cast, "secretary", "return", meeting, reason="补写讨论要点")
    act(cast, "clerk", "minute", meeting)
    with pytest.raises(Stale):
        act(cast, "deputy", "confirm", meeting, version=seen)
    assert not Confirmation.objects.exists(), "a new 送签 asks anew"


# ---- objections ----


def test_an_open_objection_blocks_however_long_it_lies(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    act(cast, "member", "confirm", meeting)
    act(cast, "member", "object", meeting, reason=OBJECTION)
    late = timezone.now() + timedelta(days=30)
    with pytest.raises(NotConfirmed, match="郑委员01提出的异议还没有处理"):
        act(cast, "secretary", "sign", meeting, at=late)
    assert Confirmation.objects.get().confirmed_at is None, "who objects does not confirm at the same time"


def test_an_objection_says_what_is_wrong_in_4_to_500_characters(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    for text in ("", "不对", " 不 对 ", "长" * 501):
        with pytest.raises(InvalidInput):
            act(cast, "member", "object", meeting, reason=text)
    act(cast, "member", "object", meeting, reason="长" * 500)
    with pytest.raises(WrongState, match="异议还没有处理"):
        act(cast, "member", "object", meeting, reason=OBJECTION)


def test_an_objection_opens_the_return_to_its_member_and_to_the_recorder(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    for role in ("clerk", "member"):
        with pytest.raises(NotAllowed, match="退回修改由书记办理"):
            act(cast, role, "return", meeting, reason=OBJECTION)
    act(cast, "member", "object", meeting, reason=OBJECTION)
    assert [role for role in roles() if "return" in offered(cast, role, meeting)] == ["secretary", "member", "clerk"]
    with pytest.raises(NotAllowed):
        act(cast, "deputy", "return", meeting, reason=OBJECTION)
    act(cast, "clerk", "return", meeting, reason=OBJECTION)
    assert fresh(meeting).status == "held" and not Confirmation.objects.exists()
    told = Event.objects.get(kind="governance.meeting.record_objected")
    assert told.data["reason"] == OBJECTION, "the fact remains when the record goes back"


def roles() -> list[str]:
    return [role for role, _, _ in factories.ROLES]


def test_the_recorder_or_the_head_settles_an_objection_with_a_note(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    act(cast, "member", "object", meeting, reason=OBJECTION)
    member = cast.member.pk
    for role in ("deputy", "principal", "member"):
        with pytest.raises(NotAllowed):
            act(cast, role, "settle", meeting, member=member, reason=NOTE)
    with pytest.raises(InvalidInput):
        act(cast, "clerk", "settle", meeting, member=member, reason="好")
    with pytest.raises(WrongState, match="吴副书记01没有待处理的异议"):
        act(cast, "clerk", "settle", meeting, member=cast.deputy.pk, reason=NOTE)
    with pytest.raises(InvalidInput):
        act(cast, "clerk", "settle", meeting, member=cast.clerk.pk, reason=NOTE)
    act(cast, "clerk", "settle", meeting, member=member, reason=NOTE)
    said = Confirmation.objects.get()
    assert (said.settled_note, said.confirmed_at) == (NOTE, None)
    assert Event.objects.get(kind="governance.meeting.objection_settled").data["reason"] == NOTE
    with pytest.raises(NotConfirmed, match="没有确认记录"):
        act(cast, "secretary", "sign", meeting)
    factories.confirm_all(fresh(meeting))
    act(cast, "member", "confirm", meeting)
    act(cast, "secretary", "sign", meeting)
    assert unconfirmed(meeting) == ()


def test_nobody_settles_his_own_objection_but_may_take_it_back(cast: Cast) -> None:
    meeting = factories.make_recorded(cast)
    Meeting.objects.filter(pk=meeting.pk).update(recorder=cast.deputy)
    meeting = services.minute_meeting(meeting=fresh(meeting), by=cast.user("deputy"), at=timezone.now())
    act(cast, "deputy", "object", meeting, reason=OBJECTION)
    with pytest.raises(NotAllowed, match="自己的异议"):
        act(cast, "deputy", "settle", meeting, member=cast.deputy.pk, reason=NOTE)
    act(cast, "deputy", "confirm", meeting)
    said = Confirmation.objects.get(member__person=cast.deputy)
    assert said.confirmed_at is not None and "撤回" in said.settled_note


# ---- who hears of it ----


def told(user: User) -> list[str]:
    while dispatch_batch(at=timezone.now()):
        pass
    return list(Message.objects.filter(reader=user).order_by("event_id").values_list("title", flat=True))


def test_members_hear_that_they_are_asked_and_the_head_that_all_have_answered(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    for role in ("principal", "deputy", "member"):
        assert told(cast.user(role))[-1].startswith("待你确认记录：")
    assert not any("待你确认记录" in title for role in ("secretary", "clerk") for title in told(cast.user(role)))
    for role in ("principal", "deputy"):
        act(cast, role, "confirm", meeting)
    assert not any("可以签发" in title for title in told(cast.user("secretary")))
    act(cast, "member", "confirm", meeting)
    assert told(cast.user("secretary"))[-1].startswith("记录已确认，可以签发：")


def test_recorder_and_head_hear_of_an_objection_and_its_member_of_the_answer(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    act(cast, "member", "object", meeting, reason=OBJECTION)
    for role in ("secretary", "clerk"):
        assert told(cast.user(role))[-1].startswith("有成员对记录提出异议：")
    assert not any("异议" in title for title in told(cast.user("deputy")))
    act(cast, "clerk", "settle", meeting, member=cast.member.pk, reason=NOTE)
    assert told(cast.user("member"))[-1].startswith("你的异议已处理")


# ---- what the database holds ----


def test_after_the_signature_nothing_of_it_can_be_changed_by_sql(cast: Cast) -> None:
    meeting = factories.make_signed(cast)
    said = Confirmation.objects.filter(member__meeting=meeting)
    assert said.count() == 4
    first = said.first()
    for change in (
        lambda: said.update(confirmed_at=None),
        lambda: said.delete(),
        lambda: Confirmation.objects.filter(pk=first.pk).update(objection="改口", objected_at=timezone.now()),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert said.filter(confirmed_at__isnull=False).count() == 4


# ---- on the page ----


def post(user: User, meeting: Meeting, name: str, **data: Any) -> HttpResponse:
    client = Client()
    client.force_login(user)
    given = {"version": fresh(meeting).version, **data}
    return client.post(reverse(f"governance:{name}", args=[meeting.pk]), given)  # type: ignore[return-value]


def test_a_member_reads_his_own_words_and_confirms_with_one_press(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    shown = page(cast.user("member"), meeting)
    said = words(shown)
    assert "请你确认：记录里你的表态" in said and "第 1 项 议题1： 同意" in said
    assert "到会 4 人，已确认 0 人" in said and "签发时一并确认" in said
    url = reverse("governance:meeting-action", args=[meeting.pk, "confirm_record"])
    assert f'action="{url}"' in shown.content.decode()
    client = Client()
    client.force_login(cast.user("member"))
    answer = client.post(url, {"version": meeting.version}, follow=True)
    assert "已确认记录" in words(answer) and "已确认 1 人" in words(answer)
    assert f'action="{url}"' not in answer.content.decode()


def test_the_page_says_what_signing_waits_for(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    head = cast.user("secretary")
    assert re.search(r"全部确认后书记就可以签发；到\d+月\d+日（周.）\d\d:\d\d还没有确认的", words(page(head, meeting)))
    assert "/actions/sign/" not in page(head, meeting).content.decode()
    act(cast, "member", "object", meeting, reason=OBJECTION)
    assert "有异议还没有处理" in words(page(head, meeting)) and OBJECTION in words(page(head, meeting))
    act(cast, "member", "confirm", meeting)
    factories.confirm_all(fresh(meeting))
    answer = page(head, meeting)
    assert "到会成员都已确认，等书记签发" in words(answer) and "/actions/sign/" in answer.content.decode()


def test_the_page_names_members_who_cannot_press(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    yesterday = timezone.localdate() - timedelta(days=1)
    Appointment.objects.filter(person=cast.member).update(ends_on=yesterday)
    User.objects.filter(person=cast.deputy).update(is_active=False)
    assert words(page(cast.user("clerk"), meeting)).count("不能在线确认") == 2
    assert page(cast.user("member"), meeting).status_code == 404


def test_the_recorder_settles_an_objection_on_the_page(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    act(cast, "member", "object", meeting, reason=OBJECTION)
    shown = page(cast.user("clerk"), meeting).content.decode()
    assert reverse("governance:objection", args=[meeting.pk]) in shown
    assert reverse("governance:objection", args=[meeting.pk]) not in page(cast.user("deputy"), meeting).content.decode()
    short = post(cast.user("clerk"), meeting, "objection", member=str(cast.member.pk), reason="好")
    assert short.status_code == 422 and "写明理由，4 至 500 个字" in words(short)
    refused = post(cast.user("deputy"), meeting, "objection", member=str(cast.member.pk), reason=NOTE)
    assert refused.status_code == 409 and "处理异议由周干事01或书记办理" in words(refused)
    assert post(cast.user("clerk"), meeting, "objection", member="nobody", reason=NOTE).status_code == 409
    assert post(cast.user("clerk"), meeting, "objection", member=str(cast.member.pk), reason=NOTE).status_code == 302
    assert NOTE in words(page(cast.user("member"), meeting))


def test_strangers_find_none_of_it(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    other = factories.make_cast("FH002").user("secretary")
    for user in (other, cast.user("team"), factories.make_office_user()):
        assert post(user, meeting, "objection", member=str(cast.member.pk), reason=NOTE).status_code == 404
        assert post(user, meeting, "scans").status_code == 404


# ---- by API ----


def api(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_members_confirm_object_and_are_answered_by_api(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    path = f"/api/v1/governance/meetings/{meeting.pk}/"

    def take(role: str, name: str, **body: Any) -> Any:
        return api(cast.user(role)).post(f"{path}actions/{name}/", body, content_type="application/json")

    assert api(cast.user("member")).get(path).json()["actions"] == ["confirm_record", "object"]
    body = take("member", "object", reason=OBJECTION).json()
    assert body["actions"] == ["return", "confirm_record"]
    refused = take("secretary", "sign")
    assert refused.status_code == 409 and "郑委员01提出的异议还没有处理" in refused.json()["detail"]
    assert "settle_objection" in api(cast.user("clerk")).get(path).json()["actions"]
    assert take("clerk", "settle_objection", member="x", reason=NOTE).status_code == 400
    assert take("clerk", "settle_objection", member=str(cast.member.pk), reason=NOTE).status_code == 200
    assert take("clerk", "confirm_record").status_code == 403
    for role in ("member", "deputy", "principal"):
        assert take(role, "confirm_record").status_code == 200
    assert take("member", "confirm_record").status_code == 409
    assert take("secretary", "sign").json()["status"] == "signed"


# ---- the desk ----


def desk(user: User) -> list[dict[str, Any]]:
    client = Client()
    client.force_login(user)
    todo = client.get(reverse("reports:home")).context["desk"].todo
    return [item for item in todo if "会议" in item["title"]]


def test_who_is_asked_finds_it_on_the_desk_and_the_head_sees_who_is_missing(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    for role in ("member", "deputy", "principal"):
        assert [item["title"] for item in desk(cast.user(role))] == [f"确认{meeting.title()}记录"]
    signs = desk(cast.user("secretary"))
    assert [item["title"] for item in signs] == [f"签发{meeting.title()}纪要"]
    assert "还差 3 人确认记录" in signs[0]["note"]
    act(cast, "member", "object", meeting, reason=OBJECTION)
    assert [item["title"] for item in desk(cast.user("clerk"))] == [f"处理对{meeting.title()}记录的异议"]
    assert "有异议" in desk(cast.user("secretary"))[0]["note"]
    act(cast, "deputy", "confirm", meeting)
    assert desk(cast.user("deputy")) == []


def test_the_desk_asks_the_same_for_one_meeting_and_for_five(cast: Cast) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(cast.user("member"))
        client.get(reverse("reports:home"))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("reports:home"))
        return len(seen)

    factories.make_minuted(cast)
    one = queries()
    for _ in range(4):
        factories.make_minuted(cast)
    assert queries() == one


# ---- several at once ----


def at_once(calls: list[Callable[[], Any]]) -> list[str]:
    """How each of the calls ended that began at the same moment."""
    ready, outcomes = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        try:
            ready.wait(10)
            call()
            outcomes.append("done")
        except DomainError as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_signatures_at_once_one_counts_and_the_other_is_told(cast: Cast) -> None:
    meeting = factories.confirm_all(factories.make_minuted(cast))
    sign = lambda: services.sign_meeting(  # noqa: E731
        meeting=meeting, version=meeting.version, by=cast.user("secretary"), at=timezone.now()
    )
    assert at_once([sign, sign]) == ["Stale", "done"]
    assert MinutesVersion.objects.filter(meeting=meeting).count() == 1
    assert Event.objects.filter(kind="governance.meeting.signed").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_members_confirm_at_the_same_moment_and_none_is_refused(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    users = [cast.user(role) for role in ("principal", "deputy", "member")]
    calls = [
        (
            lambda user=user: services.confirm_record(
                meeting=meeting, version=meeting.version, by=user, at=timezone.now()
            )
        )
        for user in users
    ]
    assert at_once(calls) == ["done", "done", "done"]
    confirmed = Event.objects.filter(kind="governance.meeting.record_confirmed")
    assert [event.data["complete"] for event in confirmed.order_by("seq")] == [False, False, True]
