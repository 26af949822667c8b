"""Pages of meetings: the list, a new meeting, the page of one and every step taken from it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from checklists.models import Task
from common.dates import local_day
from common.errors import DomainError, InvalidInput
from governance import services
from governance.errors import BreaksProcedure
from governance.guards import open_actions
from governance.models import Decision, Meeting, PlannedTask
from governance.record import MemberRecord, record_of
from governance.selectors import for_record
from governance.states import MEETING
from governance.views.actions import SERVICES
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
ROLES = ("secretary", "principal", "deputy", "member", "team", "clerk")
REASON = "时间与区局会议冲突"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, meeting: Meeting) -> HttpResponse:
    return signed_in(user).get(meeting.get_absolute_url())


def act(user: User, meeting: Meeting, name: str, *, version: int | None = None, reason: str = REASON) -> HttpResponse:
    seen = Meeting.objects.get(pk=meeting.pk).version if version is None else version
    url = reverse("governance:meeting-action", args=[meeting.pk, name])
    return signed_in(user).post(url, {"version": seen, "reason": reason})


def text_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def buttons(response: HttpResponse) -> set[str]:
    """Names of the steps the page offers."""
    return set(re.findall(r'action="[^"]*/actions/([a-z_]+)/"', response.content.decode()))


def fact(kind: str, meeting: Meeting) -> Event:
    return Event.objects.filter(kind=f"governance.meeting.{kind}", subject=f"governance.meeting:{meeting.pk}").latest(
        "seq"
    )


def planned(cast: Cast, *, days: int = 4, matters: tuple[str, ...] = ("P01",)) -> Meeting:
    """A draft in the future."""
    return factories.make_meeting(cast, matters=matters, at=timezone.now() + timedelta(days=days))


def without_quorum(cast: Cast) -> Meeting:
    """A held meeting of four members due, one of whom came."""
    meeting = factories.make_held(cast)
    record = record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))
    came = [MemberRecord(m.person, "present" if n == 0 else "leave") for n, m in enumerate(record.members)]
    return services.save_record(
        meeting=meeting,
        new=replace(record, members=tuple(came)),
        version=None,
        by=cast.user("clerk"),
        at=timezone.now(),
    )


# ---- the list ----


def test_a_school_sees_its_own_meetings_and_the_bureau_sees_all(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    factories.make_signed(cast)
    factories.make_meeting(other)
    url = reverse("governance:meetings")
    own = text_of(signed_in(cast.user("secretary")).get(url))
    assert "年第1次党组织会议" in own
    assert cast.school.short_name not in own.split("会议，最近的在前")[1], "one's own school needs no column"
    assert "准备中" not in own.split("会议，最近的在前")[1]
    everything = text_of(signed_in(factories.make_bureau()).get(url))
    assert cast.school.short_name in everything and other.school.short_name in everything
    assert "准备中" in everything.split("会议，最近的在前")[1]


def test_members_see_the_meetings_of_their_body_only(cast: Cast) -> None:
    made = [factories.make_signed(cast), factories.make_signed(cast, Body.PRINCIPAL, matters=("A11",))]
    bodies = {"deputy": {"党组织会议"}, "team": {"校长办公会议"}, "member": {"党组织会议", "校长办公会议"}}
    for role, seen in bodies.items():
        client = signed_in(cast.user(role))
        listed = text_of(client.get(reverse("governance:meetings"))).split("会议，最近的在前")[1]
        assert {body for body in ("党组织会议", "校长办公会议") if f"次{body}" in listed} == seen
        for meeting in made:
            status = client.get(meeting.get_absolute_url()).status_code
            assert status == (200 if meeting.get_body_display() in seen else 404)


def test_offices_see_no_meeting_and_strangers_get_404(cast: Cast) -> None:
    meeting = factories.make_signed(cast)
    office = signed_in(factories.make_office_user())
    assert "你的职务不看会议" in text_of(office.get(reverse("governance:meetings")))
    stranger = signed_in(factories.make_cast("FH002").user("secretary"))
    for client in (office, stranger):
        assert client.get(meeting.get_absolute_url()).status_code == 404
        for name in SERVICES:
            url = reverse("governance:meeting-action", args=[meeting.pk, name])
            assert client.get(url).status_code == client.post(url, {"version": meeting.version}).status_code == 404


def test_filters_narrow_the_list_and_nonsense_does_not_filter(cast: Cast) -> None:
    signed, draft = factories.make_signed(cast), planned(cast)
    client = signed_in(factories.make_bureau())
    year = timezone.localdate().year

    def listed(query: str) -> set[str]:
        html = client.get(reverse("governance:meetings") + query).content.decode()
        return {str(m.pk) for m in (signed, draft) if str(m.pk) in html}

    everything = {str(signed.pk), str(draft.pk)}
    assert listed("?status=signed") == {str(signed.pk)}
    assert listed("?body=principal") == set()
    assert listed(f"?school={cast.school.code}&body=party") == everything
    assert listed(f"?year={year - 3}") == set()
    Meeting.objects.filter(pk=signed.pk).update(findings_warn=0)
    Meeting.objects.filter(pk=draft.pk).update(findings_warn=2)
    assert listed("?findings=warn") == {str(draft.pk)}
    assert listed("?findings=block") == set()
    assert listed("?status=archived") == set()
    for nonsense in ("status=filed", "status=%27", "body=x", "year=99999", "year=二〇二六", "school=FH999", "findings=1",
                     "cursor=abc", "cursor=WyIxIl0", "late=x"):  # fmt: skip
        assert listed(f"?{nonsense}") == everything, nonsense


def test_the_list_is_read_in_pages_that_keep_the_filters(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.lists.SIZE", 2)
    meetings = [planned(cast, days=day) for day in range(1, 6)]
    client = signed_in(cast.user("clerk"))
    url, seen = reverse("governance:meetings") + "?status=draft", []
    while url:
        html = client.get(url).content.decode()
        seen += [m.pk for m in reversed(meetings) if f"/meetings/{m.pk}/" in html]
        found = re.search(r'rel="next" href="(\?[^"]+)"', html)
        url = reverse("governance:meetings") + found[1].replace("&amp;", "&") if found else ""
        assert not found or "status=draft" in found[1]
    assert seen == [m.pk for m in reversed(meetings)]


def test_an_empty_list_says_what_to_do(cast: Cast) -> None:
    client = signed_in(cast.user("clerk"))
    html = client.get(reverse("governance:meetings"))
    assert "还没有会议" in text_of(html) and reverse("governance:meeting-new") in html.content.decode()
    planned(cast)
    assert "没有符合这些条件的会议" in text_of(client.get(reverse("governance:meetings") + "?status=signed"))


def queries(user: User, url: str) -> int:
    client = signed_in(user)
    client.get(url)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


def test_the_list_costs_the_same_for_1_and_30_rows(cast: Cast) -> None:
    users = [cast.user("clerk"), cast.user("deputy"), factories.make_bureau()]
    planned(cast, days=1)
    one = [queries(user, reverse("governance:meetings")) for user in users]
    for day in range(2, 31):
        planned(cast, days=day)
    assert [queries(user, reverse("governance:meetings")) for user in users] == one
    assert max(one) <= 8


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_can_be_taken_away_without_live_formulas_and_that_is_recorded(cast: Cast, kind: str) -> None:
    meeting = planned(cast)
    Meeting.objects.filter(pk=meeting.pk).update(place='=HYPERLINK("http://x")')
    planned(factories.make_cast("FH002"))
    client = signed_in(cast.user("clerk"))
    answer = client.get(reverse("governance:meetings-export", args=[kind]) + "?status=draft")
    content = answer.content
    if kind == "xlsx":
        with ZipFile(BytesIO(content)) as book:
            content = (
                book.read("xl/worksheets/sheet1.xml") + book.read("xl/sharedStrings.xml")
                if ("xl/sharedStrings.xml" in book.namelist())
                else book.read("xl/worksheets/sheet1.xml")
            )
    written = content.decode("utf-8-sig")
    assert "'=HYPERLINK" in written and "<f>" not in written
    assert "FH001" in written and "FH002" not in written
    taken = Event.objects.get(kind="governance.meetings.exported")
    assert (taken.data["rows"], taken.data["format"], taken.data["filters"]) == (1, kind, {"status": "draft"})
    assert client.get(reverse("governance:meetings-export", args=["exe"])).status_code == 404


# ---- a new meeting ----


def test_a_new_meeting_goes_through_the_page_to_the_row_and_the_fact(cast: Cast) -> None:
    factories.reference()
    client = signed_in(cast.user("clerk"))
    shown = client.get(reverse("governance:meeting-new"))
    assert f'value="{cast.people["clerk"].pk}" selected' in shown.content.decode(), "the clerk who types records"
    data = {
        "body": "principal",
        "scheduled_at": "2026-11-26T15:30",
        "place": "行政楼",
        "recorder": cast.people["clerk"].pk,
    }
    answer = client.post(reverse("governance:meeting-new"), data)
    meeting = Meeting.objects.get()
    assert answer.headers["Location"] == reverse("governance:agenda", args=[meeting.pk])
    assert (meeting.body, meeting.status, meeting.due) == ("principal", "draft", 3)
    assert meeting.chair == cast.people["principal"] and meeting.recorder == cast.people["clerk"]
    assert timezone.localtime(meeting.scheduled_at) == datetime(
        2026, 11, 26, 15, 30, tzinfo=timezone.get_current_timezone()
    )
    assert fact("drafted", meeting).actor == cast.user("clerk")


def test_the_members_due_follow_from_body_and_date_with_and_without_scripts(cast: Cast) -> None:
    factories.make_person(
        "新委员", "", Post.COMMITTEE_MEMBER, school=cast.school, starts_on=local_day(timezone.now()) + timedelta(3)
    )
    client = signed_in(cast.user("clerk"))
    url = reverse("governance:meeting-new")
    later = (timezone.localdate() + timedelta(days=5)).isoformat()
    plain = text_of(client.get(f"{url}?body=party&scheduled_at={later}T09:00&place=会议室"))
    fragment = client.get(f"{url}?body=party&scheduled_at={later}T09:00", headers={"HX-Request": "true"})
    assert "新委员" in plain and "新委员" in text_of(fragment)
    assert fragment.content.decode().strip().startswith('<section class="fh-p" id="due"')
    assert "新委员" not in text_of(client.get(f"{url}?body=party"))
    assert "何主任" in text_of(client.get(f"{url}?body=principal")) and "何主任" not in text_of(
        client.get(f"{url}?body=party", headers={"HX-Request": "true"})
    )
    for nonsense in ("2026-13-40T99:99", "0001-01-01T00:00", "9999-12-31T23:59", "昨天"):
        assert client.get(url, {"scheduled_at": nonsense, "body": "x"}).status_code == 200


def test_faults_of_a_new_meeting_are_named_and_nothing_typed_is_lost(cast: Cast) -> None:
    factories.reference()
    client = signed_in(cast.user("secretary"))
    url = reverse("governance:meeting-new")
    answer = client.post(url, {"body": "party", "scheduled_at": "", "place": "行政楼 305"})
    assert answer.status_code == 422 and "选开会时间" in text_of(answer) and "行政楼 305" in answer.content.decode()
    data = {"body": "party", "scheduled_at": "2026-11-26T15:30", "recorder": cast.people["secretary"].pk}
    answer = client.post(url, data)
    assert answer.status_code == 422 and "主持人不兼记录人" in text_of(answer)
    assert not Meeting.objects.exists()


def test_only_those_who_may_record_make_meetings(cast: Cast) -> None:
    factories.reference()
    data = {"body": "party", "scheduled_at": "2026-11-26T15:30"}
    for user in (*map(cast.user, ("deputy", "member", "team")), factories.make_bureau(), factories.make_office_user()):
        client = signed_in(user)
        assert client.get(reverse("governance:meeting-new")).status_code == 404
        assert client.post(reverse("governance:meeting-new"), data).status_code == 404
        assert reverse("governance:meeting-new") not in client.get(reverse("governance:meetings")).content.decode()
    assert not Meeting.objects.exists()


# ---- the buttons are the table ----

STATES: dict[str, Callable[[Cast], Meeting]] = {
    "draft, nothing confirmed, before the start": planned,
    "draft, nothing confirmed, started": factories.make_meeting,
    "draft, confirmed": lambda c: services.confirm_agenda(
        meeting=planned(c), by=c.user("secretary"), at=timezone.now()
    ),
    "called, before the start": lambda c: called(c, planned(c)),
    "called, started": lambda c: called(c, factories.make_meeting(c)),
    "held with a record": factories.make_recorded,
    "held without quorum": without_quorum,
    "minuted": factories.make_minuted,
    "minuted and confirmed by all": lambda c: factories.confirm_all(factories.make_minuted(c)),
    "minuted, with an objection": lambda c: services.object_to_record(
        meeting=factories.make_minuted(c), reason=REASON, by=c.user("deputy"), at=timezone.now()
    ),
    "signed": factories.make_signed,
    "signed, with its scan": lambda c: services.attach_scans(
        meeting=factories.make_signed(c),
        files=[SimpleUploadedFile("原件.pdf", b"%PDF-1.4")],
        by=c.user("clerk"),
        at=timezone.now(),
    ),
    "cancelled": lambda c: services.cancel_meeting(
        meeting=planned(c), reason=REASON, by=c.user("secretary"), at=timezone.now()
    ),
    "principal's meeting, minuted": lambda c: factories.make_minuted(c, Body.PRINCIPAL, matters=("A11",)),
}


def called(cast: Cast, meeting: Meeting) -> Meeting:
    at = timezone.now()
    meeting = services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    return services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)


def accepted(meeting: Meeting, name: str, user: User) -> bool:
    """Whether the service takes the step, or stops it only for what the record says; nothing is kept."""
    values = {"reason": REASON} if MEETING.get(name).needs_reason else {}  # type: ignore[union-attr]
    try:
        with transaction.atomic():
            SERVICES[name](meeting=meeting, by=user, at=timezone.now(), **values)
            transaction.set_rollback(True)
    except DomainError as refusal:
        return isinstance(refusal, BreaksProcedure | InvalidInput)
    return True


@pytest.mark.parametrize("state", STATES)
def test_each_button_shown_is_a_step_the_service_takes(cast: Cast, state: str) -> None:
    meeting = STATES[state](cast)
    again = {"confirm_agenda"} if state == "draft, confirmed" else set()  # it would change nothing
    for role in ROLES:
        user = cast.user(role)
        answer = page(user, meeting)
        if answer.status_code == 404:
            assert not Meeting.objects.visible_to(user).filter(pk=meeting.pk).exists()
            continue
        shown = buttons(answer)
        takes = {step.name for step in MEETING if accepted(meeting, step.name, cast.user(role))}
        assert shown == takes - again, (role, state)
        assert shown <= {step.name for step in open_actions(Meeting.objects.get(pk=meeting.pk), cast.user(role))}
    assert buttons(page(factories.make_bureau(), meeting)) == set()


def test_every_step_of_the_table_has_a_service_a_question_and_a_result() -> None:
    from governance.views import steps

    names = {step.name for step in MEETING}
    assert names == set(SERVICES) == set(steps.QUESTIONS) == set(steps.CONSEQUENCES) == set(steps.DONE) | {"sign"}


def test_one_button_is_solid_at_most(cast: Cast) -> None:
    for make in STATES.values():
        meeting = make(cast)
        for role in ROLES:
            html = page(cast.user(role), meeting).content.decode()
            outside = re.sub(
                r'<div class="fh-dlg".*?</form>', "", html, flags=re.DOTALL
            )  # the questions repeat the verb
            assert outside.count("btn-primary") <= 1, (role, meeting.status)


# ---- the thread, from the buttons ----


def test_the_thread_from_draft_to_signature_through_the_buttons(cast: Cast) -> None:
    meeting = planned(cast, days=0)
    assert act(cast.user("secretary"), meeting, "confirm_agenda").status_code == 302
    assert Meeting.objects.get(pk=meeting.pk).agenda_confirmed_by == cast.user("secretary")
    assert act(cast.user("clerk"), meeting, "call").status_code == 302
    assert set(fact("called", meeting).data["accounts"]) >= {
        str(cast.user("secretary").pk),
        str(cast.user("deputy").pk),
    }
    assert act(cast.user("clerk"), meeting, "hold").status_code == 302
    held = Meeting.objects.get(pk=meeting.pk)
    assert (held.status, held.number()) == ("held", f"{timezone.localtime(held.scheduled_at).year}-001")
    new = factories.full_record(held, cast.people["principal"].pk, due_on=timezone.localdate() + timedelta(days=9))
    services.save_record(meeting=held, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    assert act(cast.user("clerk"), meeting, "minute").status_code == 302
    for role in ("principal", "deputy", "member"):
        assert act(cast.user(role), meeting, "confirm_record").status_code == 302
    client = signed_in(cast.user("secretary"))
    version = Meeting.objects.get(pk=meeting.pk).version
    url = reverse("governance:meeting-action", args=[meeting.pk, "sign"])
    assert "签发" in text_of(client.get(url))
    answer = client.post(url, {"version": version}, follow=True)
    assert "已签发，形成 1 项决议" in text_of(answer)
    assert Decision.objects.get().meeting_id == meeting.pk
    assert Task.objects.get().responsible == cast.people["principal"]
    assert fact("signed", meeting).actor == cast.user("secretary")
    assert Decision.objects.get().number in text_of(answer)


def test_who_sends_for_signature_does_not_sign(cast: Cast) -> None:
    meeting = factories.make_held(cast)
    recorder = cast.people["secretary"]
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=timezone.localdate() + timedelta(days=9))
    new = replace(new, chair=cast.people["deputy"].pk, delegation_note="书记外出，委托副书记主持", recorder=recorder.pk)
    services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    assert act(cast.user("secretary"), meeting, "minute").status_code == 302
    assert "sign" not in buttons(page(cast.user("secretary"), meeting))
    answer = act(cast.user("secretary"), meeting, "sign")
    assert answer.status_code == 409 and "送签的人不能签发" in text_of(answer)
    assert Meeting.objects.get(pk=meeting.pk).status == "minuted"


def test_only_the_recorder_sends_for_signature(cast: Cast) -> None:
    meeting = factories.make_recorded(cast)
    answer = act(cast.user("secretary"), meeting, "minute")
    assert answer.status_code == 409 and "送签由记录人周干事01办理" in text_of(answer)
    assert Meeting.objects.get(pk=meeting.pk).status == "held"


def test_a_step_on_an_old_version_is_refused_and_the_reason_is_kept(cast: Cast) -> None:
    meeting = planned(cast)
    old = meeting.version
    agenda = services.AgendaInput(meeting.scheduled_at, "别的地点", items=())
    services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=timezone.now())
    url, client = reverse("governance:meeting-action", args=[meeting.pk, "cancel"]), signed_in(cast.user("secretary"))
    for version in (old, "", "x"):
        answer = client.post(url, {"version": version, "reason": "书记外出开会，另行安排"})
        html = answer.content.decode()
        assert answer.status_code == 409 and "刚才有人办理过这次会议" in text_of(answer)
        assert "书记外出开会，另行安排" in html
        fresh = re.search(r'/actions/cancel/" novalidate.*?name="version" value="(\d+)"', html, re.DOTALL)
        assert fresh and int(fresh[1]) == Meeting.objects.get(pk=meeting.pk).version, "the next try counts"
    assert Meeting.objects.get(pk=meeting.pk).status == "draft"
    assert client.post(url, {"version": fresh[1], "reason": "书记外出开会，另行安排"}).status_code == 302


def test_a_reason_that_is_missing_or_too_long_is_asked_again_with_what_was_typed(cast: Cast) -> None:
    meeting = planned(cast)
    for reason in ("", "太短", "长" * 501):
        answer = act(cast.user("secretary"), meeting, "cancel", reason=reason)
        assert answer.status_code == 422 and "写明理由，4 至 500 个字" in text_of(answer)
        assert "data-confirm open" in answer.content.decode(), "the question is open again"
        assert reason in answer.content.decode()
    assert Meeting.objects.get(pk=meeting.pk).status == "draft"
    assert act(cast.user("secretary"), meeting, "cancel", reason="书记外出").status_code == 302
    assert fact("cancelled", meeting).data["reason"] == "书记外出"


def test_holding_before_the_start_is_refused(cast: Cast) -> None:
    meeting = planned(cast)
    assert "hold" not in buttons(page(cast.user("clerk"), meeting))
    answer = act(cast.user("clerk"), meeting, "hold")
    assert answer.status_code == 409 and "到时间再登记召开" in text_of(answer)


def test_a_called_meeting_is_recalled_before_the_start_only(cast: Cast) -> None:
    future, past = called(cast, planned(cast)), called(cast, factories.make_meeting(cast))
    assert act(cast.user("secretary"), past, "recall").status_code == 409
    assert act(cast.user("secretary"), future, "recall").status_code == 302
    assert Meeting.objects.get(pk=future.pk).status == "draft"
    assert fact("recalled", future).data["reason"] == REASON


def test_calling_waits_for_the_confirmed_agenda_and_says_so(cast: Cast) -> None:
    meeting = planned(cast)
    shown = text_of(page(cast.user("clerk"), meeting))
    assert "书记还没有审定议程" in shown and "审定议程" in shown
    answer = act(cast.user("clerk"), meeting, "call")
    assert answer.status_code == 409 and "请书记先审定议程" in text_of(answer)


def test_confirming_an_agenda_with_an_item_outside_the_catalogue_names_the_item(cast: Cast) -> None:
    meeting = planned(cast, matters=("P01", ""))
    answer = act(cast.user("secretary"), meeting, "confirm_agenda")
    assert answer.status_code == 422 and "第 2 项还没归到目录事项" in text_of(answer)
    assert 'href="#item-2"' in answer.content.decode() and 'id="item-2"' in answer.content.decode()


def test_a_meeting_lapses_only_without_quorum(cast: Cast) -> None:
    reached = factories.make_recorded(cast)
    assert "fail_quorum" not in buttons(page(cast.user("secretary"), reached))
    answer = act(cast.user("secretary"), reached, "fail_quorum")
    assert answer.status_code == 409 and "不能登记流会" in text_of(answer)
    short = without_quorum(cast)
    assert "fail_quorum" in buttons(page(cast.user("secretary"), short))
    assert act(cast.user("secretary"), short, "fail_quorum").status_code == 302
    lapsed = Meeting.objects.get(pk=short.pk)
    assert (lapsed.status, lapsed.lapsed, lapsed.present) == ("cancelled", True, 1)
    assert "流会" in text_of(page(cast.user("clerk"), short))


def test_a_blocking_rule_stops_the_step_and_says_why_and_what_to_do(cast: Cast) -> None:
    meeting = factories.make_held(cast, matters=("P16",))
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=timezone.localdate() + timedelta(days=9))
    away = new.members[1].person
    members = tuple(
        MemberRecord(m.person, "leave" if m.person in (away, new.members[2].person) else "present") for m in new.members
    )
    gone = {m.person for m in members if m.status == "leave"}
    item = replace(
        new.items[0], votes=(2, 0, 0), stances=tuple(s for s in new.items[0].stances if s.person not in gone)
    )
    new = replace(new, members=members, items=(item,))
    services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    answer = act(cast.user("clerk"), meeting, "minute")
    said = text_of(answer)
    assert answer.status_code == 409 and re.search(r"有 \d+ 处要先处理，才能送签", said)
    assert "第 1 项 · 到会人数 R-Q02" in said and "须3人" in said and "怎么办" in said and "依据" in said
    assert Meeting.objects.get(pk=meeting.pk).status == "held"


def test_a_blocking_rule_that_lacks_a_fact_stops_the_step_too(cast: Cast) -> None:
    meeting = factories.make_recorded(cast)
    record = record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))
    members = (*record.members[:-1], MemberRecord(record.members[-1].person))
    missing = record.members[-1].person
    items = tuple(
        replace(item, votes=(3, 0, 0), stances=tuple(s for s in item.stances if s.person != missing))
        for item in record.items
    )
    services.save_record(
        meeting=meeting,
        new=replace(record, members=members, items=items),
        version=None,
        by=cast.user("clerk"),
        at=timezone.now(),
    )
    answer = act(cast.user("clerk"), meeting, "minute")
    assert answer.status_code == 409 and "还有1人没有登记到会情况" in text_of(answer) and "待补充" in text_of(answer)
    assert Meeting.objects.get(pk=meeting.pk).status == "held"


def test_the_tasks_of_a_decision_keep_the_order_in_which_they_were_minuted(cast: Cast) -> None:
    """Whatever the order in which the database happens to keep the rows."""
    meeting = factories.make_minuted(cast)
    first = PlannedTask.objects.get(item__meeting=meeting)
    goals = [first.goal, "第二项", "第三项"]
    PlannedTask.objects.all().delete()
    for order in (3, 1, 2):
        planned = PlannedTask(item=first.item, order=order, goal=goals[order - 1], measures="分组", due_on=first.due_on)
        planned.responsible_id = first.responsible_id
        planned.save()
    services.sign_meeting(meeting=factories.confirm_all(meeting), by=cast.user("secretary"), at=timezone.now())
    assert list(Task.objects.order_by("order").values_list("target", flat=True)) == goals


def test_signing_judges_anew_and_a_block_leaves_no_decision(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    Meeting.objects.filter(pk=meeting.pk).update(recorder=None)
    answer = act(cast.user("secretary"), meeting, "sign")
    assert answer.status_code == 409 and "还没有记录人" in text_of(answer) and "R-A09" in text_of(answer)
    assert not Decision.objects.exists() and Meeting.objects.get(pk=meeting.pk).status == "minuted"


def test_an_unknown_step_is_404_and_the_question_page_changes_nothing(cast: Cast) -> None:
    meeting = planned(cast)
    client = signed_in(cast.user("secretary"))
    assert client.get(reverse("governance:meeting-action", args=[meeting.pk, "explode"])).status_code == 404
    asked = client.get(reverse("governance:meeting-action", args=[meeting.pk, "cancel"]))
    assert "会议取消后不能恢复" in text_of(asked) and f'value="{meeting.version}"' in asked.content.decode()
    refused = signed_in(cast.user("clerk")).get(reverse("governance:meeting-action", args=[meeting.pk, "cancel"]))
    assert "取消会议由书记办理" in text_of(refused) and "<textarea" not in refused.content.decode()
    early = client.get(reverse("governance:meeting-action", args=[meeting.pk, "sign"]))
    assert "现在是“准备中”，不能签发" in text_of(early)
    assert Meeting.objects.get(pk=meeting.pk).version == meeting.version


# ---- the page of one meeting ----


def test_a_signed_meeting_shows_the_results_stored_with_the_signature(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = factories.make_signed(cast)
    monkeypatch.delattr("governance.views.meeting_page.judge_record")
    before = text_of(page(cast.user("deputy"), meeting))
    assert "R-M02" in before and "R-V06" in before


def test_the_page_tells_who_did_what_and_when(cast: Cast) -> None:
    meeting = factories.make_minuted(cast)
    act(cast.user("secretary"), meeting, "return", reason="第 1 项决议写得不清楚")
    said = text_of(page(cast.user("clerk"), meeting)).split("办理经过")[1]
    for words in (
        "新建会议",
        "审定议程",
        "登记召开",
        "保存记录",
        "送签",
        "退回修改",
        "第 1 项决议写得不清楚",
        "周干事01",
        "沈书记01",
    ):
        assert words in said, words
    assert said.index("退回修改") < said.index("新建会议"), "newest first"


def test_saving_again_and_again_reads_as_one_line(cast: Cast) -> None:
    meeting = planned(cast)
    for place in ("一", "二", "三"):
        agenda = services.AgendaInput(meeting.scheduled_at, place)
        services.save_agenda(meeting=meeting, agenda=agenda, version=None, by=cast.user("clerk"), at=timezone.now())
    said = text_of(page(cast.user("clerk"), meeting)).split("办理经过")[1]
    assert said.count("保存议程") == 1 and "共 3 次" in said


def test_each_opening_by_the_bureau_is_recorded_and_shown_to_the_school(cast: Cast) -> None:
    readers = [factories.make_bureau(post) for post in (Post.ORGANISER, Post.SUPERVISOR, Post.LEADER)]
    meeting, draft = factories.make_signed(cast), planned(cast)
    assert "查看记录" not in text_of(page(cast.user("secretary"), meeting))
    for reader in readers:
        for _ in range(2):
            assert page(reader, meeting).status_code == 200
        page(reader, draft)
        signed_in(reader).head(meeting.get_absolute_url())
    page(cast.user("deputy"), meeting)
    read = Event.objects.filter(kind="governance.meeting.read")
    assert [event.subject for event in read] == [f"governance.meeting:{meeting.pk}"] * 6
    shown = text_of(page(cast.user("secretary"), meeting))
    assert shown.count("当天 2 次") == 3 and all(reader.name in shown for reader in readers)
    assert "查看记录" not in text_of(page(readers[0], meeting))


def test_a_meeting_entered_afterwards_says_which_steps_were_left_out(cast: Cast) -> None:
    html = page(cast.user("clerk"), factories.make_recorded(cast)).content.decode()
    assert re.search(r"没有办：</span></span> 通知", html), "held without a notice"
    assert not re.search(r"没有办：</span></span> 审定", html), "its agenda was confirmed"


@pytest.mark.parametrize("make", [factories.make_meeting, factories.make_recorded, factories.make_signed])
def test_the_page_costs_the_same_for_1_and_30_items(cast: Cast, make: Callable[..., Meeting]) -> None:
    one, many = make(cast), make(cast, matters=tuple(["P01"] * 30))
    assert many.items.count() == 30
    for user in (cast.user("clerk"), factories.make_bureau()):
        few = queries(user, one.get_absolute_url())
        assert queries(user, many.get_absolute_url()) == few
        # What is in force and what was done beforehand are a query each; the bureau's reading is written; a record has three parts,
        # signed minutes have versions and scans; once held, it says what was said of the last minutes.
        most = 20 if user.username == "organiser" else 17
        assert few <= (most - 2 if make is factories.make_meeting else most)
