"""回放: a draft over all past meetings. The same meetings and drafts give the same flips, each listed once, and nothing else changes."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.dates import local_day
from common.errors import WrongState
from governance import replays, tasks
from governance.further import UNTIL_SIGNATURE, further_facts
from governance.models import Catalogue, Matter, Meeting, ReplayFlip, ReplayRun, ReplayStatus, RuleBook, RuleResult
from governance.models.replay import replay_url
from governance.reference import Timeline, reference_on
from governance.rules.findings import Outcome, Severity
from governance.rules.load import delivered_reference
from governance.rules.replaying import Past, flips
from governance.selectors import for_record, meeting_facts
from governance.services import replay as service
from governance.services.catalogue import start_draft
from governance.services.replay import Work, claim_replay, start_replay
from governance.services.rulebook import discard_rules, start_rules_draft
from schools.permissions import Body, Post
from tests import factories
from tests.integration.test_rule_versions import AT, client_of, save

pytestmark = pytest.mark.django_db
LONG_BEFORE = {"min_days_before": 300}  # nobody hands an item in so early


@pytest.fixture
def organiser() -> User:
    factories.reference()
    return factories.make_bureau(Post.ORGANISER)


@pytest.fixture
def cast() -> factories.Cast:
    factories.reference()
    return factories.make_cast("FH001", "甲小学")


@pytest.fixture
def past(cast: factories.Cast) -> list[Meeting]:
    """Three signed meetings of two schools, and one that is not signed."""
    other = factories.make_cast("FH002", "乙小学")
    made = [
        factories.make_signed(cast, at=AT - timedelta(days=20)),
        factories.make_signed(cast, Body.PRINCIPAL, matters=("A10",), at=AT - timedelta(days=10)),
        factories.make_signed(other, at=AT - timedelta(days=5)),
    ]
    factories.make_minuted(other, at=AT - timedelta(days=1))
    return made


@pytest.fixture
def draft(organiser: User) -> RuleBook:
    return start_rules_draft(by=organiser, at=AT)


def run_of(organiser: User, *, catalogue: Any = None, rulebook: Any = None, at: datetime = AT) -> ReplayRun:
    run = start_replay(catalogue=catalogue, rulebook=rulebook, by=organiser, at=at)
    tasks.replay()
    run.refresh_from_db()
    return run


def past_of(meeting: Meeting, waived: Any = ()) -> Past:
    """The meeting as a replay sees it."""
    slow = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    stored = further_facts([slow], local_day(AT))[slow.pk]
    return Past(meeting_facts(slow), stored, UNTIL_SIGNATURE, waived)


def listed(run: ReplayRun) -> list[tuple[Any, ...]]:
    rows = run.flips.order_by("order")
    return list(
        rows.values_list(
            "order", "rule", "meeting_id", "item_id", "matter", "school_id", "before_outcome", "before_severity",
            "after_outcome", "after_severity",
        )
    )  # fmt: skip


# ---- what is compared ----


def test_a_past_meeting_is_read_as_everywhere_else(past: list[Meeting]) -> None:
    ids = replays.batch_after(timezone.now(), None)
    assert ids == [meeting.pk for meeting in past]
    for fast in replays.read_batch(ids):
        slow = for_record(Meeting.objects.all()).get(pk=fast.pk)
        assert meeting_facts(fast, minutes=meeting_facts(slow).minutes) == meeting_facts(slow)
        assert further_facts([fast], local_day(AT)) == further_facts([slow], local_day(AT))


def test_before_is_what_was_stored_at_the_signature(past: list[Meeting]) -> None:
    candidate = replays.Candidate(None, None)
    for meeting in past:
        judged = past_of(meeting).results(candidate.before(meeting))
        stored = RuleResult.objects.filter(meeting=meeting).order_by("order")
        rows = [(row.rule, f"items/{row.item_id}" if row.item_id else "meeting", row.outcome) for row in stored]
        assert [(r.rule, r.subject, str(r.outcome)) for r in judged] == rows != []


def test_the_timeline_is_what_a_single_meeting_is_judged_by(past: list[Meeting]) -> None:
    timeline = Timeline()
    for meeting in past:
        day = local_day(meeting.scheduled_at)
        expected = reference_on(day, school_id=meeting.school_id, body=meeting.body)
        assert timeline.before(day, meeting.school_id, meeting.body) == expected


def test_the_same_reference_flips_nothing(past: list[Meeting]) -> None:
    assert list(flips(past_of(past[0]), delivered_reference(), delivered_reference())) == []


# ---- flips ----


def test_flips_are_listed_exactly(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    """第一议题 another matter: the two Party meetings fail; R-T03 is asked more sharply of every item."""
    draft = save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"})
    draft = save(draft, "R-T03", organiser, severity="block", parameters=LONG_BEFORE)
    party = [past[0], past[2]]
    run = run_of(organiser, rulebook=draft)
    assert (run.status, run.meetings_done, run.items_done) == (ReplayStatus.DONE, 3, 3)
    expected = []
    for meeting in past:
        item = meeting.items.select_related("matter").get()
        was = RuleResult.objects.get(meeting=meeting, rule="R-T03").outcome
        would_be = {"pass": "fail", "insufficient": "insufficient"}[was]
        said = (was, "warn", would_be, "block")
        if meeting in party:
            first = ("R-T20", meeting.pk, None, "", meeting.school_id, "pass", "warn", "fail", "warn")
            expected += [("R-T03", meeting.pk, item.pk, "P01", meeting.school_id, *said), first]
        else:
            expected.append(("R-T03", meeting.pk, item.pk, "A10", meeting.school_id, *said))
    assert [row[1:] for row in listed(run)] == expected
    assert [row[0] for row in listed(run)] == list(range(1, len(expected) + 1))
    assert run.flips_found == len(expected) == 5


def test_a_catalogue_draft_flips_what_hangs_on_its_matters(past: list[Meeting], organiser: User) -> None:
    draft = start_draft(by=organiser, at=AT)
    Matter.objects.filter(catalogue=draft, code="A10").update(nature="deliberate")
    run = run_of(organiser, catalogue=draft)
    deliberated = [row for row in listed(run) if row[1] == "R-T06"]
    assert [(row[2], row[4], row[6], row[8]) for row in deliberated] == [(past[1].pk, "A10", "not_applicable", "fail")]
    assert {row[2] for row in listed(run)} == {past[1].pk}


def test_both_drafts_are_replayed_together(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    catalogue = start_draft(by=organiser, at=AT)
    Matter.objects.filter(catalogue=catalogue, code="A10").update(nature="deliberate")
    draft = save(draft, "R-T06", organiser, severity="warn")
    run = run_of(organiser, catalogue=catalogue, rulebook=draft)
    assert [row[1:2] + row[6:] for row in listed(run)] == [("R-T06", "not_applicable", "block", "fail", "warn")]
    assert replays.replay_is_fresh(catalogue) and replays.replay_is_fresh(draft)


def test_a_draft_without_changes_flips_nothing(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    run = run_of(organiser, rulebook=draft)
    assert (run.status, run.flips_found, run.digest) == (ReplayStatus.DONE, 0, "")


def test_what_was_let_pass_stays_so_on_both_sides(past: list[Meeting]) -> None:
    from dataclasses import replace

    reference = delivered_reference()
    law = reference.rules["R-T03"]
    reference = replace(reference, rules={**reference.rules, "R-T03": replace(law, parameters=LONG_BEFORE)})
    law = reference.rules["R-T03"]
    rules = {**reference.rules, "R-T03": replace(law, severity=Severity.BLOCK)}
    sharper = replace(reference, rules=dict(rules))
    found = list(flips(past_of(past[0]), reference, sharper))
    assert [flip.rule for flip in found] == ["R-T03"] and found[0].after.blocks and not found[0].before.blocks
    waived = past_of(past[0], {("R-T03", found[0].subject)})
    assert list(flips(waived, reference, sharper)) == []
    rules["R-T03"] = replace(rules["R-T03"], in_use=False)
    eased = list(flips(waived, reference, replace(reference, rules=rules)))
    assert [(flip.before.outcome, flip.after.outcome) for flip in eased] == [(Outcome.WAIVED, Outcome.NOT_APPLICABLE)]


def test_a_school_that_was_stricter_already_does_not_flip(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = '{"R-T20": {"severity": "block"}, "R-T03": {"min_days_before": 300}}'
    school = past[2].school_id
    asked = Timeline.tightened
    monkeypatch.setattr(
        Timeline, "tightened", lambda self, day, pk, body: own if pk == school else asked(self, day, pk, body)
    )
    run = run_of(organiser, rulebook=save(draft, "R-T03", organiser, parameters=LONG_BEFORE))
    assert past[0].school_id in {row[5] for row in listed(run)}
    assert school not in {row[5] for row in listed(run)}


def test_nothing_of_the_past_changes(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    def state() -> list[Any]:
        return [
            list(Meeting.objects.order_by("pk").values()),
            list(RuleResult.objects.order_by("pk").values()),
        ]

    before = state()
    run_of(organiser, rulebook=save(draft, "R-T03", organiser, severity="block"))
    assert state() == before


# ---- runs ----


def test_two_runs_give_the_same_and_so_does_any_size_of_batch(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"})
    first = run_of(organiser, rulebook=draft)
    second = run_of(organiser, rulebook=draft)
    monkeypatch.setattr(replays, "MEETINGS", 1)
    third = run_of(organiser, rulebook=draft)
    monkeypatch.setattr(replays, "MEETINGS", 500)
    monkeypatch.setattr(replays, "ITEMS", 1)
    fourth = run_of(organiser, rulebook=draft)
    assert listed(first) == listed(second) == listed(third) == listed(fourth) != []
    assert len({run.digest for run in (first, second, third, fourth)}) == 1 and first.digest


def test_a_killed_worker_loses_at_most_its_batch_and_the_run_goes_on(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"})
    whole = run_of(organiser, rulebook=draft)
    monkeypatch.setattr(replays, "MEETINGS", 1)
    run = start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    claimed = claim_replay(at=AT)
    assert claimed is not None and claimed.pk == run.pk
    lost = Work(claimed)
    lost.batch(AT)
    assert claim_replay(at=AT + timedelta(seconds=60)) is None, "somebody is at it"
    again = claim_replay(at=AT + timedelta(minutes=5))
    assert again is not None and again.meetings_done == 1
    assert lost.batch(AT + timedelta(minutes=5)) is False, "whoever was given up writes nothing any more"
    work = Work(again)
    while work.batch(AT + timedelta(minutes=5)):
        pass
    run.refresh_from_db()
    assert run.status == ReplayStatus.DONE and run.digest == whole.digest
    assert listed(run) == listed(whole)


def test_a_long_run_is_handed_on_and_finished_by_the_next_task(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "MEETINGS", 1)
    monkeypatch.setattr(tasks, "WORK_FOR", timedelta(0))
    run = start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    seen = []
    for _ in range(5):
        tasks.replay()
        run.refresh_from_db()
        seen.append((run.meetings_done, run.status))
    assert seen[0] == (1, "running") and seen[-1] == (3, "done")


def test_there_is_one_run_of_a_draft_at_a_time(draft: RuleBook, organiser: User) -> None:
    run = start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    with pytest.raises(WrongState, match="正在回放"):
        start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReplayRun(rulebook=draft, started_by=organiser, until=AT).commit(AT)
    tasks.replay()
    run.refresh_from_db()
    assert run.status == ReplayStatus.DONE
    assert start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT).pk != run.pk


def test_a_draft_that_is_edited_meanwhile_makes_the_run_worthless(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "MEETINGS", 1)
    run = start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    claimed = claim_replay(at=AT)
    assert claimed is not None
    work = Work(claimed)
    assert work.batch(AT)
    draft = save(draft, "R-T03", organiser, severity="block")
    assert not work.batch(AT)
    run.refresh_from_db()
    assert run.status == ReplayStatus.OUTDATED and not replays.replay_is_fresh(draft)


def test_a_draft_that_is_discarded_meanwhile_ends_the_run(
    past: list[Meeting], draft: RuleBook, organiser: User
) -> None:
    start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    claimed = claim_replay(at=AT)
    assert claimed is not None
    discard_rules(book=draft, version=draft.version, by=organiser, at=AT)
    assert not Work(claimed).batch(AT) and not ReplayRun.objects.exists()


def test_what_fails_says_so_and_can_be_started_again(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("disk")

    monkeypatch.setattr(replays, "read_batch", broken)
    run = run_of(organiser, rulebook=draft)
    assert run.status == ReplayStatus.FAILED and not replays.replay_is_fresh(draft)
    monkeypatch.undo()
    assert run_of(organiser, rulebook=draft).status == ReplayStatus.DONE


def test_only_meetings_signed_before_the_start_count(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    signed = Meeting.objects.get(pk=past[1].pk).signed_at
    assert signed is not None
    run = run_of(organiser, rulebook=draft, at=signed)
    assert (run.meetings_total, run.meetings_done) == (2, 2)


def test_a_draft_nobody_could_judge_by_is_refused(draft: RuleBook, organiser: User) -> None:
    rules = [rule for rule in draft.content["rules"] if rule["id"] != "R-Q01"]
    RuleBook.objects.filter(pk=draft.pk).update(content={**draft.content, "rules": rules})
    with pytest.raises(WrongState, match="R-Q01"):
        start_replay(catalogue=None, rulebook=draft, by=organiser, at=AT)
    with pytest.raises(WrongState, match="没有可以回放的草案"):
        start_replay(catalogue=None, rulebook=None, by=organiser, at=AT)
    issued = RuleBook.objects.exclude(pk=draft.pk).get()
    with pytest.raises(WrongState, match="不用再回放"):
        start_replay(catalogue=None, rulebook=issued, by=organiser, at=AT)


def test_start_and_end_are_facts(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    run = run_of(organiser, rulebook=draft)
    finished = Event.objects.get(kind="governance.replay.finished")
    assert Event.objects.filter(kind="governance.replay.started", actor=organiser).count() == 1
    assert finished.data["result"] == "done" and finished.data["meetings"] == 3
    assert finished.subject.endswith(str(run.pk))


def test_a_batch_costs_the_same_for_one_meeting_and_for_thirty(
    cast: factories.Cast, organiser: User, draft: RuleBook
) -> None:
    def queries() -> int:
        candidate = replays.Candidate(None, draft)
        meetings = replays.read_batch(replays.batch_after(timezone.now(), None))
        list(replays.flips_of(meetings, candidate, local_day(AT)))  # what is built once and kept
        with CaptureQueriesContext(connection) as captured:
            meetings = replays.read_batch(replays.batch_after(timezone.now(), None))
            list(replays.flips_of(meetings, candidate, local_day(AT)))
        return len(captured)

    factories.make_signed(cast, at=AT - timedelta(days=3))
    one = queries()
    for days in range(4, 12):
        factories.make_signed(cast, matters=("P01", "P02"), at=AT - timedelta(days=days))
    assert queries() == one <= 24


# ---- the page ----


def page_of(client: Client, draft: RuleBook, query: str = "", **headers: Any) -> str:
    answer = client.get(replay_url(None, draft.pk) + query, **headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_starts_a_run_shows_how_far_it_is_and_what_flips(
    past: list[Meeting], draft: RuleBook, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = client_of(organiser)
    draft = save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"}, severity="block")
    assert "还没有回放" in page_of(desk, draft)
    assert desk.post(replay_url(None, draft.pk)).status_code == 302
    monkeypatch.setattr(replays, "MEETINGS", 1)
    claimed = claim_replay(at=timezone.now())
    assert claimed is not None
    Work(claimed).batch(timezone.now())
    whole = page_of(desk, draft)
    part = page_of(desk, draft, headers={"HX-Request": "true"})
    for page in (whole, part):
        assert "1 / 3 次会议" in page and 'hx-trigger="every 2s"' in page and "看最新进展" in page
    assert "<html" in whole and "<html" not in part
    assert "正在回放" in page_of(desk, draft) and desk.post(replay_url(None, draft.pk)).status_code == 302
    assert ReplayRun.objects.count() == 1
    ReplayRun.objects.update(claim=None)
    tasks.replay()
    done = page_of(desk, draft)
    assert "hx-trigger" not in done.split('id="replay"')[1].split(">")[0]
    assert "再回放一次" in done and past[0].get_absolute_url() in done and past[1].get_absolute_url() not in done
    assert "2 处</a>会被拦截" in done


def test_sums_by_school_by_matter_and_by_rule_are_the_total_and_filters_narrow(
    past: list[Meeting], draft: RuleBook, organiser: User
) -> None:
    from governance import replay_lists

    desk = client_of(organiser)
    draft = save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"})
    draft = save(draft, "R-T03", organiser, severity="block", parameters=LONG_BEFORE)
    run = run_of(organiser, rulebook=draft)
    groups = replay_lists.counted(run)
    for name in ("school", "matter", "rule"):
        assert sum(group.total for group in groups[name]) == run.flips_found
    assert sum(replay_lists.effects(run).values()) == run.flips_found
    by_school = Counter(row[5] for row in listed(run))
    assert {group.value: group.total for group in groups["school"]} == {
        "FH001": by_school[past[0].school_id], "FH002": by_school[past[2].school_id],
    }  # fmt: skip
    page = page_of(desk, draft, "&school=FH002&rule=R-T20")
    assert past[2].get_absolute_url() in page and past[0].get_absolute_url() not in page
    assert past[2].get_absolute_url() in page_of(desk, draft, "&matter=meeting")
    assert "没有符合这些条件的变化" in page_of(desk, draft, "&rule=R-T20&effect=stops")
    assert page_of(desk, draft, "&school=nonsense&cursor=nonsense").count("R-T20") >= 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_flips_leave_as_a_file_and_that_is_a_fact(
    past: list[Meeting], draft: RuleBook, organiser: User, kind: str
) -> None:
    run = run_of(organiser, rulebook=save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"}))
    desk = client_of(organiser)
    answer = desk.get(reverse("governance:replay-export", args=[run.pk, kind]) + "?school=FH002")
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    event = Event.objects.get(kind="governance.replay.exported")
    assert event.data["rows"] == 1 and event.data["filters"] == {"school": "FH002"}
    if kind == "csv":
        assert "乙小学" in answer.content.decode("utf-8-sig") and "甲小学" not in answer.content.decode("utf-8-sig")


def test_the_results_cost_the_same_for_few_and_for_many(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    desk = client_of(organiser)
    run = run_of(organiser, rulebook=save(draft, "R-T20", organiser, parameters={"first_item_code": "P02"}))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(desk, draft)
        return len(captured)

    queries()
    few = queries()
    first = run.flips.order_by("order")[:1].get()
    ReplayFlip.objects.bulk_create(
        ReplayFlip(
            run=run, order=order, rule="R-T20", school_id=first.school_id, meeting_id=first.meeting_id,
            before_outcome="pass", before_severity="warn", after_outcome="fail", after_severity="warn",
        )
        for order in range(10, 100)
    )  # fmt: skip
    assert queries() == few


def test_another_post_and_a_stranger_find_no_replay(past: list[Meeting], draft: RuleBook, organiser: User) -> None:
    run = run_of(organiser, rulebook=draft)
    school = factories.Cast(past[0].school, {})
    people = [
        factories.make_bureau(Post.SUPERVISOR),
        factories.make_bureau(Post.LEADER),
        User.objects.get(username="secretary-FH001"),
    ]
    assert school.school == past[0].school
    for user in people:
        client = client_of(user)
        for address in (replay_url(None, draft.pk), reverse("governance:replay-export", args=[run.pk, "csv"])):
            assert client.get(address).status_code == 404
        assert client.post(replay_url(None, draft.pk)).status_code == 404
    assert ReplayRun.objects.count() == 1


def test_drafts_that_do_not_exist_are_not_found_and_without_one_the_page_says_so(organiser: User) -> None:
    desk = client_of(organiser)
    delivered = RuleBook.objects.get()
    for query in ("?rules=nonsense", f"?rules={delivered.pk}", f"?catalogue={Catalogue.objects.get().pk}"):
        assert desk.get(reverse("governance:replay") + query).status_code == 404
    assert "现在没有草案" in desk.get(reverse("governance:replay")).content.decode()
    start_rules_draft(by=organiser, at=AT)
    start_draft(by=organiser, at=AT)
    assert "目录草案和规则草案一起" in desk.get(reverse("governance:replay")).content.decode()


def test_the_task_is_asked_for_by_beat(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["governance-replay"]
    assert entry["task"] == tasks.replay.name and service.SILENT_AFTER > tasks.WORK_FOR
