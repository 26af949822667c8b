"""实施评估: written by 组织科 on the bureau's form, concluded once, read by the school; the result stands in its record."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from notifications.models import Message
from notifications.services import dispatch_batch
from pilots.evaluations import current_form
from pilots.models import Evaluation
from pilots.services.evaluations import AnswerInput, EvaluationInput, write_evaluation
from schools.models import School
from schools.permissions import Post
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = factories.make_cast("FH001")
    School.objects.filter(pk=cast.school.pk).update(pilot_status="implementing")
    return cast


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


def whole(**values: Any) -> EvaluationInput:
    answers = {c.code: AnswerInput(c.points - 2, "有据可查") for c in current_form("mid_term").criteria}
    return EvaluationInput(
        **({"held_on": timezone.localdate(), "result": "fair", "text": "推进有序", "answers": answers} | values)
    )


def write(cast: Cast, by: User, new: EvaluationInput, **values: Any) -> Evaluation:
    return write_evaluation(school=cast.school, kind="mid_term", new=new, by=by, at=timezone.now(), **values)


def test_a_sheet_may_wait_and_is_concluded_when_it_is_whole(cast: Cast, organiser: User) -> None:
    draft = write(cast, organiser, EvaluationInput())
    with pytest.raises(InvalidInput) as refusal:
        write(cast, organiser, EvaluationInput(), concludes=True)
    assert [fault.path for fault in refusal.value.faults] == [
        "held_on", "result", *(c.code for c in current_form("mid_term").criteria),
    ]  # fmt: skip
    with pytest.raises(Stale):
        write(cast, organiser, whole(), version=draft.version + 5)
    done = write(cast, organiser, whole(), version=draft.version, concludes=True)
    assert (done.concluded_by, done.result, done.form) == (organiser, "fair", current_form("mid_term").version)
    with pytest.raises(WrongState, match="已经下结论"):
        write(cast, organiser, whole(result="good"))
    dispatch_batch(at=timezone.now())
    assert Message.objects.filter(reader=cast.user("secretary"), event__kind="pilots.evaluation.concluded").exists()


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"answers": {"works": AnswerInput(99)}}, "works"),
        ({"answers": {"kitchen": AnswerInput(1)}}, "kitchen"),
        ({"result": "best"}, "result"),
        ({"held_on": timezone.localdate() + timezone.timedelta(days=2)}, "held_on"),
    ],
)
def test_the_form_is_kept_to(cast: Cast, organiser: User, values: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        write(cast, organiser, whole(**values))
    assert [fault.path for fault in refusal.value.faults] == [path]


def test_only_the_organiser_evaluates_and_only_a_running_school(cast: Cast, organiser: User) -> None:
    for other in (factories.make_bureau(Post.SUPERVISOR), factories.make_office_user(), cast.user("secretary")):
        with pytest.raises(NotAllowed, match="组织科"):
            write(cast, other, whole())
    School.objects.filter(pk=cast.school.pk).update(pilot_status="approved")
    with pytest.raises(WrongState, match="先通过方案"):
        write(cast, organiser, whole())


def test_a_conclusion_needs_day_and_result_in_the_database(cast: Cast, organiser: User) -> None:
    draft = write(cast, organiser, EvaluationInput())
    with pytest.raises(DatabaseError), transaction.atomic():
        Evaluation.objects.filter(pk=draft.pk).update(concluded_at=timezone.now(), concluded_by=organiser)


def test_the_school_reads_the_result_and_not_the_draft(cast: Cast, organiser: User, client: Client) -> None:
    url = reverse("pilots:evaluation", args=["FH001", "mid_term"])
    client.force_login(organiser)
    form = {"version": "0", "held_on": str(timezone.localdate()), "result": "good", "text": "扎实", "do": "save"}
    form |= {f"points_{c.code}": str(c.points) for c in current_form("mid_term").criteria}
    assert client.get(url).status_code == 200
    assert client.post(url, form | {"points_works": "999"}).status_code == 422
    assert client.post(url, form).status_code == 302
    assert client.post(url, form).status_code == 412
    client.force_login(cast.user("principal"))
    assert client.get(url).status_code == 404
    client.force_login(organiser)
    version = str(Evaluation.objects.get().version)
    assert client.post(url, form | {"version": version, "do": "conclude"}).status_code == 302
    assert client.post(url, form | {"version": version, "do": "conclude"}).status_code == 409
    client.force_login(cast.user("principal"))
    body = client.get(url).content.decode()
    assert "100 / 100 分" in body and "扎实" in body
    assert "中期评估" in client.get(reverse("schools:detail", args=["FH001"])).content.decode()
    assert "评估" in client.get(reverse("pilots:evaluations")).content.decode()
    client.force_login(factories.make_cast("FH002").user("secretary"))
    assert client.get(url).status_code == 404


def test_the_list_and_its_file(cast: Cast, organiser: User, client: Client) -> None:
    write(cast, organiser, whole(), concludes=True)
    client.force_login(organiser)
    assert "FH001" in client.get(reverse("pilots:evaluations"), {"view": "fair"}).content.decode()
    assert "没有符合" in client.get(reverse("pilots:evaluations"), {"view": "weak"}).content.decode()
    rows = client.get(reverse("pilots:evaluations-export", args=["csv"])).content.decode("utf-8-sig").splitlines()
    assert "较好" in rows[2] and ",90," in rows[2]
