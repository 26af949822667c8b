"""放行: only the head of the body, only what may be waived, with a reason, before the signature, in view of the bureau."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

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
from governance.errors import BreaksProcedure
from governance.models import NEVER_WAIVED, AgendaItem, Meeting, RuleResult, Waiver
from governance.record import record_of
from governance.rules.findings import Outcome
from governance.selectors import for_record, judge_meeting
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast
from tests.integration.test_api import person

pytestmark = pytest.mark.django_db
REASON = "书记外出学习，已电话沟通一致"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


def unprepared(cast: Cast, *, matters: tuple[str, ...] = ("P16",)) -> Meeting:
    """A draft whose item lacks what its matter asks for beforehand, agenda confirmed."""
    meeting = factories.open_items(factories.make_meeting(cast, matters=matters))
    return services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())


def recorded(cast: Cast, *, matters: tuple[str, ...] = ("P16",)) -> Meeting:
    """The same, held and recorded in full."""
    at = timezone.now()
    meeting = services.hold_meeting(meeting=unprepared(cast, matters=matters), by=cast.user("clerk"), at=at)
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=timezone.localdate() + timedelta(days=9))
    return services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=at)


def fresh(meeting: Meeting) -> Meeting:
    return for_record(Meeting.objects.all()).get(pk=meeting.pk)


def blocking(meeting: Meeting) -> list[tuple[str, AgendaItem | None]]:
    """What blocks a held meeting now."""
    found = fresh(meeting)
    items = {f"items/{item.pk}": item for item in found.items.all()}
    return [(r.rule, items.get(r.subject)) for r in judge_meeting(found) if r.blocks]


def waive(meeting: Meeting, rule: str, user: User, *, item: AgendaItem | None = None, **values: Any) -> Meeting:
    given = {"reason": REASON, **values}
    return services.waive_rule(
        meeting=meeting, rule=rule, item=item.pk if item else None, by=user, at=timezone.now(), **given
    )


def waive_all(meeting: Meeting, user: User) -> Meeting:
    for rule, item in blocking(meeting):
        meeting = waive(meeting, rule, user, item=item)
    return meeting


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def url(meeting: Meeting, rule: str = "", item: AgendaItem | None = None) -> str:
    path = reverse("governance:waive", args=[meeting.pk])
    return f"{path}?rule={rule}" + (f"&item={item.pk}" if item else "") if rule else path


# ---- the service ----


def test_what_blocks_the_notice_can_be_let_pass_by_the_head_alone(cast: Cast) -> None:
    meeting = unprepared(cast)
    item = meeting.items.get()
    with pytest.raises(BreaksProcedure) as stopped:
        services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    rules = [finding.rule for finding in stopped.value.findings]
    assert "R-T09" in rules
    for role in ("principal", "deputy", "member", "clerk", "team"):
        with pytest.raises(NotAllowed, match="放行由书记办理"):
            waive(meeting, "R-T09", cast.user(role), item=item)
    with pytest.raises(NotAllowed):
        waive(meeting, "R-T09", factories.make_bureau(), item=item)
    for rule in rules:
        meeting = waive(meeting, rule, cast.user("secretary"), item=item)
    called = services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    assert called.status == "called"
    waiver = Waiver.objects.get(rule="R-T09")
    assert (waiver.reason, waiver.waived_by, waiver.item) == (REASON, cast.user("secretary"), item)
    assert "会前沟通" in waiver.message, "the waiver keeps what the engine had said"
    fact = Event.objects.filter(kind="governance.meeting.rule_waived").latest("seq")
    assert fact.data["rule"] == rules[-1] and fact.data["reason"] == REASON and fact.data["item"] == str(item.pk)
    assert fact.actor == cast.user("secretary") and fact.school_id == cast.school.pk


def test_the_principal_lets_pass_at_the_principals_meeting_and_the_secretary_does_not(cast: Cast) -> None:
    meeting = factories.make_recorded(cast, Body.PRINCIPAL, matters=("A11",))
    Meeting.objects.filter(pk=meeting.pk).update(chair=cast.people["team"].pk)
    assert ("R-C03", None) in blocking(meeting)
    with pytest.raises(NotAllowed, match="放行由校长办理"):
        waive(meeting, "R-C03", cast.user("secretary"))
    waive(meeting, "R-C03", cast.user("principal"))
    assert ("R-C03", None) not in blocking(meeting)


def test_a_waived_rule_no_longer_stops_and_is_stored_as_waived_at_the_signature(cast: Cast) -> None:
    meeting = recorded(cast)
    assert blocking(meeting) and meeting.findings_block == len(blocking(meeting))
    clerk, secretary = cast.user("clerk"), cast.user("secretary")
    with pytest.raises(BreaksProcedure):
        services.minute_meeting(meeting=meeting, by=clerk, at=timezone.now())
    count = len(blocking(meeting))
    meeting = waive_all(meeting, secretary)
    assert (meeting.findings_block, meeting.findings_waived) == (0, count)
    meeting = services.minute_meeting(meeting=meeting, by=clerk, at=timezone.now())
    meeting = services.sign_meeting(meeting=factories.confirm_all(meeting), by=secretary, at=timezone.now())
    stored = RuleResult.objects.filter(meeting=meeting, outcome="waived")
    assert {row.rule for row in stored} == {waiver.rule for waiver in Waiver.objects.all()}
    assert meeting.findings_waived == count
    for act in (services.withdraw_waiver, lambda **v: services.waive_rule(reason=REASON, **v)):
        with pytest.raises(WrongState, match="已签发"):
            act(meeting=meeting, rule="R-T09", item=meeting.items.get().pk, by=secretary, at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Waiver.objects.filter(meeting=meeting).delete()


@pytest.mark.parametrize("rule", NEVER_WAIVED)
def test_six_rules_are_never_let_pass_by_service_or_database(cast: Cast, rule: str) -> None:
    meeting = recorded(cast)
    with pytest.raises(WrongState, match="法定要件"):
        waive(meeting, rule, cast.user("secretary"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Waiver.objects.create(
            meeting=meeting, rule=rule, reason=REASON, message="x", waived_by=cast.user("secretary"),
            waived_at=timezone.now(),
        )  # fmt: skip


def test_a_meeting_without_quorum_stays_stopped_whatever_is_written(cast: Cast) -> None:
    meeting = factories.make_held(cast)
    record = record_of(fresh(meeting))
    away = [replace(member, status="leave", reason="出差") for member in record.members[1:]]
    new = replace(record, members=(replace(record.members[0], status="present"), *away))
    services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    assert ("R-Q01", None) in blocking(meeting)
    with pytest.raises(WrongState, match="R-Q01 是法定要件"):
        waive(meeting, "R-Q01", cast.user("secretary"))
    page = client_of(cast.user("secretary")).get(url(meeting, "R-Q01"))
    assert "不能放行" in text_of(page) and 'name="reason"' not in page.content.decode()
    assert not Waiver.objects.exists()


def test_a_rule_that_the_rule_file_excepts_is_not_let_pass(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = unprepared(cast)
    from governance.services import waivers

    given = waivers.reference_for(meeting)
    excepted = replace(given, rules={**given.rules, "R-T09": replace(given.rules["R-T09"], waivable=False)})
    monkeypatch.setattr(waivers, "reference_for", lambda meeting: excepted)
    with pytest.raises(WrongState, match="规则文件规定 R-T09 不能放行"):
        waive(meeting, "R-T09", cast.user("secretary"), item=meeting.items.get())


def test_only_what_blocks_now_can_be_let_pass(cast: Cast) -> None:
    meeting = recorded(cast)
    item, secretary = meeting.items.get(), cast.user("secretary")
    found = {result.rule: result for result in judge_meeting(fresh(meeting))}
    assert found["R-A09"].outcome is Outcome.PASS
    with pytest.raises(WrongState, match="现在不拦下一步"):
        waive(meeting, "R-A09", secretary)
    warned = next(r for r in found.values() if r.severity == "warn" and r.outcome in ("fail", "insufficient"))
    subject = item if warned.subject != "meeting" else None
    with pytest.raises(WrongState, match="现在不拦下一步"):
        waive(meeting, warned.rule, secretary, item=subject)
    with pytest.raises(WrongState, match="这个阶段不核查"):
        waive(meeting, "R-M03", secretary)
    with pytest.raises(WrongState, match="不须放行"):
        waive(meeting, "R-T09", secretary)  # a rule of items, asked of the meeting
    with pytest.raises(InvalidInput, match="没有这条规则"):
        waive(meeting, "R-X99", secretary)
    other = factories.make_meeting(factories.make_cast("FH002")).items.get()
    with pytest.raises(InvalidInput, match="没有这个议题"):
        waive(meeting, "R-T09", secretary, item=other)
    for reason in ("", "短", "  不可 ", "长" * 501):
        with pytest.raises(InvalidInput, match="写明理由"):
            waive(meeting, "R-T09", secretary, item=item, reason=reason)
    waive(meeting, "R-T09", secretary, item=item)
    with pytest.raises(WrongState, match="已经放行"):
        waive(meeting, "R-T09", secretary, item=item)
    assert Waiver.objects.count() == 1


def test_a_stale_version_is_refused(cast: Cast) -> None:
    meeting = recorded(cast)
    item, secretary = meeting.items.get(), cast.user("secretary")
    with pytest.raises(Stale):
        waive(meeting, "R-T09", secretary, item=item, version=meeting.version - 1)
    changed = waive(meeting, "R-T09", secretary, item=item, version=meeting.version)
    assert changed.version == meeting.version + 1
    with pytest.raises(Stale):
        services.withdraw_waiver(
            meeting=meeting, rule="R-T09", item=item.pk, version=meeting.version, by=secretary, at=timezone.now()
        )


def test_a_waiver_is_taken_back_before_the_signature_by_the_head(cast: Cast) -> None:
    meeting = waive_all(recorded(cast), cast.user("secretary"))
    count, item = Waiver.objects.count(), meeting.items.get()
    meeting = services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    act: Callable[[User], Meeting] = lambda user: services.withdraw_waiver(  # noqa: E731
        meeting=meeting, rule="R-T09", item=item.pk, by=user, at=timezone.now()
    )
    for role in ("principal", "clerk"):
        with pytest.raises(NotAllowed, match="撤回放行由书记办理"):
            act(cast.user(role))
    meeting = act(cast.user("secretary"))
    assert (meeting.findings_block, meeting.findings_waived) == (1, count - 1)
    assert Event.objects.get(kind="governance.meeting.waiver_withdrawn").data["rule"] == "R-T09"
    with pytest.raises(BreaksProcedure):
        services.sign_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    with pytest.raises(WrongState, match="没有放行过"):
        act(cast.user("secretary"))


def secretary_records(cast: Cast) -> Meeting:
    """Recorded by the secretary, chaired by the deputy with a note; its item lacks what is asked beforehand."""
    meeting = recorded(cast)
    new = replace(
        record_of(fresh(meeting)),
        chair=cast.people["deputy"].pk,
        delegation_note="书记外出，委托副书记主持",
        recorder=cast.people["secretary"].pk,
    )
    return services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())


def test_who_lets_a_rule_pass_does_not_send_for_signature_as_well(cast: Cast) -> None:
    meeting = waive_all(secretary_records(cast), cast.user("secretary"))
    with pytest.raises(NotAllowed, match="你放行过这次会议的规则"):
        services.minute_meeting(meeting=meeting, by=cast.user("secretary"), at=timezone.now())


def test_who_sent_for_signature_does_not_let_a_rule_pass(cast: Cast) -> None:
    meeting = secretary_records(cast)
    Meeting.objects.filter(pk=meeting.pk).update(
        status="minuted", minuted_by=cast.user("secretary"), minuted_at=timezone.now()
    )
    rule, item = blocking(meeting)[0]
    with pytest.raises(NotAllowed, match="送签的人不能放行"):
        waive(meeting, rule, cast.user("secretary"), item=item)


# ---- the pages ----


def test_the_head_finds_a_button_at_what_blocks_and_nobody_else_does(cast: Cast) -> None:
    for meeting in (unprepared(cast), recorded(cast)):
        item = meeting.items.get()
        way = url(meeting, "R-T09", item).replace("&", "&amp;")
        page = client_of(cast.user("secretary")).get(meeting.get_absolute_url()).content.decode()
        assert way in page and "写明理由后放行" in page, meeting.status
        assert "rule=R-Q" not in page
        for role in ("principal", "clerk", "deputy"):
            other = client_of(cast.user(role)).get(meeting.get_absolute_url()).content.decode()
            assert reverse("governance:waive", args=[meeting.pk]) not in other, (meeting.status, role)


def test_the_record_page_offers_it_at_what_is_not_kept(cast: Cast) -> None:
    meeting = recorded(cast)
    record = reverse("governance:record", args=[meeting.pk])
    page = client_of(cast.user("secretary")).get(record).content.decode()
    assert url(meeting, "R-T09", meeting.items.get()).replace("&", "&amp;") in page
    assert (
        reverse("governance:waive", args=[meeting.pk]) not in client_of(cast.user("clerk")).get(record).content.decode()
    )
    waive_all(meeting, cast.user("secretary"))
    clerk = text_of(client_of(cast.user("clerk")).get(record))
    assert REASON in clerk and "沈书记01放行" in clerk and "撤回放行" not in clerk


def test_the_page_shows_the_finding_asks_for_the_reason_and_lets_pass(cast: Cast) -> None:
    meeting = recorded(cast)
    item = meeting.items.get()
    client = client_of(cast.user("secretary"))
    asked = client.get(url(meeting, "R-T09", item))
    words = text_of(asked)
    assert "没有意见一致或基本一致的书记校长会前沟通" in words and "依据" in words and "放行 R-T09" in words
    short = client.post(url(meeting), {"rule": "R-T09", "item": item.pk, "version": meeting.version, "reason": "急"})
    assert short.status_code == 422 and "写明理由，4 至 500 个字" in text_of(short)
    assert ">急</textarea>" in short.content.decode().replace(">\n急", ">急"), "nothing typed is lost"
    old = client.post(url(meeting), {"rule": "R-T09", "item": item.pk, "version": 1, "reason": REASON})
    assert old.status_code == 409 and REASON in old.content.decode()
    assert f'name="version" value="{meeting.version}"' in old.content.decode()
    done = client.post(
        url(meeting), {"rule": "R-T09", "item": item.pk, "version": meeting.version, "reason": REASON}, follow=True
    )
    assert "已放行，理由写进核查结果" in text_of(done)
    assert "已放行" in text_of(done) and f"沈书记01放行： {REASON}" in text_of(done)
    assert "放行规则 R-T09" in text_of(done), "what happened is told with its rule"
    taken = client.get(url(meeting, "R-T09", item))
    assert "撤回对 R-T09 的放行" in text_of(taken) and 'name="reason"' not in taken.content.decode()
    version = Meeting.objects.get(pk=meeting.pk).version
    back = client.post(
        url(meeting), {"rule": "R-T09", "item": item.pk, "version": version, "do": "withdraw_waiver"}, follow=True
    )
    assert "已撤回放行" in text_of(back) and not Waiver.objects.exists()


def test_without_a_rule_the_page_lists_what_can_be_let_pass(cast: Cast) -> None:
    meeting = recorded(cast)
    page = client_of(cast.user("secretary")).get(url(meeting)).content.decode()
    for rule, item in blocking(meeting):
        assert url(meeting, rule, item).replace("&", "&amp;") in page
    clean = factories.make_recorded(cast)
    assert "没有要放行的核查意见" in text_of(client_of(cast.user("secretary")).get(url(clean)))


def test_others_read_why_they_may_not_and_none_of_the_findings(cast: Cast) -> None:
    meeting = recorded(cast)
    item = meeting.items.get()
    form = {"rule": "R-T09", "item": item.pk, "version": meeting.version, "reason": REASON}
    for user in (cast.user("clerk"), cast.user("principal"), factories.make_bureau()):
        page = client_of(user).get(url(meeting, "R-T09", item))
        assert page.status_code == 200 and "放行由书记办理" in text_of(page) and "会前沟通" not in text_of(page)
        refused = client_of(user).post(url(meeting), form)
        assert refused.status_code == 409 and "放行由书记办理" in text_of(refused)
    stranger = factories.make_cast("FH002").user("secretary")
    for user in (stranger, cast.user("team"), factories.make_office_user()):
        assert client_of(user).get(url(meeting)).status_code == 404
        assert client_of(user).post(url(meeting), form).status_code == 404
    assert not Waiver.objects.exists()


def test_a_refused_notice_brings_the_button_to_the_head(cast: Cast) -> None:
    meeting = unprepared(cast)
    call = reverse("governance:meeting-action", args=[meeting.pk, "call"])
    answer = client_of(cast.user("secretary")).post(call, {"version": meeting.version})
    summary = answer.content.decode().partition('<div class="fh-sum"')[2].partition("fh-head")[0]
    assert answer.status_code == 409 and "写明理由后放行" in summary


def test_a_signed_meeting_still_says_who_let_it_pass_and_why(cast: Cast) -> None:
    meeting = waive_all(recorded(cast), cast.user("secretary"))
    meeting = services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    preview = client_of(cast.user("clerk")).get(reverse("governance:minutes", args=[meeting.pk]))
    assert f"沈书记01放行： {REASON}" in text_of(preview)
    services.sign_meeting(meeting=factories.confirm_all(meeting), by=cast.user("secretary"), at=timezone.now())
    for user in (cast.user("secretary"), factories.make_bureau()):
        page = client_of(user).get(meeting.get_absolute_url())
        assert f"沈书记01放行： {REASON}" in text_of(page)
        assert reverse("governance:waive", args=[meeting.pk]) not in page.content.decode()


def test_the_meeting_page_costs_the_same_for_1_and_10_waivers(cast: Cast) -> None:
    counts = []
    for matters in (("P16",), ("P16",) * 10):
        meeting = waive_all(recorded(cast, matters=matters), cast.user("secretary"))
        client = client_of(cast.user("secretary"))
        client.get(meeting.get_absolute_url())
        with CaptureQueriesContext(connection) as counted:
            assert client.get(meeting.get_absolute_url()).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]


# ---- the supervision list ----


def rows_of(answer: Any) -> str:
    return text_of(answer).partition("放行，最近的在前")[2]


def test_the_bureau_sees_all_waivers_and_heads_see_their_own(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    for school in (cast, other):
        waive_all(recorded(school), school.user("secretary"))
    address = reverse("governance:waivers")
    for post in (Post.ORGANISER, Post.SUPERVISOR):
        listed = rows_of(client_of(factories.make_bureau(post)).get(address))
        assert cast.school.short_name in listed and other.school.short_name in listed and REASON in listed
    for role in ("secretary", "principal"):
        listed = rows_of(client_of(cast.user(role)).get(address))
        assert "沈书记01" in listed and "沈书记02" not in listed
    for user in (
        factories.make_office_user(), factories.make_bureau(Post.LEADER), factories.make_bureau(Post.AUDITOR),
        cast.user("clerk"), cast.user("deputy"), cast.user("team"),
    ):  # fmt: skip
        client = client_of(user)
        assert client.get(address).status_code == 404, user.username
        assert client.get(reverse("governance:waivers-export", args=["csv"])).status_code == 404


def test_the_list_is_narrowed_by_school_rule_body_and_days(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    waive_all(recorded(cast), cast.user("secretary"))
    meeting = factories.make_recorded(other, Body.PRINCIPAL, matters=("A11",))
    Meeting.objects.filter(pk=meeting.pk).update(chair=other.people["team"].pk)
    waive(meeting, "R-C03", other.user("principal"))
    client = client_of(factories.make_bureau())
    address, today = reverse("governance:waivers"), timezone.localdate()

    def listed(query: str) -> set[str]:
        found = rows_of(client.get(address + query))
        return {name for name in ("沈书记01", "林校长02") if name in found}

    both = {"沈书记01", "林校长02"}
    assert listed("") == both
    assert listed("?school=FH001") == {"沈书记01"}
    assert listed("?rule=R-C03") == {"林校长02"}
    assert listed("?body=party") == {"沈书记01"}
    assert listed(f"?since={today}&until={today}") == both
    assert listed(f"?since={today + timedelta(days=1)}") == set()
    assert listed(f"?until={today - timedelta(days=1)}") == set()
    for nonsense in ("school=FH999", "rule=R-Q01", "rule='", "body=x", "since=2026-13-40", "until=x", "cursor=abc"):
        assert listed(f"?{nonsense}") == both, nonsense


def test_the_list_is_taken_away_within_sight_and_that_is_recorded(cast: Cast) -> None:
    for school in (cast, factories.make_cast("FH002")):
        waive_all(recorded(school), school.user("secretary"))
    client = client_of(cast.user("secretary"))
    content = client.get(reverse("governance:waivers-export", args=["csv"]) + "?rule=R-T09").content.decode("utf-8-sig")
    assert "FH001" in content and "FH002" not in content and REASON in content
    taken = Event.objects.get(kind="governance.waivers.exported")
    assert (taken.data["rows"], taken.data["filters"]) == (1, {"rule": "R-T09"})
    assert client.get(reverse("governance:waivers-export", args=["exe"])).status_code == 404


def test_the_list_costs_the_same_for_1_and_30_rows_and_is_read_in_pages(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = factories.make_bureau()
    waive_all(recorded(cast), cast.user("secretary"))
    Waiver.objects.exclude(pk=Waiver.objects.values_list("pk", flat=True)[0]).delete()

    def queries() -> int:
        client = client_of(user)
        client.get(reverse("governance:waivers"))
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("governance:waivers"))
        return len(counted)

    one = queries()
    for _ in range(10):
        waive_all(recorded(cast), cast.user("secretary"))
    assert Waiver.objects.count() >= 20
    assert queries() == one <= 8
    monkeypatch.setattr("governance.ledgers.SIZE", 7)
    address, seen = reverse("governance:waivers") + "?body=party", 0
    while address:
        html = client_of(user).get(address).content.decode()
        seen += html.count(REASON)
        found = re.search(r'rel="next" href="(\?[^"]+)"', html)
        address = reverse("governance:waivers") + found[1].replace("&amp;", "&") if found else ""
    assert seen == Waiver.objects.count()


def test_the_desk_of_the_bureau_leads_to_the_waivers_of_30_days_for_who_may_see_them(cast: Cast) -> None:
    way = f"{reverse('governance:waivers')}?since={timezone.localdate() - timedelta(days=30)}"
    for post in (Post.ORGANISER, Post.SUPERVISOR):
        assert way in client_of(factories.make_bureau(post)).get(reverse("reports:home")).content.decode()
    for user in (factories.make_bureau(Post.LEADER), factories.make_office_user()):
        assert way not in client_of(user).get(reverse("reports:home")).content.decode()


# ---- the API ----


def test_by_api_the_action_is_listed_for_the_head_while_there_is_something(cast: Cast) -> None:
    draft, held, clean = unprepared(cast), recorded(cast), factories.make_recorded(cast)
    secretary = person(cast.user("secretary"))
    for meeting in (draft, held):
        assert "waive_rule" in secretary.get(f"governance/meetings/{meeting.pk}/").json()["actions"]
        for role in ("principal", "clerk"):
            other = person(cast.user(role)).get(f"governance/meetings/{meeting.pk}/").json()["actions"]
            assert not {"waive_rule", "withdraw_waiver"} & set(other)
    assert "waive_rule" not in secretary.get(f"governance/meetings/{clean.pk}/").json()["actions"]


def test_by_api_a_rule_is_let_pass_and_taken_back(cast: Cast) -> None:
    meeting = recorded(cast)
    item = meeting.items.get()
    path = f"governance/meetings/{meeting.pk}/"
    secretary = person(cast.user("secretary"))
    given = {"rule": "R-T09", "item": str(item.pk), "reason": REASON}
    assert person(cast.user("clerk")).post(path + "actions/waive_rule/", given).status_code == 403
    stranger = factories.make_cast("FH002").user("secretary")
    assert person(stranger).post(path + "actions/waive_rule/", given).status_code == 404
    stale = secretary.post(path + "actions/waive_rule/", given, **{"If-Match": f'"{meeting.pk.hex}-1"'})
    assert stale.status_code == 412
    etag = secretary.get(path)["ETag"]
    answer = secretary.post(path + "actions/waive_rule/", given, **{"If-Match": etag, "Idempotency-Key": "w1"})
    assert answer.status_code == 200, answer.content
    again = secretary.post(path + "actions/waive_rule/", given, **{"Idempotency-Key": "w1"})
    assert again["Idempotent-Replayed"] == "true" and Waiver.objects.count() == 1
    results = {r["rule"]: r for r in answer.json()["results"] if r["subject"] == f"items/{item.pk}"}
    assert results["R-T09"]["outcome"] == "waived" and "withdraw_waiver" in answer.json()["actions"]
    back = secretary.post(path + "actions/withdraw_waiver/", {"rule": "R-T09", "item": str(item.pk)})
    results = {r["rule"]: r for r in back.json()["results"] if r["subject"] == f"items/{item.pk}"}
    assert results["R-T09"]["outcome"] == "fail" and "withdraw_waiver" not in back.json()["actions"]


def test_by_api_faults_are_named_and_refusals_are_409(cast: Cast) -> None:
    meeting = recorded(cast)
    secretary = person(cast.user("secretary"))
    path = f"governance/meetings/{meeting.pk}/actions/waive_rule/"
    for body, place in (
        ({"rule": 1, "reason": REASON}, "rule"),
        ({"rule": "R-T09", "item": "x", "reason": REASON}, "item"),
        ({"rule": "R-T09", "item": 7, "reason": REASON}, "item"),
        ({"rule": "R-T09", "reason": "急"}, "reason"),
        ({"rule": "R-T09"}, "reason"),
        ({"rule": "R-X01", "reason": REASON}, "rule"),
        ({"rule": "R-T09", "reason": REASON, "colour": "red"}, "colour"),
    ):
        answer = secretary.post(path, body)
        assert answer.status_code == 400, body
        assert [fault["path"] for fault in answer.json()["errors"]] == [place]
    refused = secretary.post(path, {"rule": "R-Q01", "item": None, "reason": REASON})
    assert refused.status_code == 409 and "法定要件" in refused.json()["detail"]


def test_the_answer_costs_the_same_for_1_and_10_items(cast: Cast) -> None:
    counts = []
    api = person(cast.user("secretary"))
    for matters in (("P16",), ("P16",) * 10):
        meeting = waive_all(recorded(cast, matters=matters), cast.user("secretary"))
        api.get(f"governance/meetings/{meeting.pk}/")
        with CaptureQueriesContext(connection) as counted:
            assert api.get(f"governance/meetings/{meeting.pk}/").status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]
