"""The demonstration district: believable, the same from the same dice, and loaded through the services."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import F, Q

from accounts.models import User
from audit.models import Event
from checklists.models import Progress, Task
from common.dates import SHANGHAI, at_hour
from communities import selectors
from communities.models import Booking, Community
from deadlines.models import Deadline, Reminder
from deadlines.services import sweep_batch
from demo import roster, uniting
from demo.days import clock, teaches, works
from demo.district import District, Wish
from demo.words import topics
from demo.work import course
from governance.declaring import LEADERS
from governance.models import (
    AgendaItem,
    Declaration,
    Meeting,
    MeetingMember,
    PriorStep,
    RuleResult,
    SchoolLimit,
    SchoolRules,
    Stance,
    Talk,
    Topic,
    TopicTemplate,
)
from notifications.models import Delivery, Message, Outbox
from pilots.coverage import ratio_of
from pilots.models import PolicyReceipt
from pilots.selection_figures import covered_schools, founding_documents, implemented_schools, through_three_steps
from schools import access
from schools.models import Appointment, Person, School
from schools.permissions import BODY_POSTS, Body, Post
from tests.factories import PASSWORD

pytestmark = pytest.mark.xdist_group("demo")  # one small district for all that only look at it
AS_OF = date(2026, 11, 20)
SCHOOLS = 4
OURS = (
    *(
        "accounts",
        "attachments",
        "audit",
        "checklists",
        "communities",
        "deadlines",
        "governance",
        "notifications",
        "schools",
    ),
)


def load(**options: Any) -> str:
    """Load a small district and return what was printed."""
    said = StringIO()
    call_command("load_demo", **{"schools": SCHOOLS, "as_of": AS_OF, "password": PASSWORD, "stdout": said} | options)
    return said.getvalue()


@pytest.fixture(scope="module")
def district(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One small district for all tests that only look at it; taken back at the end."""
    with django_db_blocker.unblock(), undone():
        load()
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back, numbers of rows included."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    models = [model for model in apps.get_models() if model._meta.managed]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


@pytest.fixture
def look(district: None, django_db_blocker: Any) -> Iterator[None]:
    """Read the district."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def only_entering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schools and people are entered, but no time passes."""
    monkeypatch.setattr(District, "_play", lambda self, until: self.agenda.heap.clear())


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of our tables, without password hashes and numbers that Django gave."""
    found = {}
    for app in OURS:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            skipped = {"password", "permission"}
            if model._meta.auto_created:
                skipped.add("id")  # a row of a many-to-many table is known by its two ends
            names = [field.attname for field in model._meta.concrete_fields if field.name not in skipped]
            found[model._meta.label] = sorted(model._default_manager.values_list(*names), key=repr)
    return found


# --- loading ---------------------------------------------------------------------------------------------------------


@pytest.mark.walk
@pytest.mark.django_db
def test_the_same_dice_and_day_give_the_same_district_ids_included(settings: Any, tmp_path: Any):
    dumps = []
    with undone():
        pass  # both loads start from the same numbers, whatever ran before
    for turn in range(2):
        settings.MEDIA_ROOT = tmp_path / str(turn)
        with undone():
            load(schools=1)
            dumps.append(contents())
    first, second = dumps
    assert sum(map(len, first.values())) > 2000
    for label, rows in first.items():
        assert rows == second[label], label


@pytest.mark.django_db
def test_other_dice_give_other_people_with_other_ids(only_entering: None):
    people = []
    for seed in (1, 2):
        with undone():
            load(schools=1, seed=seed)
            people.append(list(Person.objects.values_list("pk", "name", named=True)))
    assert not {row.pk for row in people[0]} & {row.pk for row in people[1]}
    assert {row.name for row in people[0]} != {row.name for row in people[1]}


@pytest.mark.django_db
def test_a_database_in_use_is_refused_in_words():
    User.objects.create_user("somebody", name="某人")
    with pytest.raises(CommandError, match="已有学校或人员，没有写入任何内容"):
        load()
    assert not School.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{"schools": 0}, {"schools": 4801}, {"years": 6}])
def test_sizes_that_make_no_sense_are_refused(options: dict[str, int]):
    with pytest.raises(CommandError, match="写 1 至"):
        load(**options)


@pytest.mark.walk
@pytest.mark.django_db
def test_a_failure_leaves_the_database_empty(monkeypatch: pytest.MonkeyPatch):
    def fails(self: District) -> None:
        raise RuntimeError("half-way")

    monkeypatch.setattr(District, "_finish", fails)
    with pytest.raises(RuntimeError, match="half-way"):
        load(schools=1)
    assert not School.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_password_is_generated_and_printed_once(only_entering: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    said = load(schools=1, password="")
    found = re.search(r"口令：(\S+?)（刚刚生成", said)
    assert found
    assert User.objects.get(username="secretary01").check_password(found[1])
    assert len(set(User.objects.values_list("password", flat=True))) == 1


@pytest.mark.django_db
def test_the_password_may_come_from_the_environment(only_entering: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEMO_PASSWORD", "From-Env-2026")
    assert "From-Env-2026" not in load(schools=1, password="")
    assert User.objects.get(username="bureau").check_password("From-Env-2026")


# --- who is there ----------------------------------------------------------------------------------------------------


def test_the_sign_in_names_of_the_contract_exist_and_need_no_new_password(look: None):
    names = {"bureau", "supervisor", "leader", "sysadmin", "secadmin", "auditor"}
    for number in range(1, SCHOOLS + 1):
        names |= {f"{role}{number:02d}" for role in ("secretary", "principal", "clerk")}
    accounts = {user.username: user for user in User.objects.all()}
    assert names <= accounts.keys()
    assert not any(user.must_change_password for user in accounts.values())
    assert all(user.email.endswith("@example.com") for user in accounts.values())
    assert all(re.fullmatch(r"199\d{8}", user.phone) for user in accounts.values())
    assert accounts["secretary01"].check_password(PASSWORD)


def test_everybody_in_a_body_can_sign_in(look: None):
    assert not Person.objects.filter(appointments__isnull=False, account__isnull=True).exists()
    members = User.objects.filter(username__startswith="member01-")
    assert members.count() >= 3


def test_rights_are_those_of_the_day_of_loading_for_guardian_too(look: None):
    secretary = User.objects.get(username="secretary01")
    own = School.objects.get(code="FH001")
    assert list(access.guardian_view(secretary, "sign_minutes")) == [own]
    former = Appointment.objects.filter(ends_on__lt=AS_OF).select_related("person__account")
    assert former.exists()
    for appointment in former:
        assert not appointment.person.account.groups.exists()


def test_teams_have_the_size_of_their_organisation(look: None):
    for school in School.objects.all():
        held = Appointment.objects.on(AS_OF).filter(school=school)
        party = held.filter(post__in=BODY_POSTS[Body.PARTY]).values("person").distinct().count()
        team = held.filter(post__in=BODY_POSTS[Body.PRINCIPAL]).values("person").distinct().count()
        least, most = {"branch": (3, 5), "general_branch": (5, 7), "committee": (7, 9)}[school.party_org_type]
        assert least <= party <= most, school
        assert 4 <= team <= 7, school


def test_a_change_of_office_hands_the_work_over(look: None):
    ended = Appointment.objects.filter(post=Post.SECRETARY, ends_on__isnull=False).get()
    successor = Appointment.objects.get(post=Post.SECRETARY, school=ended.school, ends_on__isnull=True)
    assert successor.starts_on == ended.ends_on + timedelta(days=1)
    assert successor.person.account.username == f"secretary{ended.school.code[-2:]}"
    assert not Task.objects.open().filter(responsible=ended.person).exists()


def test_the_selection_yields_the_figures_of_the_first_strand(look: None):
    bureau = User.objects.get(username="bureau")
    figures = (implemented_schools, founding_documents, through_three_steps)
    assert [figure(bureau, AS_OF).count() for figure in figures] == [SCHOOLS, 2, SCHOOLS]
    assert ratio_of(covered_schools(bureau, AS_OF)).rate == Decimal("100.0")
    for school in School.objects.select_related("pilot_application"):
        assert school.pilot_application.approved_at.date() < school.implemented_on
    assert {receipt.place for receipt in PolicyReceipt.objects.open()} == {School.objects.get(code="FH001").short_name}


def test_all_schools_have_implemented_the_system(look: None):
    assert School.objects.filter(pilot_status="implemented", implemented_on__lt=AS_OF).count() == SCHOOLS
    assert Event.objects.filter(kind="schools.school.implemented").count() == SCHOOLS


# --- what happened ---------------------------------------------------------------------------------------------------


def test_nothing_happens_on_or_after_the_day_of_loading_but_planned_meetings(look: None):
    midnight = at_hour(AS_OF, datetime.min.time())
    assert not Event.objects.filter(at__gte=midnight).exists()
    assert not Message.objects.filter(Q(at__gte=midnight) | Q(read_at__gte=midnight)).exists()
    ahead = Meeting.objects.filter(scheduled_at__gte=midnight)
    assert set(ahead.values_list("status", flat=True)) == {"draft", "called"}
    assert not Meeting.objects.filter(scheduled_at__lt=midnight, status__in=["draft", "called"]).exists()


def test_a_year_of_meetings_of_both_bodies_on_working_days(look: None):
    for school in School.objects.all():
        held = Meeting.objects.filter(school=school, serial__isnull=False)
        assert 8 <= held.filter(body=Body.PARTY).count() <= 14, school
        assert 8 <= held.filter(body=Body.PRINCIPAL).count() <= 16, school
    assert all(works(m.scheduled_at.astimezone(SHANGHAI).date()) for m in Meeting.objects.all())
    assert not Meeting.objects.filter(scheduled_at__month=8, scheduled_at__day__lt=20).exists()


def test_numbers_run_from_one_in_the_order_of_the_meetings(look: None):
    for school in School.objects.all():
        for body in Body:
            held = Meeting.objects.filter(school=school, body=body, serial__isnull=False)
            for year in set(held.values_list("year", flat=True)):
                numbers = list(held.filter(year=year).order_by("scheduled_at").values_list("serial", flat=True))
                assert numbers == list(range(1, len(numbers) + 1))


def test_nothing_blocked_is_signed_and_a_few_blocks_stand_on_held_meetings(look: None):
    unmet = RuleResult.objects.filter(severity="block", outcome__in=["fail", "insufficient"])
    assert not unmet.exists()
    assert not Meeting.objects.filter(status="signed", findings_block__gt=0).exists()
    held = Meeting.objects.filter(status="held")
    assert held.filter(findings_block__gt=0).exists()
    assert Meeting.objects.filter(status="minuted").exists()


def test_secret_ballots_keep_no_stances_and_everybody_else_speaks_before_the_head(look: None):
    assert not Stance.objects.filter(item__method="secret_ballot").exists()
    for stance in Stance.objects.select_related("member", "item__meeting"):
        if stance.item.meeting.body == Body.PARTY and "secretary" in stance.member.posts:
            last = stance.item.stances.order_by("-seq").first()
            assert last == stance


def test_people_disagree_abstain_are_recused_and_absent_now_and_then(look: None):
    stances = Stance.objects.values_list("stance", flat=True)
    against = sum(stance != "agree" for stance in stances)
    assert 0 < against < len(stances) / 10
    absent = MeetingMember.objects.exclude(status__in=["present", ""])
    assert absent.exists()
    assert not absent.filter(reason="").exists()


# --- the work that follows -------------------------------------------------------------------------------------------


def test_tasks_are_in_every_state_and_some_are_overdue(look: None):
    assert set(Task.objects.values_list("status", flat=True)) == {
        "not_started", "in_progress", "submitted", "closed", "cancelled",
    }  # fmt: skip
    assert 1 <= Task.objects.overdue(AS_OF).count() <= 3
    assert Task.objects.filter(status="closed", closed_at__date__gt=F("due_on")).exists()
    assert Event.objects.filter(kind="checklists.task.returned").exists()


def test_nobody_confirms_his_own_work(look: None):
    own = Q(closed_by=F("responsible__account")) | Q(closed_by=F("submitted_by"))
    assert not Task.objects.filter(own).exists()
    assert Progress.objects.filter(task__status="closed").exists()


def test_what_lies_before_is_told_and_nothing_of_it_is_mailed(look: None):
    assert not Delivery.objects.exists()
    assert not Outbox.objects.exists()
    assert Message.objects.filter(read_at__isnull=True).exists()
    assert Message.objects.filter(read_at__isnull=False).exists()
    assert Reminder.objects.exists()
    recent = at_hour(AS_OF - timedelta(days=10), datetime.min.time())
    assert not Message.objects.filter(at__lt=recent).exists()


def test_the_first_sweep_after_loading_speaks_of_that_day_only(look: None):
    with undone_inside():
        before = Reminder.objects.count()
        sweep_batch(at=clock(AS_OF, 7))
        assert Reminder.objects.count() == before
        spoken = sweep_batch(at=clock(AS_OF, 8))
        due = Deadline.objects.filter(ended_at__isnull=True)
        assert spoken <= due.count()
        days = set(Reminder.objects.filter(at=clock(AS_OF, 8)).values_list("days_left", flat=True))
        assert all(left in (7, 3, 1, 0) or (left < 0 and left % 2 == 0) for left in days)


@contextmanager
def undone_inside() -> Iterator[None]:
    """A savepoint that is always taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_chain_of_facts_is_whole_and_in_order_of_time(look: None):
    call_command("audit_verify", stdout=StringIO())
    moments = list(Event.objects.order_by("seq").values_list("at", flat=True))
    assert moments == sorted(moments)


# --- the ingredients -------------------------------------------------------------------------------------------------


def test_every_school_has_adopted_both_rules_of_procedure_against_the_model_text(look: None):
    adopted = SchoolRules.objects.filter(status="adopted")
    assert adopted.count() == SCHOOLS * 2 and not SchoolRules.objects.exclude(status="adopted").exists()
    for version in adopted.select_related("adopted_at_meeting"):
        assert version.adopted_at_meeting is not None
        assert version.adopted_at_meeting.status in ("signed", "archived") and version.clauses.count() > 20
    assert SchoolLimit.objects.values("school").distinct().count() == SCHOOLS


def test_what_is_fed_by_the_principals_meeting_was_worked_out_there_first(look: None):
    fed = AgendaItem.objects.filter(meeting__status="signed", meeting__body=Body.PARTY).exclude(matter__fed_by=[])
    assert fed.count() > SCHOOLS
    for item in fed.select_related("meeting"):
        steps = item.prior_steps.filter(stage="principal_meeting")
        assert any(step.done_on <= item.meeting.scheduled_at.astimezone(SHANGHAI).date() for step in steps)
    linked = PriorStep.objects.filter(source_item__isnull=False)
    assert linked.exists()
    assert all(step.source_item.outcome == "proposed_to_party" for step in linked.select_related("source_item"))


def test_leaders_have_declared_their_interests_and_a_few_have_some(look: None):
    declared = Declaration.objects.filter(year=AS_OF.year)
    in_office = Appointment.objects.on(AS_OF).holding(*LEADERS).filter(starts_on__lt=date(AS_OF.year, 3, 1))
    assert set(in_office.values_list("person", flat=True)) <= set(declared.values_list("person", flat=True))
    some = declared.filter(nothing=False)
    assert 0 < some.count() < declared.count() / 4
    assert all(declaration.interests.exists() for declaration in some)


def test_topics_wait_for_somebody_in_every_school_and_stand_behind_coming_agendas(look: None):
    for school in School.objects.all():
        states = set(Topic.objects.filter(school=school).values_list("status", flat=True))
        assert {"draft", "submitted", "screened", "confirmed", "returned", "postponed"} <= states, school.code
    assert TopicTemplate.objects.count() == 2 * SCHOOLS
    coming = AgendaItem.objects.filter(meeting__status__in=("draft", "called")).exclude(matter__code="P01")
    behind = coming.filter(topic__status="scheduled")
    assert behind.count() > coming.count() / 2
    for item in behind.select_related("topic", "meeting"):
        assert (item.topic.school_id, item.topic.body) == (item.meeting.school_id, item.meeting.body)
    numbers = Topic.objects.filter(serial__isnull=False).order_by("school", "year", "serial")
    assert numbers.exclude(status="draft").count() == Topic.objects.exclude(status="draft").count()
    assert not Topic.objects.filter(screened_by=F("submitted_by")).exists()


def test_what_the_principals_meeting_proposed_of_late_went_on_to_the_party_meeting(look: None):
    over = Topic.objects.filter(handed_over_from__isnull=False)
    assert over.exists() and over.filter(status__in=("scheduled", "concluded")).exists()
    for topic in over.select_related("handed_over_from__meeting"):
        assert topic.body == Body.PARTY and topic.handed_over_from.outcome == "proposed_to_party"
        assert topic.steps.filter(stage="principal_meeting", source_item=topic.handed_over_from).exists()
    assert Event.objects.filter(kind="governance.topic.handed_over").count() == over.count()


def test_secretary_and_principal_talk_where_they_are_two(look: None):
    talking = set(Talk.objects.values_list("school__leadership_mode", flat=True))
    assert talking == {"separate"}
    assert Talk.objects.filter(links__isnull=False).exists() and Talk.objects.filter(links__isnull=True).exists()


def test_communities_stand_with_their_lists_and_with_forty_eight_schools_they_reach_the_report(look: None):
    sets = (
        selectors.communities_in_force, selectors.resource_entries, selectors.demand_entries, selectors.project_entries,
    )  # fmt: skip
    assert [found(AS_OF).count() for found in sets] == [1, 3, 3, 2]
    totals = (uniting.COMMUNITIES, uniting.RESOURCES, uniting.DEMANDS, uniting.PROJECTS)
    assert [uniting.share(total, 48) for total in totals] == [9, 40, 32, 25]
    assert [uniting.share(total, SCHOOLS) for total in totals] == [1, 3, 3, 2]
    assert Community.objects.get().is_due(AS_OF) and Booking.objects.standing().exists()


def test_more_schools_than_the_roster_names_get_codes_and_names_of_their_own():
    rows = roster.rows(1300, 1)
    assert rows[0].name == "松风高级中学"
    assert rows[48].code == "FH049"
    assert rows[1233].code == "FH1234"
    assert len({row.name for row in rows}) == len({row.code for row in rows}) == 1300
    assert roster.rows(1300, 1) == rows


def test_every_matter_of_the_catalogue_has_its_topics():
    codes = {topic.matter for topic in topics()} | {topic.origin for topic in topics()} - {""}
    assert codes == {f"P{n:02d}" for n in range(2, 26)} | {f"A{n:02d}" for n in range(1, 21)}


def test_schools_rest_in_the_holidays():
    assert teaches(date(2026, 9, 7))
    assert not teaches(date(2026, 8, 3))
    assert not teaches(date(2026, 10, 1))
    assert works(date(2026, 10, 10))  # a Saturday on which people work
    assert not works(date(2023, 10, 3))  # a year whose days off are not on file


@pytest.mark.parametrize("stuck", [False, True])
def test_a_course_of_work_is_one_the_table_of_states_allows(stuck: bool):
    steps = {
        ("open", "progress"): "open", ("open", "submit"): "submitted", ("open", "reschedule"): "open",
        ("open", "cancel"): "ended", ("submitted", "close"): "ended", ("submitted", "return"): "open",
    }  # fmt: skip
    dice = District(Wish(1, 1, 1, AS_OF, ""), lambda text, share: None).dice("courses")
    for number in range(2000):
        opened = clock(AS_OF - timedelta(days=number % 300 + 1), 10)
        due_on = opened.date() + timedelta(days=dice.randint(3, 80))
        acts = course(opened, due_on, AS_OF, dice, stuck=stuck)
        assert acts == sorted(acts, key=lambda act: act.at)
        state = "open"
        for act in acts:
            state = steps[state, act.name]
        assert state == ("open" if stuck else "ended")
