"""学校自荐 → 教办推荐 → 局级审核: who, in which order, into which batch; and what follows for the school."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from audit.registry import kind_of
from common.errors import DomainError, InvalidInput, NotAllowed, Stale, WrongState
from deadlines.models import Deadline
from pilots.models import Application, Opinion
from pilots.selection_figures import implemented_schools, through_three_steps
from pilots.selection_guards import open_application_actions
from pilots.services import selection
from pilots.services.batches import BatchInput, change_batch
from pilots.services.selection_bulk import Decision, decide_many
from pilots.states import APPLICATION
from schools import access
from schools.models import School
from schools.permissions import Post
from schools.services.pilot import mark_implemented, set_pilot_status
from tests import factories, rollout
from tests.factories import Cast
from tests.integration.test_api import person

pytestmark = pytest.mark.django_db
LIST = "/pilots/applications/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def bureau() -> User:
    return factories.make_bureau()


@pytest.fixture
def office() -> User:
    return factories.make_office_user("城东教办")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def step(name: str, application: Application, by: User, **given: Any) -> Application:
    act = {"return": selection.return_application}.get(name) or getattr(selection, name)
    changed: Application = act(application=application, by=by, at=timezone.now(), **given)
    return changed


def status_of(school: School) -> str:
    return School.objects.get(pk=school.pk).pilot_status


# ---- the three steps ----


def test_a_school_goes_through_three_steps_and_every_opinion_stays_on_record(
    cast: Cast, bureau: User, office: User
) -> None:
    batch = rollout.make_batch(bureau)
    application = rollout.make_draft(cast, batch)
    assert status_of(cast.school) == "none"
    application = step("nominate", application, cast.user("secretary"))
    assert (application.status, status_of(cast.school)) == ("nominated", "applying")
    application = step("recommend", application, office, opinion="同意推荐，基础扎实")
    application = step("approve", application, bureau, opinion="同意列入")
    assert (application.status, status_of(cast.school)) == ("approved", "approved")
    said = Opinion.objects.order_by("at", "pk").values_list("step", "result", "text", "by")
    assert list(said) == [
        ("nomination", "passed", rollout.SAID.reasons, cast.user("secretary").pk),
        ("recommendation", "passed", "同意推荐，基础扎实", office.pk),
        ("review", "passed", "同意列入", bureau.pk),
    ]
    kinds = list(
        Event.objects.filter(school_id=cast.school.pk, kind__startswith="pilots.").values_list("kind", flat=True)
    )
    assert kinds == [f"pilots.application.{name}" for name in ("drafted", "nominated", "recommended", "approved")]
    assert list(through_three_steps(bureau, rollout.today())) == [application]
    assert not through_three_steps(bureau, rollout.today() - timedelta(days=1)), "not yet on record the day before"


def test_a_school_directly_under_the_bureau_skips_the_office_on_record(bureau: User, office: User) -> None:
    cast, batch = factories.make_cast("FH009", office=None), rollout.make_batch(bureau)
    application = rollout.make_nominated(cast, batch)
    with pytest.raises(NotAllowed, match="直属学校没有教办"):
        step("recommend", application, office, opinion="同意推荐")
    application = step("exempt", application, bureau)
    assert application.exempt and application.opinions.get(step="recommendation").result == "exempt"
    application = step("approve", application, bureau)
    assert application.status == "approved" and through_three_steps(bureau, rollout.today()).count() == 1
    other = rollout.make_nominated(factories.make_cast("FH001"), batch)
    with pytest.raises(NotAllowed, match="归教办管理"):
        step("exempt", other, bureau)


@pytest.mark.parametrize(
    ("name", "state", "allowed"),
    [
        ("nominate", "draft", {"secretary"}),
        ("recommend", "nominated", {"office"}),
        ("return", "nominated", {"office"}),
        ("approve", "recommended", {"organiser"}),
        ("return", "recommended", {"organiser"}),
    ],
)
def test_each_step_is_for_those_of_the_table_alone(
    name: str, state: str, allowed: set[str], cast: Cast, bureau: User, office: User
) -> None:
    batch = rollout.make_batch(bureau)
    make = {"draft": rollout.make_draft, "nominated": rollout.make_nominated}.get(state)
    application = make(cast, batch) if make else rollout.make_recommended(cast, office, batch)
    people = {role: cast.user(role) for role in ("secretary", "principal", "deputy", "clerk")}
    people |= {
        "office": office,
        "other office": factories.make_office_user("城西教办", "office-2"),
        "organiser": bureau,
    }
    people |= {
        "supervisor": factories.make_bureau(Post.SUPERVISOR),
        "stranger": factories.make_cast("FH002").user("secretary"),
    }
    given = {"return": {"reason": "材料要补充"}, "recommend": {"opinion": "同意推荐"}}.get(name, {})
    for role, user in people.items():
        offered = name in {row.name for row in open_application_actions(application, user)}
        assert offered == (role in allowed), role
        with transaction.atomic():
            if role in allowed:
                step(name, application, user, **given)
                transaction.set_rollback(True)
            else:
                with pytest.raises(NotAllowed):
                    step(name, application, user, **given)


def test_nominator_recommender_and_reviewer_are_three_people(cast: Cast, bureau: User, office: User) -> None:
    """Even of somebody whose posts would allow it; the database says the same."""
    batch = rollout.make_batch(bureau)
    application = rollout.make_nominated(cast, batch)
    secretary = cast.user("secretary")
    factories.appoint(  # the secretary also works for the office
        factories.NewAppointment(
            person=cast.secretary, post=Post.OFFICE, office=cast.school.office, starts_on=factories.LONG_AGO
        ),
        by=None,
        at=timezone.now(),
    )
    access.forget(secretary)
    with pytest.raises(NotAllowed, match="自荐的人不能推荐"):
        step("recommend", application, cast.user("secretary"), opinion="同意推荐")
    application = step("recommend", application, office, opinion="同意推荐")
    for field, words in (("nominated_by", "自荐的人不能审核"), ("recommended_by", "推荐的人不能审核")):
        with transaction.atomic():
            Application.objects.filter(pk=application.pk).update(**{field: bureau})
            with pytest.raises(NotAllowed, match=words):
                step("approve", application, bureau)
            transaction.set_rollback(True)
    for values in ({"recommended_by": secretary}, {"approved_by": secretary}, {"approved_by": office}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(
                status="approved", approved_at=timezone.now(), **({"approved_by": bureau} | values)
            )


def test_what_the_bureau_returns_need_not_pass_the_office_again(cast: Cast, bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau)
    application = rollout.make_recommended(cast, office, batch)
    application = step("return", application, bureau, reason="样本定位请写清楚")
    assert (application.status, application.recommendation_stands) == ("returned", True)
    first = application.recommended_at
    application = step("nominate", application, cast.user("secretary"))
    assert application.status == "recommended" and application.recommended_at == first
    assert application.recommended_by == office
    kinds = list(Event.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["pilots.application.nominated", "pilots.application.recommendation_kept"]
    assert step("approve", application, bureau).status == "approved"


def test_what_the_office_returns_is_recommended_anew(cast: Cast, bureau: User, office: User) -> None:
    application = rollout.make_nominated(cast, rollout.make_batch(bureau))
    with pytest.raises(NotAllowed):
        step("return", application, bureau, reason="局里不越过教办退回")
    application = step("return", application, office, reason="工作基础请补充")
    assert application.opinions.last().text == "工作基础请补充" and not application.recommendation_stands
    application = step("nominate", application, cast.user("secretary"))
    assert (application.status, application.recommended_by) == ("nominated", None)
    assert status_of(cast.school) == "applying"


def test_refusals_say_how_to_mend(cast: Cast, bureau: User, office: User) -> None:
    secretary = cast.user("secretary")
    empty = rollout.make_draft(cast, None, selection.ApplicationInput())
    with pytest.raises(InvalidInput) as why:
        step("nominate", empty, secretary)
    assert [fault.path for fault in why.value.faults] == ["reasons", "conditions", "sample"]
    application = selection.edit_application(application=empty, new=rollout.SAID, by=secretary, at=timezone.now())
    with pytest.raises(WrongState, match="本校已经有一份申报"):
        rollout.make_draft(cast)
    with pytest.raises(Stale) as stale:
        selection.edit_application(
            application=empty, new=selection.ApplicationInput("另一个理由"), version=1, by=secretary, at=timezone.now()
        )
    assert {difference.path for difference in stale.value.differences} == {"reasons", "conditions", "sample"}
    application = step("nominate", application, secretary)
    with pytest.raises(WrongState, match="材料不能再改"):
        selection.edit_application(application=application, new=rollout.SAID, by=secretary, at=timezone.now())
    with pytest.raises(WrongState, match="不能学校自荐"):
        step("nominate", application, secretary)
    with pytest.raises(InvalidInput, match="写明理由"):
        step("return", application, office, reason="补")
    with pytest.raises(InvalidInput, match="在今天"):
        step("return", application, office, reason="请补充材料", mend_by=rollout.today() - timedelta(days=1))
    with pytest.raises(Stale):
        step("recommend", application, office, opinion="同意推荐", version=1)
    application = step("recommend", application, office, opinion="同意推荐")
    with pytest.raises(InvalidInput, match="选一个批次"):
        step("approve", application, bureau)


def test_a_batch_that_has_not_opened_takes_no_nomination(cast: Cast, bureau: User) -> None:
    later = rollout.make_batch(bureau, "2026-2", opens_on=rollout.today() + timedelta(days=1), nominate_by=None)
    with pytest.raises(InvalidInput, match="才启动"):
        step("nominate", rollout.make_draft(cast, later), cast.user("secretary"))


# ---- deadlines ----


def test_the_clock_moves_to_whoever_has_to_act_next_and_ends_with_the_approval(
    cast: Cast, bureau: User, office: User
) -> None:
    batch = rollout.make_batch(bureau)
    application = rollout.make_draft(cast, batch)
    clock = Deadline.objects.get()

    def running() -> tuple[Any, str, bool]:
        clock.refresh_from_db()
        return clock.due_on, clock.responsible.name, clock.ended_at is None

    assert running() == (batch.nominate_by, cast.secretary.name, True)
    application = step("nominate", application, cast.user("secretary"))
    assert running() == (batch.recommend_by, "钱教办", True)
    application = step("return", application, office, reason="请补充材料")
    assert running() == (rollout.today() + timedelta(days=7), cast.secretary.name, True)
    application = step("nominate", application, cast.user("secretary"))
    application = step("recommend", application, office, opinion="同意推荐")
    assert running() == (batch.review_by, "局组织科", True)
    new = BatchInput(batch.code, batch.name, batch.opens_on, 5, batch.nominate_by, batch.recommend_by, None)
    change_batch(batch=batch, new=new, version=None, by=bureau, at=timezone.now())
    application.refresh_from_db()
    assert application.step_due_on is None and not running()[2]
    change_batch(batch=batch, new=BatchInput(batch.code, batch.name, batch.opens_on, 5, review_by=batch.review_by),
                 version=None, by=bureau, at=timezone.now())  # fmt: skip
    assert running() == (batch.review_by, "局组织科", True)
    step("approve", application, bureau)
    assert not running()[2] and Deadline.objects.count() == 1


def test_each_fact_is_told_to_those_it_concerns(cast: Cast, bureau: User, office: User) -> None:
    rollout.make_approved(cast, office, bureau, rollout.make_batch(bureau))

    def told(name: str) -> set[Any]:
        event = Event.objects.get(kind=f"pilots.application.{name}")
        audience = kind_of(event.kind).audience
        assert audience is not None
        return set(audience(event))

    assert told("nominated") == {office.pk} and told("recommended") == {bureau.pk}
    assert told("approved") == {cast.user(role).pk for role in ("secretary", "principal", "clerk")} | {office.pk}
    for row in APPLICATION:
        assert kind_of(row.event).url is not None


# ---- places ----


def test_a_full_batch_takes_nobody_and_never_has_fewer_places_than_schools(bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau, quota=1)
    rollout.make_approved(factories.make_cast("FH001"), office, bureau, batch)
    second = rollout.make_recommended(factories.make_cast("FH002"), office, batch)
    with pytest.raises(WrongState, match="名额已满"):
        step("approve", second, bureau)
    other = rollout.make_batch(bureau, "2026-2")
    assert step("approve", second, bureau, batch=other).batch == other
    shrunk = BatchInput("2026-1", "第一批", batch.opens_on, 0)
    with pytest.raises(InvalidInput, match="名额不能少于它"):
        change_batch(batch=batch, new=shrunk, version=None, by=bureau, at=timezone.now())
    with pytest.raises(NotAllowed):
        change_batch(batch=batch, new=shrunk, version=None, by=office, at=timezone.now())
    taken = BatchInput("2026-2", "2026-2 批", batch.opens_on, 3, rollout.today(), rollout.today() - timedelta(days=9))
    with pytest.raises(InvalidInput) as why:
        change_batch(batch=batch, new=taken, version=None, by=bureau, at=timezone.now())
    assert [fault.path for fault in why.value.faults] == ["code", "name", "recommend_by"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_approvals_for_the_last_place_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bureau, office = factories.make_bureau(), factories.make_office_user("城东教办")
    batch = rollout.make_batch(bureau, quota=1)
    waiting = [rollout.make_recommended(factories.make_cast(code), office, batch) for code in ("FH001", "FH002")]
    gate, said = threading.Barrier(2), []
    taken = selection._with_place  # a pause after the places were counted: both are in the middle of it
    monkeypatch.setattr(selection, "_with_place", lambda batch: (taken(batch), time.sleep(0.3))[0])

    def approve(application: Application) -> None:
        try:
            gate.wait(5)
            step("approve", application, User.objects.get(pk=bureau.pk))
            said.append("approved")
        except DomainError as why:
            said.append(str(why))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=(application,)) for application in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert said.count("approved") == 1 and any("名额已满" in words for words in said), said
    assert Application.objects.filter(status="approved").count() == 1


# ---- many at once ----


def test_many_are_decided_together_or_not_at_all_and_each_fault_names_its_school(bureau: User, office: User) -> None:
    batch = rollout.make_batch(bureau, quota=2)
    rows = [rollout.make_recommended(factories.make_cast(code), office, batch) for code in ("FH001", "FH002", "FH003")]

    def decide(name: str, chosen: list[Application], texts: list[str], by: User = bureau) -> list[Application]:
        decisions = [Decision(row.pk, row.version, text) for row, text in zip(chosen, texts, strict=True)]
        return decide_many(name=name, decisions=decisions, by=by, at=timezone.now())

    with pytest.raises(InvalidInput) as why:
        decide("approve", rows, ["同意"] * 3)
    assert len(why.value.faults) == 1 and "名额已满" in str(why.value) and "云上FH00" in str(why.value)
    assert Application.objects.filter(status="recommended").count() == 3
    assert not Event.objects.filter(kind="pilots.application.approved").exists(), "no fact of what did not happen"
    with pytest.raises(InvalidInput) as why:
        decide("return", rows, ["请补充样本定位", "短", ""])
    assert {fault.path for fault in why.value.faults} == {str(rows[1].pk), str(rows[2].pk)}
    assert Application.objects.filter(status="returned").count() == 0
    with pytest.raises(InvalidInput, match="局级审核由组织科办理"):
        decide("approve", rows[:2], ["同意"] * 2, by=office)
    decide("approve", rows[:2], ["同意，首批", "同意，兼顾农村"])
    decide("return", rows[2:], ["请补充样本定位"])
    said = set(Opinion.objects.filter(step="review").values_list("application__school__code", "result", "text"))
    assert said == {
        ("FH001", "passed", "同意，首批"), ("FH002", "passed", "同意，兼顾农村"), ("FH003", "returned", "请补充样本定位"),
    }  # fmt: skip


# ---- the school's status ----


def test_the_pilot_status_goes_on_step_by_step_and_never_back(cast: Cast, bureau: User) -> None:
    school = cast.school

    def put(status: str) -> str:
        return set_pilot_status(school=school, status=status, by=bureau, at=timezone.now()).pilot_status

    with pytest.raises(WrongState):
        put("approved")
    assert put("applying") == "applying" and put("approved") == "approved" and put("applying") == "approved"
    assert put("implementing") == "implementing"
    with pytest.raises(ValueError, match="不随别的步骤"):
        put("implemented")


def test_full_implementation_is_registered_by_the_bureau_once_both_rules_are_adopted(
    cast: Cast, bureau: User, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout.make_approved(cast, office, bureau, rollout.make_batch(bureau))
    school, day = School.objects.get(pk=cast.school.pk), rollout.today()

    def mark(by: User = bureau, on: Any = day) -> School:
        return mark_implemented(school=school, on=on, by=by, at=timezone.now())

    with pytest.raises(WrongState, match="不能登记实施"):
        mark()
    set_pilot_status(school=school, status="implementing", by=bureau, at=timezone.now())
    with pytest.raises(WrongState, match="还没有都通过"):
        mark()
    monkeypatch.setattr("schools.services.pilot.rules_adopted_on", lambda _: day - timedelta(days=2))
    for by in (cast.user("secretary"), office):
        with pytest.raises(NotAllowed):
            mark(by)
    for on in (day + timedelta(days=1), day - timedelta(days=3)):
        with pytest.raises(InvalidInput, match="两个议事规则都通过"):
            mark(on=on)
    page = client_of(bureau).get(f"{LIST}FH001/")
    assert "登记全面实施" in page.content.decode()
    assert mark().implemented_on == day and status_of(school) == "implemented"
    assert implemented_schools(bureau, day).count() == 1
    assert not implemented_schools(bureau, day - timedelta(days=1)).exists()
    answer = person(bureau).get("schools/FH001/").json()
    assert answer["pilot"] == {"status": "implemented", "batch": "2026-1", "implemented_on": day.isoformat()}


def test_rules_of_procedure_are_asked_of_the_app_that_keeps_them(cast: Cast) -> None:
    from governance.models import SchoolRules
    from schools.providers import rules_adopted_on

    assert rules_adopted_on(cast.school.pk) is None
    meeting = factories.make_signed(cast)
    from governance.services.school_rules import start_school_rules

    days = {"party": rollout.today() - timedelta(days=1), "principal": rollout.today()}
    for body, day in days.items():
        rules = start_school_rules(
            school=cast.school, body=body, from_last=False, by=cast.user("clerk"), at=timezone.now()
        )
        SchoolRules.objects.filter(pk=rules.pk).update(
            status="adopted", adopted_at_meeting=meeting, adopted_on=day, effective_from=day
        )
        assert rules_adopted_on(cast.school.pk) == (None if body == "party" else day)
