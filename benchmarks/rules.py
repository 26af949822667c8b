"""P9: the rule engine on a meeting of 20 items, and a replay of a draft over five years of 48 schools (14,400 items)."""

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from benchmarks.district import CHUNK, District, sign
from benchmarks.measure import Scenario, Target, fetch
from benchmarks.meetings import Builder
from common.ids import seeded_ids
from governance.models import Meeting, ReplayStatus, RuleBook
from governance.rules.book import settings_of
from governance.rules.engine import ORDER, judge
from governance.rules.load import delivered_reference
from governance.rules.situation import MeetingSituation
from governance.selectors import for_record, meeting_facts
from governance.services.replay import Work, claim_replay, start_replay
from governance.services.rulebook import rule_of, save_rule, start_rules_draft
from schools.models import Person, School

SCHOOLS, MEETINGS, EVERY_DAYS = 48, 73, 20  # with those of the district about a hundred signed meetings a school
STRICTER = {"R-T03": {"min_days_before": 7}, "R-T14": {"min_materials": 1}, "R-T20": {"first_item_code": "P02"}}
# The same rows, read and thrown away: nobody can replay without reading them.
ROWS = (
    "SELECT * FROM governance_meeting WHERE status = 'signed'",
    "SELECT p.* FROM governance_meetingmember p JOIN governance_meeting m ON m.id = p.meeting_id WHERE m.status = 'signed'",
    "SELECT p.* FROM governance_agendaitem p JOIN governance_meeting m ON m.id = p.meeting_id WHERE m.status = 'signed'",
    "SELECT p.* FROM governance_stance p JOIN governance_agendaitem i ON i.id = p.item_id"
    " JOIN governance_meeting m ON m.id = i.meeting_id WHERE m.status = 'signed'",
    "SELECT p.* FROM governance_plannedtask p JOIN governance_agendaitem i ON i.id = p.item_id"
    " JOIN governance_meeting m ON m.id = i.meeting_id WHERE m.status = 'signed'",
)


def scenarios(district: District, *, schools: int = SCHOOLS, meetings: int = MEETINGS) -> Iterator[Scenario]:
    """The engine first; then the past is written and replayed."""
    yield engine(district)
    write_past(district, schools, meetings)
    yield replay(district)


def engine(district: District) -> Scenario:
    """All rules of the contract against 20 items. The limit works out who is there and who said what, and judges nothing."""
    meeting = for_record(Meeting.objects.all()).get(pk=district.signed.pk)
    facts, reference = meeting_facts(meeting), delivered_reference()

    def ours() -> None:
        found = judge(facts, reference)
        if len({result.rule for result in found}) != len(ORDER):
            raise RuntimeError("not every rule answered")

    return Scenario(
        "P9", f"engine, a meeting of {meeting.item_count} items", Target(seconds=0.005),
        lambda: MeetingSituation(facts, reference), ours, rounds=200,
    )  # fmt: skip


def write_past(district: District, schools: int, meetings: int) -> None:
    """Signed meetings of three items, bodies in turn, with every member's stance and a task at each item."""
    chosen = list(School.objects.order_by("code")[:schools])
    for first in range(0, len(chosen), CHUNK):
        with seeded_ids(f"benchmark-past-{first}"):
            builder = Builder(district.at)
            for school in chosen[first : first + CHUNK]:
                team = list(Person.objects.filter(school=school).order_by("account__username"))
                for place in range(meetings):
                    builder.past(school, team, place, days=EVERY_DAYS * (meetings - place))
            builder.write()
    sign(district.at)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def replay(district: District) -> Scenario:
    """From the start of a run to its end, flips stored, under a draft that asks for more."""
    draft = stricter_draft(district)
    items = sum(Meeting.objects.filter(status="signed").values_list("item_count", flat=True))

    def limit() -> None:
        for sql in ROWS:
            fetch(sql)

    def ours() -> None:
        at = timezone.now()
        run = start_replay(catalogue=None, rulebook=draft, by=district.organiser, at=at)
        claimed = claim_replay(at=at)
        if claimed is None:
            raise RuntimeError("somebody else replays")
        work = Work(claimed)
        while work.batch(at):
            pass
        run.refresh_from_db()
        if (run.status, run.items_done) != (ReplayStatus.DONE, items) or not run.flips_found:
            raise RuntimeError(f"the replay ended as {run.status} after {run.items_done} of {items} items")

    return Scenario(
        "P9", f"replay of a draft over {items:,} items", Target(seconds=60), limit, ours, rounds=3, warm_up=0
    )


def stricter_draft(district: District) -> RuleBook:
    """A draft under which many results flip, so that storing them is measured too."""
    draft = start_rules_draft(by=district.organiser, at=district.at)
    for rule_id, parameters in STRICTER.items():
        now = settings_of(rule_of(draft.content, rule_id))
        settings = type(now)("block", True, now.statement, now.note, {**now.parameters, **parameters})
        draft = save_rule(
            book=draft, rule_id=rule_id, settings=settings, version=draft.version, by=district.organiser, at=district.at
        )
    return draft
