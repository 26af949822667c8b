"""书记校长沟通: light to record, kept by 书记、校长、党政办, asked by the rules, closed with the signature of a meeting."""

import json
import re
from datetime import date, timedelta
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
from governance.models import AgendaItem, Meeting, Talk, TalkItem
from governance.rules.findings import Outcome
from governance.selectors import for_record, judge_meeting
from governance.services import TalkInput
from schools.models import School
from schools.permissions import Post
from tests import factories
from tests.factories import Cast
from tests.integration.test_api import closed, machine, person, resolve

pytestmark = pytest.mark.django_db
TOPIC = "中层干部选任方案"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


def today() -> date:
    return timezone.localdate()


def given(*items: AgendaItem, **values: Any) -> TalkInput:
    """A talk as typed; `values` override."""
    typed: dict[str, Any] = {"held_on": today(), "topics": TOPIC, "items": tuple(item.pk for item in items)}
    return TalkInput(**(typed | values))


def make_talk(cast: Cast, *items: AgendaItem, by: str = "secretary", **values: Any) -> Talk:
    return services.record_talk(school=cast.school, talk=given(*items, **values), by=cast.user(by), at=timezone.now())


def edit(talk: Talk, new: TalkInput, user: User, version: int | None = None) -> Talk:
    return services.edit_talk(talk=talk, new=new, version=version, by=user, at=timezone.now())


def delete(talk: Talk, user: User, version: int | None = None) -> None:
    services.delete_talk(talk=talk, version=version, by=user, at=timezone.now())


def important(cast: Cast) -> Meeting:
    """A draft whose item asks for a talk (R-T09)."""
    return factories.make_meeting(cast, matters=("P16",))


def outcome_of(meeting: Meeting, rule: str) -> str:
    found = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    return next(r.outcome for r in judge_meeting(found, only=(rule,)) if r.rule == rule)


def signed_with_talk(cast: Cast) -> Talk:
    """A talk about the item of a meeting that was signed afterwards."""
    meeting = factories.make_held(cast)
    talk = make_talk(cast, meeting.items.get())
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=today() + timedelta(days=9))
    meeting = services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=timezone.now())
    meeting = services.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    services.sign_meeting(meeting=factories.confirm_all(meeting), by=cast.user("secretary"), at=timezone.now())
    return talk


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


LIST = "/governance/talks/"


# ---- services ----


def test_date_and_topic_are_all_that_is_asked(cast: Cast) -> None:
    for role in ("secretary", "principal", "clerk"):
        talk = make_talk(cast, by=role)
        assert (talk.topics, talk.result, talk.note, talk.items.count()) == (TOPIC, "", "", 0)
        assert talk.recorded_by == cast.user(role)
    fact = Event.objects.filter(kind="governance.talk.recorded").latest("seq")
    assert fact.school_id == cast.school.pk and fact.data["held_on"] == str(today())


def test_other_posts_and_other_schools_do_not_record(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    users = [cast.user(role) for role in ("deputy", "member", "team")]
    for user in (*users, other.user("secretary"), factories.make_bureau(), factories.make_office_user()):
        with pytest.raises(NotAllowed, match="由书记、校长登记，党政办可以代为录入"):
            services.record_talk(school=cast.school, talk=given(), by=user, at=timezone.now())
    talk = make_talk(cast)
    for user in (*users, other.user("secretary"), factories.make_bureau(Post.SUPERVISOR)):
        with pytest.raises(NotAllowed):
            edit(talk, given(topics="改一个主题"), user)
        with pytest.raises(NotAllowed):
            delete(talk, user)
    assert Talk.objects.get().topics == TOPIC


def test_where_one_person_holds_both_posts_nothing_is_to_be_recorded() -> None:
    cast = factories.make_cast("FH009", leadership_mode="combined")
    for role in ("secretary", "clerk"):
        with pytest.raises(WrongState, match="书记、校长由一人担任，不须登记沟通"):
            make_talk(cast, by=role)
    page = client_of(cast.user("secretary")).get(LIST)
    assert "书记、校长由一人担任，不须登记沟通" in text_of(page) and 'name="topics"' not in page.content.decode()
    refused = client_of(cast.user("clerk")).post(LIST, {"held_on": today(), "topics": TOPIC})
    assert refused.status_code == 409 and "不须登记沟通" in text_of(refused)
    assert not Talk.objects.exists()


def test_faults_are_all_named_at_once(cast: Cast) -> None:
    wrong = given(held_on=today() + timedelta(days=1), topics=" 一 ", result="maybe", note="长" * 501)
    with pytest.raises(InvalidInput) as refused:
        services.record_talk(school=cast.school, talk=wrong, by=cast.user("clerk"), at=timezone.now())
    assert [fault.path for fault in refused.value.faults] == ["held_on", "topics", "result", "note"]
    for values in ({"topics": "长" * 301}, {"held_on": date(1999, 12, 31)}):
        with pytest.raises(InvalidInput):
            make_talk(cast, **values)
    make_talk(cast, topics="两字", held_on=today())


def test_items_are_those_of_the_schools_meetings_that_are_not_signed_yet(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    draft, signed = factories.make_meeting(cast), factories.make_signed(cast)
    foreign = factories.make_meeting(other)
    gone = services.cancel_meeting(
        meeting=factories.make_meeting(cast), reason="改期另行安排", by=cast.user("secretary"), at=timezone.now()
    )
    for meeting in (signed, foreign, gone):
        with pytest.raises(InvalidInput, match="从本校还没签发的会议里选议题"):
            make_talk(cast, meeting.items.get())
    talk = make_talk(cast, draft.items.get(), draft.items.get())
    assert list(talk.items.all()) == [draft.items.get()]


def test_an_agreed_talk_is_what_the_rule_asks_for(cast: Cast) -> None:
    meeting = important(cast)
    item = meeting.items.get()
    assert outcome_of(meeting, "R-T09") == Outcome.FAIL
    make_talk(cast, item, result="agreed", held_on=today() + timedelta(days=-1))
    assert outcome_of(meeting, "R-T09") == Outcome.PASS
    later = make_talk(cast, item, result="disagreed", held_on=today())
    assert outcome_of(meeting, "R-T10") == Outcome.FAIL
    delete(later, cast.user("principal"))
    assert outcome_of(meeting, "R-T10") == Outcome.PASS


def test_a_talk_counts_the_findings_of_a_held_meeting_anew_and_leaves_its_version(cast: Cast) -> None:
    at = timezone.now()
    meeting = services.confirm_agenda(meeting=important(cast), by=cast.user("secretary"), at=at)
    meeting = services.hold_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    new = factories.full_record(meeting, cast.people["principal"].pk, due_on=today() + timedelta(days=9))
    meeting = services.save_record(meeting=meeting, new=new, version=None, by=cast.user("clerk"), at=at)
    etag = person(cast.user("clerk")).get(f"governance/meetings/{meeting.pk}/")["ETag"]
    talk = make_talk(cast, meeting.items.get(), result="agreed")
    after = Meeting.objects.get(pk=meeting.pk)
    assert after.findings_block == meeting.findings_block - 1 and after.version == meeting.version
    answer = person(cast.user("clerk")).get(f"governance/meetings/{meeting.pk}/", **{"If-None-Match": etag})
    assert answer.status_code == 200, "what the answer says has changed"
    edit(talk, given(result="agreed"), cast.user("clerk"))
    assert Meeting.objects.get(pk=meeting.pk).findings_block == meeting.findings_block, "no longer about that item"


def test_a_talk_is_corrected_and_a_stale_version_told_what_differs(cast: Cast) -> None:
    item = factories.make_meeting(cast).items.get()
    talk = make_talk(cast, result="disagreed")
    changed = edit(talk, given(item, result="agreed", topics="另一个主题"), cast.user("clerk"), version=talk.version)
    assert (changed.topics, changed.result, changed.items.get()) == ("另一个主题", "agreed", item)
    assert changed.version == talk.version + 1
    with pytest.raises(Stale) as late:
        edit(talk, given(result="mostly_agreed"), cast.user("principal"), version=talk.version)
    assert [(d.label, d.theirs, d.yours) for d in late.value.differences] == [
        ("沟通主题", "另一个主题", TOPIC),
        ("结果", "一致", "基本一致"),
        ("涉及议题", "1 项", "0 项"),
    ]
    with pytest.raises(Stale):
        delete(talk, cast.user("principal"), version=talk.version)
    delete(talk, cast.user("principal"), version=changed.version)
    assert not Talk.objects.exists() and not TalkItem.objects.exists()
    assert Talk.with_deleted.get().deleted_at is not None
    for act in (lambda: edit(talk, given(), cast.user("clerk")), lambda: delete(talk, cast.user("clerk"))):
        with pytest.raises(WrongState, match="已经删去"):
            act()
    kinds = Event.objects.filter(subject=f"governance.talk:{talk.pk}").order_by("seq").values_list("kind", flat=True)
    assert [kind.rpartition(".")[2] for kind in kinds] == ["recorded", "edited", "deleted"]


def test_a_talk_in_the_record_of_a_signed_meeting_is_closed(cast: Cast) -> None:
    talk = signed_with_talk(cast)
    for act in (lambda: edit(talk, given(topics="改"), cast.user("clerk")), lambda: delete(talk, cast.user("clerk"))):
        with pytest.raises(WrongState, match="纪要已经签发"):
            act()
    page = client_of(cast.user("secretary")).get(talk.get_absolute_url())
    assert "随纪要封存" in text_of(page) and 'name="topics"' not in page.content.decode()
    assert "删去" not in text_of(page)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE governance_talk SET topics = 'x'",
        "UPDATE governance_talk SET held_on = '2020-01-01'",
        "DELETE FROM governance_talk",
        "DELETE FROM governance_talkitem",
    ],
)
def test_the_database_keeps_it_closed_too(cast: Cast, sql: str) -> None:
    talk = signed_with_talk(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Talk.objects.get(pk=talk.pk).topics == TOPIC


def test_the_database_lets_open_talks_change_and_asks_for_topics(cast: Cast) -> None:
    talk = make_talk(cast, factories.make_meeting(cast).items.get())
    Talk.objects.update(note="说明")
    with pytest.raises(IntegrityError), transaction.atomic():
        Talk.objects.filter(pk=talk.pk).update(topics="")


# ---- pages ----


def test_the_quick_form_goes_through_the_page_to_the_row(cast: Cast) -> None:
    meeting = important(cast)
    item = meeting.items.get()
    client = client_of(cast.user("clerk"))
    page = client.get(LIST)
    assert f'value="{today()}"' in page.content.decode(), "today is filled in"
    assert "（P16，须会前沟通）" in text_of(page) and "还没有登记沟通" in text_of(page)
    form = {"held_on": today(), "topics": TOPIC, "result": "agreed", "items": [str(item.pk)], "note": ""}
    answer = client.post(LIST, form, follow=True)
    assert "已登记" in text_of(answer) and TOPIC in text_of(answer)
    talk = Talk.objects.get()
    assert (talk.school, talk.result, talk.items.get()) == (cast.school, "agreed", item)
    assert "一致" in text_of(answer) and item.title in text_of(answer)
    bare = client.post(LIST, {"held_on": today(), "topics": "年度预算"})
    assert bare.status_code == 302 and Talk.objects.count() == 2


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost(cast: Cast) -> None:
    item = factories.make_meeting(cast).items.get()
    client = client_of(cast.user("secretary"))
    form = {"held_on": today() + timedelta(days=2), "topics": TOPIC, "result": "disagreed", "items": [str(item.pk)]}
    answer = client.post(LIST, form)
    html = answer.content.decode()
    assert answer.status_code == 422 and "或之前的日子" in html and f'value="{TOPIC}"' in html
    assert re.search(r'value="disagreed"[^>]* checked', html) and re.search(rf'value="{item.pk}"[^>]* checked', html)
    assert "写明沟通了什么" in text_of(client.post(LIST, {"held_on": today(), "topics": ""}))
    assert not Talk.objects.exists()


def test_from_an_item_the_form_comes_with_that_item_and_leads_back(cast: Cast) -> None:
    meeting = important(cast)
    item, back = meeting.items.get(), meeting.get_absolute_url()
    client = client_of(cast.user("principal"))
    html = client.get(f"{LIST}?item={item.pk}&next={back}").content.decode()
    assert re.search(rf'value="{item.pk}"[^>]* checked', html) and f'value="{item.title}"' in html
    answer = client.post(
        LIST, {"held_on": today(), "topics": TOPIC, "items": [str(item.pk)], "next": back, "school": "FH001"}
    )
    assert answer.headers["Location"] == back
    outside = client.post(LIST, {"held_on": today(), "topics": TOPIC, "next": "https://example.com/"})
    assert outside.headers["Location"] == LIST
    foreign = factories.make_meeting(factories.make_cast("FH002")).items.get()
    for strange in (foreign.pk, "no-such-item", factories.make_signed(cast).items.get().pk):
        page = client.get(f"{LIST}?item={strange}")
        assert page.status_code == 200 and str(strange) not in page.content.decode().partition("<main")[2]


def test_who_sees_meetings_as_a_whole_reads_talks_and_nobody_else(cast: Cast) -> None:
    talk = make_talk(cast)
    other = factories.make_cast("FH002")
    for role in ("secretary", "principal", "clerk"):
        assert TOPIC in text_of(client_of(cast.user(role)).get(LIST))
        assert client_of(cast.user(role)).get(talk.get_absolute_url()).status_code == 200
    for post in (Post.ORGANISER, Post.SUPERVISOR, Post.LEADER):
        bureau = client_of(factories.make_bureau(post))
        html = bureau.get(LIST)
        assert TOPIC in text_of(html) and cast.school.short_name in text_of(html)
        page = bureau.get(talk.get_absolute_url())
        assert page.status_code == 200 and 'name="topics"' not in page.content.decode() + html.content.decode()
        assert bureau.post(LIST, {"held_on": today(), "topics": TOPIC}).status_code == 404
        refused = bureau.post(
            talk.get_absolute_url(), {"held_on": today(), "topics": "改一改", "version": talk.version}
        )
        assert refused.status_code == 409 and "由书记、校长登记" in text_of(refused)
    for user in (
        cast.user("deputy"),
        cast.user("team"),
        factories.make_office_user(),
        factories.make_bureau(Post.AUDITOR),
    ):
        assert client_of(user).get(LIST).status_code == 404, user.username
        assert client_of(user).get(talk.get_absolute_url()).status_code == 404
    stranger = client_of(other.user("secretary"))
    assert TOPIC not in text_of(stranger.get(LIST))
    for data in ({}, {"do": "delete", "version": talk.version}):
        assert stranger.get(talk.get_absolute_url()).status_code == 404
        assert stranger.post(talk.get_absolute_url(), data).status_code == 404
    assert Talk.objects.get().topics == TOPIC


def test_one_talk_is_corrected_and_deleted_on_its_page(cast: Cast) -> None:
    talk = make_talk(cast, result="disagreed")
    client, url = client_of(cast.user("secretary")), talk.get_absolute_url()
    form = {"held_on": today(), "topics": "换一个主题", "result": "", "version": talk.version}
    assert client.post(url, form).status_code == 302
    assert (Talk.objects.get().topics, Talk.objects.get().result) == ("换一个主题", "")
    late = client.post(url, form | {"topics": "第三个主题"})
    html = late.content.decode()
    assert late.status_code == 409 and "换一个主题" in html and 'value="第三个主题"' in html
    current = Talk.objects.get().version
    assert f'name="version" value="{current}"' in html
    assert client.post(url, {"do": "delete", "version": talk.version}).status_code == 409
    assert client.post(url, form | {"topics": "", "version": current}).status_code == 422
    done = client.post(url, {"do": "delete", "version": current}, follow=True)
    assert "沟通记录已删去" in text_of(done) and not Talk.objects.exists()
    assert client.get(url).status_code == 404


def test_the_list_is_narrowed_paged_and_taken_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    other = factories.make_cast("FH002")
    make_talk(cast, topics="本校甲", result="agreed", held_on=today() - timedelta(days=40))
    make_talk(cast, topics="本校乙", result="disagreed")
    make_talk(other, topics="=1+1外校丙")
    bureau = client_of(factories.make_bureau())

    def listed(query: str, client: Client = bureau) -> set[str]:
        found = text_of(client.get(LIST + query)).partition("最近的在前")[2]
        return {name for name in ("本校甲", "本校乙", "外校丙") if name in found}

    assert listed("") == {"本校甲", "本校乙", "外校丙"}
    assert listed("?school=FH001&result=agreed") == {"本校甲"}
    assert listed(f"?since={today() - timedelta(days=3)}") == {"本校乙", "外校丙"}
    assert listed(f"?until={today() - timedelta(days=3)}") == {"本校甲"}
    assert listed("?result=x&since=y&cursor=z") == {"本校甲", "本校乙", "外校丙"}
    assert listed("", client_of(cast.user("clerk"))) == {"本校甲", "本校乙"}
    content = bureau.get("/governance/talks/export.csv?school=FH002").content.decode("utf-8-sig")
    assert "'=1+1外校丙" in content and "本校甲" not in content
    assert Event.objects.get(kind="governance.talks.exported").data["rows"] == 1
    assert bureau.get("/governance/talks/export.exe").status_code == 404
    monkeypatch.setattr("governance.ledgers.SIZE", 1)
    html, seen = bureau.get(LIST).content.decode(), []
    while True:
        seen += [name for name in ("本校甲", "本校乙", "外校丙") if name in html]
        found = re.search(r'rel="next" href="(\?[^"]+)"', html)
        if not found:
            break
        html = bureau.get(LIST + found[1].replace("&amp;", "&")).content.decode()
    assert len(seen) == 3 and seen[-1] == "本校甲"


def test_the_list_costs_the_same_for_1_and_30_rows(cast: Cast) -> None:
    users = [cast.user("clerk"), factories.make_bureau()]

    def queries() -> list[int]:
        counts = []
        for user in users:
            client = client_of(user)
            client.get(LIST)
            with CaptureQueriesContext(connection) as counted:
                client.get(LIST)
            counts.append(len(counted))
        return counts

    meeting = factories.make_meeting(cast)
    make_talk(cast, meeting.items.get())
    one = queries()
    for _ in range(29):
        make_talk(cast, meeting.items.get())
    assert queries() == one and max(one) <= 10


# ---- API ----


def test_talks_are_read_as_the_contract_says(cast: Cast) -> None:
    item = factories.make_meeting(cast).items.get()
    talk = make_talk(cast, item, result="agreed")
    make_talk(factories.make_cast("FH002"))
    api = machine("governance:read", schools=("FH001",))
    rows = api.get("governance/talks/").json()["results"]
    assert [row["id"] for row in rows] == [str(talk.pk)]
    body = api.get(f"governance/talks/{talk.pk}/").json()
    assert body == rows[0]
    assert (body["school"], body["held_on"], body["topics"], body["result"]) == ("FH001", str(today()), TOPIC, "agreed")
    assert body["items"] == [{"id": str(item.pk), "meeting": str(item.meeting_id), "order": 1, "title": item.title}]
    assert body["recorded_by"] == "沈书记01" and body["sealed"] is False
    for query, count in (
        ("school=FH001", 1), ("school=FH009", 0), ("result=disagreed", 0), (f"held_since={today()}", 1),
        (f"held_before={today()}", 0), (f"item={item.pk}", 1), ("ordering=-held_on", 1),
    ):  # fmt: skip
        assert len(api.get(f"governance/talks/?{query}").json()["results"]) == count, query
    for query in ("result=maybe", "held_since=x", "item=x", "colour=red"):
        assert api.get(f"governance/talks/?{query}").status_code == 400, query
    assert machine("schools:read").get("governance/talks/").status_code == 403
    document = json.loads(Client().get("/api/v1/schema/?format=json").content)
    from jsonschema import Draft202012Validator

    for path, answer in (("/api/v1/governance/talks/", {"results": rows, "next": None, "previous": None}),
                         ("/api/v1/governance/talks/{id}/", body)):  # fmt: skip
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(closed(resolve(schema, document))).validate(answer)


def test_a_talk_is_made_changed_and_deleted_by_api(cast: Cast) -> None:
    item = factories.make_meeting(cast).items.get()
    api = person(cast.user("clerk"))
    body = {"school": "FH001", "held_on": str(today()), "topics": TOPIC}
    made = api.post("governance/talks/", body, **{"Idempotency-Key": "t1"})
    assert made.status_code == 201 and made.json()["result"] is None
    again = api.post("governance/talks/", body, **{"Idempotency-Key": "t1"})
    assert again.content == made.content and again["Idempotent-Replayed"] == "true" and Talk.objects.count() == 1
    assert api.post("governance/talks/", body | {"topics": "别的"}, **{"Idempotency-Key": "t1"}).status_code == 422
    path, etag = f"/api/v1/governance/talks/{made.json()['id']}/", made["ETag"]

    def patch(values: dict[str, Any], **headers: str) -> Any:
        return api.client.patch(path, values, content_type="application/json", headers=headers)

    assert patch({"result": "agreed"}).status_code == 428
    changed = patch({"result": "agreed", "items": [str(item.pk)]}, **{"If-Match": etag})
    assert changed.status_code == 200 and changed.json()["result"] == "agreed"
    assert changed.json()["topics"] == TOPIC, "what is not given stays"
    assert [row["id"] for row in changed.json()["items"]] == [str(item.pk)]
    assert patch({"result": None}, **{"If-Match": etag}).status_code == 412
    assert patch({"result": None}, **{"If-Match": changed["ETag"]}).json()["result"] is None
    assert api.client.delete(path).status_code == 428
    assert api.client.delete(path, headers={"If-Match": etag}).status_code == 412
    assert Talk.objects.count() == 1
    fresh = api.get(f"governance/talks/{made.json()['id']}/")["ETag"]
    assert api.client.delete(path, headers={"If-Match": fresh}).status_code == 204
    assert api.client.get(path).status_code == 404
    assert api.get("governance/talks/").json()["results"] == []
    tombstone = api.get("governance/talks/?include_deleted=true").json()["results"]
    assert [(row["id"], row["deleted"]) for row in tombstone] == [(made.json()["id"], True)]
    assert set(tombstone[0]) == {"id", "deleted", "updated_at"}
    assert api.client.put(path, body, content_type="application/json").status_code == 405


def test_by_api_faults_are_named_and_others_refused(cast: Cast) -> None:
    other = factories.make_cast("FH002")
    api, body = person(cast.user("clerk")), {"school": "FH001", "held_on": str(today()), "topics": TOPIC}
    foreign = factories.make_meeting(other).items.get()
    for values, place in (
        ({"school": "FH002"}, "school"), ({"school": "FH999"}, "school"), ({"school": None}, "school"),
        ({"held_on": "2026-13-01"}, "held_on"), ({"held_on": str(today() + timedelta(days=1))}, "held_on"),
        ({"topics": "一"}, "topics"), ({"topics": 5}, "topics"), ({"topics": "长" * 301}, "topics"),
        ({"result": "maybe"}, "result"), ({"items": "x"}, "items"), ({"items": ["x"]}, "items"),
        ({"items": [str(foreign.pk)]}, "items"), ({"note": "\x00"}, "note"), ({"colour": "red"}, "colour"),
    ):  # fmt: skip
        answer = api.post("governance/talks/", body | values)
        assert answer.status_code == 400, values
        assert [fault["path"] for fault in answer.json()["errors"]] == [place], values
    assert person(cast.user("member")).post("governance/talks/", body).status_code == 403
    assert person(factories.make_bureau()).post("governance/talks/", body).status_code == 403
    client = machine("governance:read", "governance:write")
    assert client.post("governance/talks/", body).status_code == 403, "a client holds no post"
    assert machine("governance:read").post("governance/talks/", body).status_code == 403
    School.objects.filter(pk=cast.school.pk).update(leadership_mode="combined")
    combined = api.post("governance/talks/", body)
    assert combined.status_code == 409 and "一人担任" in combined.json()["detail"]
    assert not Talk.objects.exists()


def test_by_api_strangers_get_404_and_closed_talks_409(cast: Cast) -> None:
    talk = signed_with_talk(cast)
    path = f"/api/v1/governance/talks/{talk.pk}/"
    clerk = person(cast.user("clerk"))
    assert clerk.client.get(path).json()["sealed"] is True
    stranger = person(factories.make_cast("FH002").user("secretary")).client
    bureau = person(factories.make_bureau()).client
    for client, expected in ((clerk.client, 409), (stranger, 404), (bureau, 403)):
        headers = {"If-Match": talk.etag}
        for answer in (
            client.patch(path, {"topics": "改一改"}, content_type="application/json", headers=headers),
            client.delete(path, headers=headers),
        ):
            assert answer.status_code == expected
    assert Talk.objects.get(pk=talk.pk).topics == TOPIC


def test_the_api_list_costs_the_same_for_1_and_30_rows(cast: Cast, django_assert_max_num_queries: Any) -> None:
    api = person(cast.user("clerk"))
    item = factories.make_meeting(cast).items.get()
    make_talk(cast, item)
    api.get("governance/talks/")
    with django_assert_max_num_queries(8) as one:
        api.get("governance/talks/")
    for _ in range(29):
        make_talk(cast, item)
    with django_assert_max_num_queries(8) as many:
        api.get("governance/talks/")
    assert len(one.captured_queries) == len(many.captured_queries)


def test_a_finding_that_asks_for_a_talk_leads_to_the_form_and_back_to_the_preparation(cast: Cast) -> None:
    meeting = important(cast)
    item = meeting.items.get()
    way = f"{LIST}?item={item.pk}"
    for role in ("secretary", "principal", "clerk"):
        assert way in client_of(cast.user(role)).get(meeting.get_absolute_url()).content.decode()
    for user in (cast.user("deputy"), factories.make_bureau()):
        assert way not in client_of(user).get(meeting.get_absolute_url()).content.decode()
    html = client_of(cast.user("clerk")).get(way).content.decode()
    back = reverse("governance:preparation", args=[meeting.pk, item.pk])
    assert f'name="next" value="{back}"' in html


def test_the_page_of_a_talk_costs_the_same_for_1_and_10_items(cast: Cast) -> None:
    client, counts = client_of(cast.user("clerk")), []
    for matters in (("P16",), ("P16",) * 10):
        talk = make_talk(cast, *factories.make_meeting(cast, matters=matters).items.all())
        client.get(talk.get_absolute_url())
        with CaptureQueriesContext(connection) as counted:
            assert client.get(talk.get_absolute_url()).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[1]
