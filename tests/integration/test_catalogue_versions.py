"""Versions of the catalogue: drafted, edited, compared, issued; what an issued one leaves as it was, and what it changes."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import at_hour, local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services as meetings
from governance import shown
from governance.models import Catalogue, Decision, Issue, Matter, Meeting, ReplayFlip, RuleResult
from governance.models.catalogue import in_force
from governance.reference import reference_of, reference_on
from governance.services import catalogue as services
from governance.services import replay as replay_services
from governance.services.catalogue import IssueInput, NotReplayed, NotYetWhole
from governance.services.reference import load_catalogue
from governance.tasks import replay
from governance.versions import differences, entries_of, entry_of, issued_versions
from notifications.models import Message
from notifications.services import dispatch_batch
from schools.permissions import Body, Post
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
DELIVERED = "2026-11-22"
STATUS = "参考目录(重建稿)，以区局正式文本为准"
ORIGIN = "据区教育局2027年1号文印发"


@pytest.fixture
def cast() -> Cast:
    factories.reference()
    return factories.make_cast()


@pytest.fixture
def bureau(cast: Cast) -> User:
    return factories.make_bureau()


def begun(by: User) -> Catalogue:
    return services.start_draft(by=by, at=timezone.now())


def of(draft: Catalogue, code: str) -> Matter:
    return Matter.objects.get(catalogue=draft, code=code)


def saved(draft: Catalogue, code: str, by: User, *, version: int | None = None, **values: Any) -> Matter:
    matter = of(draft, code)
    seen = matter.version if version is None else version
    entry = replace(entry_of(matter), **values)
    return services.save_matter(matter=matter, entry=entry, version=seen, by=by, at=timezone.now())


def today() -> date:
    return local_day(timezone.now())


def said(day: date | None = None, **values: Any) -> IssueInput:
    first = IssueInput("2027-1", "奉化区中小学两会议事事项目录", day or today() + timedelta(days=30), ORIGIN)
    return replace(first, **values)


def replayed(draft: Catalogue, by: User) -> None:
    """A finished replay of the draft as it is now."""
    replay_services.start_replay(catalogue=draft, rulebook=None, by=by, at=timezone.now())
    replay()


def issued(draft: Catalogue, by: User, day: date | None = None, **values: Any) -> Catalogue:
    now = Catalogue.objects.get(pk=draft.pk)
    if now.status == Issue.DRAFT and not services.draft_faults(now, today()):
        replayed(now, by)
    return services.issue_draft(catalogue=now, said=said(day, **values), version=now.version, by=by, at=timezone.now())


def facts() -> list[str]:
    kinds = Event.objects.filter(kind__startswith="governance.catalogue.").exclude(kind="governance.catalogue.loaded")
    return list(kinds.order_by("seq").values_list("kind", flat=True))


def faults_of(error: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {fault.path: fault.reason for fault in error.value.faults}


# ---- the draft ----


def test_a_draft_is_a_copy_of_the_version_issued_last(bureau: User) -> None:
    draft = begun(bureau)
    base = Catalogue.objects.get(number=DELIVERED)
    assert (draft.status, draft.based_on, draft.effective_from, draft.issued_at) == (Issue.DRAFT, base, None, None)
    assert entries_of(draft) == entries_of(base) and len(entries_of(draft)) == 45
    assert differences(entries_of(base), entries_of(draft), draft.stages) == []
    assert of(draft, "P16").evidence == of(base, "P16").evidence and of(draft, "P16").aspect == "干部人才与教职工队伍"
    assert facts() == ["governance.catalogue.drafted"]


def test_there_is_one_draft_at_a_time(bureau: User) -> None:
    begun(bureau)
    with pytest.raises(WrongState, match="已有一份目录草案"):
        begun(bureau)
    assert Catalogue.objects.filter(status=Issue.DRAFT).count() == 1 and len(facts()) == 1


def test_only_the_organisation_section_writes_and_issues(cast: Cast, bureau: User) -> None:
    draft = begun(bureau)
    matter, at = of(draft, "P02"), timezone.now()
    others = [cast.user("secretary"), cast.user("principal"), factories.make_bureau(Post.SUPERVISOR),
              factories.make_bureau(Post.LEADER), factories.make_bureau(Post.SYSTEM_ADMIN)]  # fmt: skip
    for user in others:
        entry = replace(entry_of(matter), title="改名")
        with pytest.raises(NotAllowed):
            services.start_draft(by=user, at=at)
        with pytest.raises(NotAllowed):
            services.save_matter(matter=matter, entry=entry, version=matter.version, by=user, at=at)
        with pytest.raises(NotAllowed):
            services.issue_draft(catalogue=draft, said=said(), version=draft.version, by=user, at=at)
        with pytest.raises(NotAllowed):
            services.discard_draft(catalogue=draft, version=draft.version, by=user, at=at)
    assert facts() == ["governance.catalogue.drafted"] and of(draft, "P02").title == matter.title


def test_a_matter_is_renamed_and_rescoped_and_the_difference_says_so(bureau: User) -> None:
    draft = begun(bureau)
    before = entries_of(Catalogue.objects.get(number=DELIVERED))
    saved(draft, "P02", bureau, title="党建工作计划与总结", important=True, attendance=("two_thirds", "required"),
          prior_stages=(("cadre_consultation", "recommended"),), keywords=("党建计划",))  # fmt: skip
    (change,) = differences(before, entries_of(draft), draft.stages)
    assert change.code == "P02"
    assert {field.label: (field.before, field.after) for field in change.fields} == {
        "事项": ("党组织工作计划、总结与重要请示报告", "党建工作计划与总结"),
        "重要事项": ("否", "是"),
        "到会要求": ("半数以上", "三分之二以上（必须）"),
        "上会前环节": ("–", "干部议题在规定范围内酝酿（建议）"),
        "关键词": (
            "、".join(entry_of(Matter.objects.get(catalogue__number=DELIVERED, code="P02")).keywords),
            "党建计划",
        ),
    }
    assert reference_of(draft, None).matters["P02"].two_thirds
    event = Event.objects.get(kind="governance.catalogue.edited")
    assert event.data["matter"] == "P02" and "title" in event.data["fields"]


def test_saving_without_a_change_leaves_everything(bureau: User) -> None:
    draft = begun(bureau)
    matter = saved(draft, "P02", bureau)
    assert (matter.version, Catalogue.objects.get(pk=draft.pk).version) == (1, 1)
    assert facts() == ["governance.catalogue.drafted"]


def test_what_feeds_what_stays_the_inverse_of_what_is_fed(bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "A02", bureau, feeds=("P02", "P12"))
    assert of(draft, "P02").fed_by == ["A02"] and of(draft, "P12").fed_by == ["A02"]
    saved(draft, "P02", bureau, fed_by=("A01",))
    assert of(draft, "A02").feeds == ["P12"] and of(draft, "A01").feeds == ["P02", "P11"]
    saved(draft, "A01", bureau, feeds=())
    assert of(draft, "P02").fed_by == [] and of(draft, "P11").fed_by == []
    links = {(e.code, code) for e in entries_of(draft) for code in e.feeds}
    assert links == {(code, e.code) for e in entries_of(draft) for code in e.fed_by}


def test_a_link_changed_from_the_other_end_makes_an_open_form_stale(bureau: User) -> None:
    draft = begun(bureau)
    seen = of(draft, "P02").version
    saved(draft, "A02", bureau, feeds=("P02", "P12"))
    with pytest.raises(Stale) as stale:
        saved(draft, "P02", bureau, version=seen, title="改名")
    assert {d.label for d in stale.value.differences} == {"P02 事项"}
    assert of(draft, "P02").title == "党组织工作计划、总结与重要请示报告"


def test_a_stale_matter_is_refused_with_what_differs(bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="别人改的名")
    with pytest.raises(Stale) as stale:
        saved(draft, "P02", bureau, version=1, title="我改的名")
    (different,) = stale.value.differences
    assert (different.theirs, different.yours) == ("别人改的名", "我改的名")
    assert of(draft, "P02").title == "别人改的名"


@pytest.mark.parametrize(
    ("code", "values", "path", "words"),
    [
        ("P02", {"title": "  "}, "title", "写事项名称"),
        ("P02", {"title": "字" * 121}, "title", "120 字以内"),
        ("P02", {"scope": ""}, "scope", "写范围"),
        ("P02", {"nature": "deliberate"}, "nature", "研究讨论只用于校长办公会议"),
        ("P02", {"nature": "x"}, "nature", "从讨论决定"),
        ("A10", {"attendance": ("two_thirds", "required")}, "attendance", "校长办公会议只要求半数以上"),
        ("P02", {"attendance": ("half", "required")}, "attendance", "从半数以上"),
        ("P02", {"prior_stages": (("coffee", "required"),)}, "prior_stages", "没有环节 coffee"),
        ("P02", {"next_stages": (("disclosure", "perhaps"),)}, "next_stages", "从必须"),
        (
            "P02",
            {"prior_stages": (("disclosure", "required"), ("disclosure", "recommended"))},
            "prior_stages",
            "留一次",
        ),
        ("P02", {"fed_by": ("P03",)}, "fed_by", "P03 不是校长办公会议的事项"),
        ("P02", {"fed_by": ("A99",)}, "fed_by", "没有 A99"),
        ("P02", {"feeds": ("A01",)}, "feeds", "只有校长办公会议的事项"),
        ("A02", {"fed_by": ("P02",)}, "fed_by", "只有党组织会议的事项"),
        ("A02", {"feeds": ("A01",)}, "feeds", "A01 不是党组织会议的事项"),
        ("P02", {"keywords": ("词" * 21,)}, "keywords", "20 字以内"),
        ("P02", {"keywords": ("党建", "党建")}, "keywords", "写了两次"),
    ],
)
def test_what_a_matter_cannot_say_is_refused_at_its_field(
    bureau: User, code: str, values: dict[str, Any], path: str, words: str
) -> None:
    draft = begun(bureau)
    before = entry_of(of(draft, code))
    with pytest.raises(InvalidInput) as refused:
        saved(draft, code, bureau, **values)
    assert words in faults_of(refused)[path]
    assert entry_of(of(draft, code)) == before and facts() == ["governance.catalogue.drafted"]


def test_code_and_body_are_those_of_the_stored_matter(bureau: User) -> None:
    draft = begun(bureau)
    matter = of(draft, "P02")
    entry = replace(entry_of(matter), code="P26", body="principal", title="改名")
    services.save_matter(matter=matter, entry=entry, version=1, by=bureau, at=timezone.now())
    assert of(draft, "P02").body == Body.PARTY and Matter.objects.filter(catalogue=draft).count() == 45


def test_a_draft_is_given_up_and_the_fact_remains(bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="改名")
    now = Catalogue.objects.get(pk=draft.pk)
    with pytest.raises(Stale):
        services.discard_draft(catalogue=now, version=now.version - 1, by=bureau, at=timezone.now())
    services.discard_draft(catalogue=now, version=now.version, by=bureau, at=timezone.now())
    assert not Catalogue.objects.filter(pk=draft.pk).exists() and Matter.objects.count() == 45
    assert facts()[-1] == "governance.catalogue.discarded"
    assert begun(bureau).status == Issue.DRAFT


# ---- issuing ----


def test_issuing_says_number_day_origin_and_by_whom(bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="党建工作计划与总结")
    made = issued(draft, bureau)
    assert (made.status, made.number, made.note, made.issued_by) == (Issue.ISSUED, "2027-1", ORIGIN, bureau)
    assert made.effective_from == today() + timedelta(days=30) and made.issued_at is not None
    assert facts()[-1] == "governance.catalogue.issued"
    first, second = issued_versions()
    assert (first.catalogue, first.since, first.until) == (made, made.effective_from, None)
    assert (second.since, second.until) == (None, today() + timedelta(days=29))


@pytest.mark.parametrize(
    ("values", "path", "words"),
    [
        ({"number": ""}, "number", "版本号写"),
        ({"number": "a/b"}, "number", "版本号写"),
        ({"number": DELIVERED}, "number", "已经用过"),
        ({"number": "草案"}, "number", "已经用过"),
        ({"title": "目录"}, "title", "4 至 120"),
        ({"note": " "}, "note", "来历"),
        ({"effective_from": None}, "effective_from", "写生效日期"),
        ({"effective_from": date(2020, 1, 1)}, "effective_from", "今天"),
    ],
)
def test_issuing_without_number_day_or_origin_is_refused(
    bureau: User, values: dict[str, Any], path: str, words: str
) -> None:
    draft = begun(bureau)
    with pytest.raises(InvalidInput) as refused:
        issued(draft, bureau, **values)
    assert words in faults_of(refused)[path]
    assert Catalogue.objects.get(pk=draft.pk).status == Issue.DRAFT


def test_the_first_day_is_later_than_that_of_the_version_before(bureau: User) -> None:
    issued(begun(bureau), bureau)
    draft = begun(bureau)
    assert draft.based_on is not None and draft.based_on.number == "2027-1"
    for day in (today(), today() + timedelta(days=30)):
        with pytest.raises(InvalidInput) as refused:
            issued(draft, bureau, day, number="2027-2")
        assert "2027-1 的生效日期" in faults_of(refused)["effective_from"]
    assert issued(draft, bureau, today() + timedelta(days=31), number="2027-2").status == Issue.ISSUED


def test_who_issues_has_seen_what_is_issued(bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="刚改的名")
    with pytest.raises(Stale):
        services.issue_draft(catalogue=draft, said=said(), version=draft.version, by=bureau, at=timezone.now())
    assert Catalogue.objects.get(pk=draft.pk).status == Issue.DRAFT


def test_a_draft_is_replayed_before_it_is_issued_and_again_after_a_change(cast: Cast, bureau: User) -> None:
    factories.make_signed(cast, matters=("P02",))
    draft = begun(bureau)
    saved(draft, "P02", bureau, important=True, attendance=("two_thirds", "required"))

    def act() -> Catalogue:
        now = Catalogue.objects.get(pk=draft.pk)
        return services.issue_draft(catalogue=now, said=said(), version=now.version, by=bureau, at=timezone.now())

    with pytest.raises(NotReplayed):
        act()
    replayed(Catalogue.objects.get(pk=draft.pk), bureau)
    flips = set(ReplayFlip.objects.values_list("rule", "before_outcome", "after_outcome"))
    assert ("R-T14", "not_applicable", "pass") in flips, "an important matter comes with papers"
    saved(draft, "P02", bureau, important=False)
    with pytest.raises(NotReplayed):
        act()
    replayed(Catalogue.objects.get(pk=draft.pk), bureau)
    assert act().status == Issue.ISSUED


def test_a_draft_that_does_not_hold_together_is_not_issued(bureau: User) -> None:
    """Rows changed past the service: one end of a link, a stage nobody knows, a code that is missing."""
    draft = begun(bureau)
    Matter.objects.filter(catalogue=draft, code="P11").update(fed_by=[])
    Matter.objects.filter(catalogue=draft, code="P13").update(
        prior_stages=[{"stage": "coffee", "requirement": "required"}]
    )
    Matter.objects.filter(catalogue=draft, code="A20").delete()
    with pytest.raises(NotYetWhole) as refused:
        issued(draft, bureau)
    assert [code for code, _ in refused.value.faults] == ["P13", "A20", "A01"]
    text = str(refused.value)
    assert "写了转往 P11" in text and "没有环节 coffee" in text and "不能增减" in text
    assert Catalogue.objects.get(pk=draft.pk).status == Issue.DRAFT


def test_rules_that_cannot_judge_by_the_draft_stop_it(bureau: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.rules.reference import ReferenceFault

    def unusable(*args: Any) -> None:
        raise ReferenceFault("R-T12 names P16")

    draft = begun(bureau)
    monkeypatch.setattr(services, "reference_of", unusable)
    with pytest.raises(NotYetWhole, match="R-T12"):
        issued(draft, bureau)


def test_an_issued_version_is_edited_by_nobody(bureau: User) -> None:
    draft = begun(bureau)
    issued(draft, bureau)
    now = Catalogue.objects.get(pk=draft.pk)
    for act in (
        lambda: saved(draft, "P02", bureau, title="改名"),
        lambda: services.discard_draft(catalogue=now, version=now.version, by=bureau, at=timezone.now()),
        lambda: issued(draft, bureau, number="2027-9"),
    ):
        with pytest.raises(WrongState, match="已经发布"):
            act()


def test_the_database_keeps_issued_versions_as_they_are(bureau: User) -> None:
    made = issued(begun(bureau), bureau)
    for catalogue in (made, Catalogue.objects.get(number=DELIVERED)):
        matter = Matter.objects.get(catalogue=catalogue, code="P02")
        copy = Matter.objects.get(pk=matter.pk)
        copy._state.adding, copy.code = True, "P26"
        copy.id = draft_id = Catalogue(number="x").pk
        acts = (
            lambda c=catalogue: Catalogue.objects.filter(pk=c.pk).update(note="改了"),
            lambda c=catalogue: Catalogue.objects.filter(pk=c.pk).update(status=Issue.DRAFT, issued_at=None, issued_by=None),
            lambda c=catalogue: Catalogue.objects.filter(pk=c.pk)._raw_delete("default"),
            lambda m=matter: Matter.objects.filter(pk=m.pk).update(title="改了"),
            lambda m=matter: Matter.objects.filter(pk=m.pk)._raw_delete("default"),
            lambda m=copy: Matter.objects.bulk_create([m]),
        )  # fmt: skip
        for act in acts:
            with pytest.raises(DatabaseError, match="issued catalogue"), transaction.atomic():
                act()
        with pytest.raises(ObjectDoesNotExist):
            Matter.objects.get(pk=draft_id)
    assert Matter.objects.filter(code="P02", title="改了").count() == 0


def test_no_matter_is_moved_into_an_issued_version(bureau: User) -> None:
    made = issued(begun(bureau), bureau)
    draft = begun(bureau)
    with pytest.raises(DatabaseError, match="issued catalogue"), transaction.atomic():
        Matter.objects.filter(catalogue=draft, code="P02").update(catalogue=made, code="P26")


def test_the_delivered_file_loads_once_and_is_closed_then() -> None:
    catalogue, new = load_catalogue(at=timezone.now())
    assert new and len(catalogue.sha256) == 64 and catalogue.matters.count() == 45
    assert load_catalogue(at=timezone.now()) == (catalogue, False)


def test_those_who_make_meetings_are_told(cast: Cast, bureau: User) -> None:
    made = issued(begun(bureau), bureau)
    while dispatch_batch(at=timezone.now()):
        pass
    told = Message.objects.filter(kind="governance.catalogue.issued")
    readers = set(told.values_list("reader__username", flat=True))
    assert readers == {"secretary-FH001", "principal-FH001", "clerk-FH001"}
    assert told[0].url == reverse("governance:catalogue-differences", args=[made.pk])
    assert str(made.effective_from) in told[0].title


# ---- what follows ----


def agenda_on(day: date) -> meetings.AgendaInput:
    at = datetime.combine(day, time(14), tzinfo=timezone.get_current_timezone())
    return meetings.AgendaInput(scheduled_at=at, place="会议室", items=(meetings.ItemInput("议题", matter="P02"),))


def made_on(cast: Cast, day: date) -> Meeting:
    return meetings.create_meeting(
        school=cast.school, body=Body.PARTY, agenda=agenda_on(day), by=cast.user("clerk"), at=timezone.now()
    )


def test_meetings_from_its_first_day_on_take_the_new_version_and_earlier_ones_keep_theirs(
    cast: Cast, bureau: User
) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="党建工作计划与总结", attendance=("two_thirds", "required"))
    day = today() + timedelta(days=30)
    made = issued(draft, bureau, day)
    before, after = made_on(cast, day - timedelta(days=1)), made_on(cast, day)
    assert (in_force(day - timedelta(days=1)).number, in_force(day)) == (DELIVERED, made)
    assert before.catalogue is not None and before.catalogue.number == DELIVERED and after.catalogue == made
    assert before.items.get().matter == Matter.objects.get(catalogue__number=DELIVERED, code="P02")
    assert after.items.get().matter == of(made, "P02")
    old, new = (reference_on(m.scheduled_at.date(), school_id=cast.school.pk, body=m.body) for m in (before, after))
    assert (old.catalogue_version, new.catalogue_version) == (DELIVERED, "2027-1")
    assert [shown.needs_two_thirds("P02", reference) for reference in (old, new)] == [False, True]


def test_a_meeting_moved_past_the_first_day_goes_over_and_back(cast: Cast, bureau: User) -> None:
    day = today() + timedelta(days=30)
    made = issued(begun(bureau), bureau, day)
    meeting = made_on(cast, today())
    item = meeting.items.get()
    for moved, number in ((day, "2027-1"), (today(), DELIVERED)):
        agenda = agenda_on(moved)
        agenda = replace(agenda, items=(replace(agenda.items[0], item=item.pk),))
        now = Meeting.objects.get(pk=meeting.pk)
        meeting = meetings.save_agenda(
            meeting=now, agenda=agenda, version=now.version, by=cast.user("clerk"), at=timezone.now()
        )
        assert meeting.catalogue is not None and meeting.catalogue.number == number
        assert meeting.items.get().matter.catalogue.number == number  # type: ignore[union-attr]
    assert made.number == "2027-1"


def test_open_meetings_of_its_days_go_over_when_it_is_issued(cast: Cast, bureau: User) -> None:
    day = today() + timedelta(days=30)
    earlier, later = made_on(cast, day - timedelta(days=1)), made_on(cast, day)
    seen = later.version
    made = issued(begun(bureau), bureau, day)
    earlier.refresh_from_db()
    later.refresh_from_db()
    assert earlier.catalogue is not None and earlier.catalogue.number == DELIVERED
    assert later.catalogue == made and later.items.get().matter == of(made, "P02")
    assert later.version == seen, "who is typing the agenda is not turned away"
    assert Event.objects.get(kind="governance.catalogue.issued").data["meetings"] == 1


def test_signed_meetings_keep_version_results_and_links(cast: Cast, bureau: User) -> None:
    meeting = factories.make_signed(cast, matters=("P16",))
    seal = meeting.seal
    draft = begun(bureau)
    saved(draft, "P16", bureau, title="干部任免")
    made = issued(draft, bureau, today())
    meeting.refresh_from_db()
    assert in_force(today()) == made
    assert meeting.catalogue is not None and meeting.catalogue.number == DELIVERED and meeting.seal == seal
    assert set(RuleResult.objects.values_list("catalogue_version", flat=True)) == {DELIVERED}
    client = Client()
    client.force_login(cast.user("secretary"))
    page = client.get(Decision.objects.get().get_absolute_url()).content.decode()
    link = f"{reverse('governance:matter', args=['P16'])}?version={DELIVERED}"
    assert link in page and "P16 中层干部选拔任用与调整" in page and STATUS in page
    assert "中层干部选拔任用与调整" in client.get(link).content.decode()
    assert STATUS in client.get(meeting.get_absolute_url()).content.decode()


def test_what_a_meeting_asks_for_follows_its_version_on_every_page(cast: Cast, bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P01", bureau, attendance=("two_thirds", "required"), important=True)
    issued(draft, bureau, today())
    client = Client()
    client.force_login(cast.user("clerk"))
    at = at_hour(today(), time(0, 30)) + timedelta(hours=1)
    prepared = factories.make_meeting(cast, at=at)
    held = factories.make_held(cast, at=at)
    agenda, record, minutes = (
        reverse(f"governance:{page}", args=[meeting.pk])
        for page, meeting in (("agenda", prepared), ("record", held), ("minutes", held))
    )
    pages = {page: client.get(page).content.decode() for page in (prepared.get_absolute_url(), agenda, record, minutes)}
    for page in (prepared.get_absolute_url(), agenda):
        assert "须三分之二以上到会" in pages[page], page
    assert "达到三分之二，第 1 项可以表决" in pages[record]
    for page in (prepared.get_absolute_url(), agenda, minutes):
        assert ORIGIN in pages[page] and STATUS not in pages[page], page


def test_the_honest_mark_goes_with_the_version(bureau: User) -> None:
    delivered = Catalogue.objects.get(number=DELIVERED)
    assert shown.catalogue_status(delivered) == shown.catalogue_status(None) == STATUS
    made = issued(begun(bureau), bureau)
    mark = shown.catalogue_status(made)
    assert "重建稿" not in mark and ORIGIN in mark and "2027-1" in mark and str(made.effective_from) in mark
    assert shown.catalogue_status(Catalogue.objects.get(number=DELIVERED)) == STATUS


# ---- the interface for other systems ----


def test_the_interface_gives_the_version_in_force_and_any_issued_one(cast: Cast, bureau: User) -> None:
    draft = begun(bureau)
    saved(draft, "P02", bureau, title="党建工作计划与总结")
    client = Client()
    client.force_login(cast.user("team"))

    def got(query: str = "") -> dict[str, Any]:
        answer = client.get(f"/api/v1/governance/matters/{query}")
        assert answer.status_code == 200, answer.content
        return {row["code"]: row for row in answer.json()["results"]}

    assert got()["P02"]["catalogue_version"] == DELIVERED and got()["P02"]["catalogue_status"] == STATUS
    assert client.get("/api/v1/governance/matters/?version=草案").status_code == 400, "a draft is nobody's to read"
    issued(draft, bureau, today() + timedelta(days=1))
    assert got()["P02"]["title"] == "党组织工作计划、总结与重要请示报告"
    new = got("?version=2027-1&body=party")
    assert len(new) == 25 and new["P02"]["title"] == "党建工作计划与总结"
    assert new["P02"]["catalogue_version"] == "2027-1" and ORIGIN in new["P02"]["catalogue_status"]
    again = client.get(new["P02"]["url"]).json()
    assert again["title"] == "党建工作计划与总结" and again["url"] == new["P02"]["url"]
    for address in ("/api/v1/governance/matters/?version=1999", "/api/v1/governance/matters/P02/?version=1999"):
        refused = client.get(address)
        assert refused.status_code == 400 and refused.json()["errors"][0]["path"] == "version"
    assert client.get("/api/v1/governance/matters/P02/").json()["catalogue_version"] == DELIVERED
