"""Test records of the rollout, made through its services: a batch, an application in any state, a document."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from pilots.models import Application, Batch, Policy
from pilots.services import selection
from pilots.services.batches import BatchInput, create_batch
from pilots.services.policies import PolicyInput, draft_policy, publish_policy
from schools import providers
from schools.models import School
from schools.services.pilot import mark_implemented, set_pilot_status
from tests.factories import Cast

SAID = selection.ApplicationInput("班子一致同意申报", "党组织委员会已建立，议事制度健全", "城区、规模中等、基础中等")
ELEMENTS = ("guiding_thought", "principles", "scope", "tasks", "requirements", "safeguards")


def today() -> date:
    return timezone.localdate()


def fresh(user: User) -> User:
    """Read anew, so that no memo of rights from before the school is carried over."""
    return User.objects.get(pk=user.pk)


def make_batch(bureau: User, code: str = "2026-1", quota: int = 5, **values: Any) -> Batch:
    """An open batch with time limits in the coming days."""
    given: dict[str, Any] = {
        "opens_on": today() - timedelta(days=3), "nominate_by": today() + timedelta(days=4),
        "recommend_by": today() + timedelta(days=6), "review_by": today() + timedelta(days=9),
    }  # fmt: skip
    new = BatchInput(code, f"{code} 批", quota=quota, **(given | values))
    return create_batch(new=new, by=bureau, at=timezone.now())


def make_draft(cast: Cast, batch: Batch | None = None, said: selection.ApplicationInput = SAID) -> Application:
    new = selection.ApplicationInput(said.reasons, said.conditions, said.sample, batch.pk if batch else None)
    return selection.start_application(school=cast.school, new=new, by=cast.user("clerk"), at=timezone.now())


def make_nominated(cast: Cast, batch: Batch | None = None) -> Application:
    application = make_draft(cast, batch)
    return selection.nominate(application=application, by=cast.user("secretary"), at=timezone.now())


def make_recommended(cast: Cast, office: User, batch: Batch | None = None) -> Application:
    """`office`: who recommends, or for a school directly under the bureau who puts the exemption on record."""
    application, at = make_nominated(cast, batch), timezone.now()
    if cast.school.office_id is None:
        return selection.exempt(application=application, by=fresh(office), at=at)
    return selection.recommend(application=application, opinion="同意推荐", by=fresh(office), at=at)


def make_approved(cast: Cast, office: User, bureau: User, batch: Batch) -> Application:
    application = make_recommended(cast, office, batch)
    return selection.approve(application=application, by=bureau, at=timezone.now())


def implement(school: School, bureau: User, on: date) -> School:
    """登记全面实施, both rules of procedure adopted before that day."""
    at, kept = timezone.now(), list(providers._adoption)
    set_pilot_status(school=school, status="implementing", by=bureau, at=at)
    providers.provide_adoption(lambda _: on - timedelta(days=1))
    try:
        return mark_implemented(school=school, on=on, by=bureau, at=at)
    finally:
        providers._adoption[:] = kept


def policy_input(number: str = "奉教党〔2026〕1号", **values: Any) -> PolicyInput:
    """A notice with all six elements for the whole district."""
    given: dict[str, Any] = {
        "title": "关于做好试点工作的通知", "kind": "notice", "issued_on": today(), "receipt_due_on": today() + timedelta(days=5),
        "sections": {element: f"{element} 第一条\n{element} 第二条" for element in ELEMENTS},
    }  # fmt: skip
    return PolicyInput(number=number, **(given | values))


def make_published(bureau: User, number: str = "奉教党〔2026〕1号", **values: Any) -> Policy:
    at = timezone.now()
    policy = draft_policy(new=policy_input(number, **values), by=bureau, at=at)
    return publish_policy(policy=policy, by=bureau, at=at)
