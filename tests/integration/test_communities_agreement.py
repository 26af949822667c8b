"""党建共同体: founding, consents, signing, renewal without a gap, members over time, end, and who sees it (S14)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from attachments.registry import may_read
from audit.models import Event
from audit.services import subject_of
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from communities import services
from communities.guards import open_actions
from communities.models import Agreement, Booking, Community, Consent, Membership
from communities.selectors import communities_in_force, wanted_of
from communities.states import COMMUNITY
from deadlines.models import Deadline
from schools.permissions import Post
from tests import communities as made
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def circle(settings: Any, tmp_path: Any) -> made.Circle:
    settings.MEDIA_ROOT = tmp_path
    return made.make_circle()


def sign(circle: made.Circle, community: Community, **values: Any) -> Community:
    given = {"signed_on": made.today(), "by": circle.lead.user("secretary"), "at": timezone.now()} | values
    return services.sign_agreement(community=community, **given)


def last_fact(kind: str) -> Event:
    return Event.objects.filter(kind=f"communities.{kind}").latest("seq")


def test_a_community_is_founded_by_the_bureau_or_by_the_school_that_will_lead(circle: made.Circle) -> None:
    terms = {"starts_on": made.today(), "until": made.today() + timedelta(days=365), "at": timezone.now()}
    for number, by in enumerate((circle.organiser, circle.lead.user("clerk"), circle.lead.user("secretary"))):
        name = f"共同体{number}"
        founded = services.found_community(name=name, lead_school=circle.lead.school, by=by, **terms)  # type: ignore[arg-type]
        assert founded.status == "draft" and founded.memberships.get().school == circle.lead.school  # type: ignore[attr-defined]
    for by in (circle.second.user("secretary"), circle.lead.user("member"), factories.make_bureau(Post.SUPERVISOR)):
        with pytest.raises(NotAllowed):
            services.found_community(name="外人", lead_school=circle.lead.school, by=by, **terms)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="已经有叫这个名称"):
        services.found_community(name="共同体0", lead_school=circle.lead.school, by=circle.organiser, **terms)  # type: ignore[arg-type]


def test_signing_needs_text_members_and_every_members_consent(circle: made.Circle) -> None:
    at, lead = timezone.now(), circle.lead
    bare = services.found_community(
        name="新共同体", lead_school=lead.school, starts_on=made.today(), until=made.today() + timedelta(days=9),
        by=circle.organiser, at=at,
    )  # fmt: skip
    with pytest.raises(WrongState, match="还没有上传协议书"):
        sign(circle, bare)
    services.add_agreement_text(
        community=bare, upload=SimpleUploadedFile("书.pdf", made.TEXT), by=circle.organiser, at=at
    )
    with pytest.raises(WrongState, match="至少再加入一所学校"):
        sign(circle, bare)
    community = made.make_draft(circle)
    with pytest.raises(WrongState, match="书记还没有表示同意"):
        sign(circle, community)
    made.consent_all(circle, community)
    with pytest.raises(InvalidInput, match="签约日期写今天"):
        sign(circle, community, signed_on=made.today() + timedelta(days=1))
    for by in (circle.organiser, lead.user("clerk"), circle.second.user("secretary")):
        with pytest.raises(NotAllowed):
            sign(circle, community, by=by)
    signed = sign(circle, community)
    assert (signed.status, signed.until) == ("active", made.today() + timedelta(days=365))
    assert Consent.objects.filter(agreement__community=signed, purpose="sign").count() == 3
    assert last_fact("agreement.signed").data["until"] == str(signed.until)
    with pytest.raises(WrongState, match="不能登记签约"):
        sign(circle, signed)


def test_consent_is_given_by_the_members_own_secretary_and_falls_with_the_terms(circle: made.Circle) -> None:
    community, at = made.make_draft(circle), timezone.now()
    second = circle.second
    for by in (second.user("principal"), circle.lead.user("secretary"), circle.organiser):
        with pytest.raises(NotAllowed):
            services.give_consent(community=community, school=second.school, by=by, at=at)
    with pytest.raises(WrongState, match="不是这个共同体现在的成员校"):
        services.give_consent(
            community=community, school=circle.outside.school, by=circle.outside.user("secretary"), at=at
        )
    made.consent_all(circle, community)
    with pytest.raises(WrongState, match="已经表示过"):
        services.give_consent(community=community, school=second.school, by=second.user("secretary"), at=at)
    services.propose_terms(
        community=community, starts_on=made.today(), until=made.today() + timedelta(days=99),
        by=circle.lead.user("clerk"), at=at,
    )  # fmt: skip
    assert not Consent.objects.exists(), "other terms ask for new consents"
    made.consent_all(circle, community)
    fourth = circle.outside.school
    services.join(community=community, schools=[fourth], by=circle.lead.user("clerk"), at=at)
    assert not Consent.objects.exists(), "other members ask for new consents"
    with pytest.raises(Stale):
        services.give_consent(
            community=community, school=second.school, version=community.version, by=second.user("secretary"), at=at
        )


def test_a_renewal_is_a_new_version_that_begins_the_day_after_the_last(circle: made.Circle) -> None:
    community, at = made.make_community(circle, days=40), timezone.now()
    assert community.is_due(made.today()) and not community.is_expired(made.today())
    assert Deadline.objects.get(subject=subject_of(community)).due_on == made.today(), "proposed within a week once due"
    end, secretary = community.until, circle.lead.user("secretary")
    assert end is not None
    with pytest.raises(WrongState, match="先拟定续签"):
        services.renew_agreement(community=community, signed_on=made.today(), by=secretary, at=at)
    agreement = services.propose_terms(community=community, until=end + timedelta(days=300), by=secretary, at=at)
    assert (agreement.number, agreement.starts_on) == (2, end + timedelta(days=1))
    assert Deadline.objects.get(subject=subject_of(community)).ended_at is not None
    upload = SimpleUploadedFile("续签.pdf", made.TEXT)
    services.add_agreement_text(community=community, upload=upload, by=secretary, at=at)
    with pytest.raises(WrongState, match="书记还没有表示同意"):
        services.renew_agreement(community=community, signed_on=made.today(), by=secretary, at=at)
    made.consent_all(circle, community)
    renewed = services.renew_agreement(community=community, signed_on=made.today(), by=secretary, at=at)
    assert (renewed.status, renewed.until) == ("active", end + timedelta(days=300))
    first = Agreement.objects.get(community=renewed, number=1)
    assert first.until == end, "the old version stays as it was signed"
    assert Deadline.objects.get(subject=subject_of(first)).ended_at is not None
    assert Deadline.objects.get(subject=subject_of(agreement)).due_on == renewed.until
    in_force = set(communities_in_force(end)) & set(communities_in_force(end + timedelta(days=1)))
    assert in_force == {renewed}, "no day between the versions is without an agreement"


def test_due_and_expired_follow_from_the_date_and_are_not_stored(circle: made.Circle) -> None:
    community, today = made.make_community(circle, days=61), made.today()
    assert not community.is_due(today) and community.is_due(today + timedelta(days=1))
    assert community.is_expired(today + timedelta(days=62)) and community.status == "active"
    assert not Community.objects.due_for_renewal(today).exists()
    assert list(Community.objects.due_for_renewal(today + timedelta(days=1))) == [community]
    assert not communities_in_force(today + timedelta(days=62)).exists()


def test_schools_join_and_leave_on_a_date_and_the_lead_stays(circle: made.Circle) -> None:
    community, at, today = made.make_community(circle), timezone.now(), made.today()
    fourth, third = circle.outside, circle.third
    for by in (fourth.user("secretary"), circle.lead.user("clerk"), circle.second.user("secretary")):
        with pytest.raises(NotAllowed):
            services.join(community=community, schools=[fourth.school], on=today, by=by, at=at)
    with pytest.raises(InvalidInput, match="已经是成员校"):
        services.join(community=community, schools=[third.school], on=today, by=circle.organiser, at=at)
    with pytest.raises(InvalidInput, match="协议期内"):
        services.join(
            community=community, schools=[fourth.school], on=today - timedelta(days=1), by=circle.organiser, at=at
        )
    community = services.join(community=community, schools=[fourth.school], on=today, by=circle.organiser, at=at)
    assert [one.community for one in wanted_of(fourth.user("secretary"), fourth.school.pk, today)] == [community.pk]
    services.give_consent(community=community, school=fourth.school, by=fourth.user("secretary"), at=at)
    assert not wanted_of(fourth.user("secretary"), fourth.school.pk, today)
    resource = made.make_resource(community, third, start=20)
    made.book(resource, circle.second)
    given = {"on": today + timedelta(days=7), "reason": "学校撤并调整", "at": at}
    with pytest.raises(NotAllowed):
        services.leave(community=community, school=third.school, by=circle.lead.user("secretary"), **given)  # type: ignore[arg-type]
    with pytest.raises(WrongState, match="牵头校不能退出"):
        services.leave(community=community, school=circle.lead.school, by=circle.organiser, **given)  # type: ignore[arg-type]
    services.leave(community=community, school=third.school, by=third.user("secretary"), **given)  # type: ignore[arg-type]
    left = Membership.objects.get(community=community, school=third.school)
    assert left.left_on == today + timedelta(days=7)
    assert Booking.objects.get().cancel_reason.endswith("退出共同体"), "what would begin after it ends with it"
    assert Community.objects.visible_to(third.user("clerk")).exists(), "who was a member still sees it"


def test_the_end_comes_from_the_bureau_or_from_all_members(circle: made.Circle) -> None:
    community, at = made.make_community(circle), timezone.now()
    lead = circle.lead.user("secretary")
    assert [step.name for step in open_actions(community, lead)] == ["renew", "join"]
    with pytest.raises(NotAllowed, match="全体成员校书记都同意终止"):
        services.end_agreement(community=community, reason="共建期满", by=lead, at=at)
    made.consent_all(circle, community, "end")
    assert "end" in [step.name for step in open_actions(community, circle.lead.user("secretary"))]
    with pytest.raises(InvalidInput):
        services.end_agreement(community=community, reason="满", by=lead, at=at)
    ended = services.end_agreement(community=community, reason="共建期满", by=lead, at=at)
    assert (ended.status, ended.ended_on) == ("ended", made.today())
    assert not communities_in_force(made.today()).exists()
    assert not Deadline.objects.filter(ended_at__isnull=True).exists()
    with pytest.raises(WrongState):
        services.join(community=ended, schools=[circle.outside.school], on=made.today(), by=circle.organiser, at=at)
    other = made.make_community(circle, name="另一个共同体")
    assert services.end_agreement(community=other, reason="区里统一调整", by=circle.organiser, at=at).status == "ended"


def test_members_their_offices_and_the_bureau_see_it_and_no_other_school(circle: made.Circle) -> None:
    community = made.make_community(circle)
    file = subject_of(Agreement.objects.get())
    seeing = [cast.user(role) for cast in circle.members for role in ("secretary", "team")]
    seeing += [
        circle.organiser,
        factories.make_office_user("城东教办"),
        factories.make_office_user("山前教办", "office-2"),
    ]
    for user in seeing:
        assert list(Community.objects.visible_to(user)) == [community] and may_read(user, file), user
    blind = [circle.outside.user("secretary"), factories.make_office_user("城西教办", "office-3")]
    blind.append(factories.make_bureau(Post.SYSTEM_ADMIN))
    for user in blind:
        assert not Community.objects.visible_to(user).exists() and not may_read(user, file), user


def test_every_step_of_the_table_has_its_word_and_fact() -> None:
    table = {step.name: (step.label, step.event.rpartition(".")[2]) for step in COMMUNITY}
    assert table == {
        "sign": ("登记签约", "signed"), "renew": ("续签", "renewed"), "join": ("加入", "joined"),
        "leave": ("退出", "left"), "end": ("终止协议", "ended"),
    }  # fmt: skip


def refused_by_the_database(write: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_the_database_itself_keeps_members_apart_the_lead_in_and_signed_versions_as_they_are(
    circle: made.Circle,
) -> None:
    community, today = made.make_community(circle), made.today()
    school = circle.second.school
    later = {
        "community": community,
        "school": school,
        "joined_on": today + timedelta(days=5),
        "left_on": date(2090, 1, 1),
    }
    refused_by_the_database(lambda: Membership.objects.create(**later))
    lead = Membership.objects.filter(school=circle.lead.school)
    refused_by_the_database(lambda: lead.update(left_on=today))
    refused_by_the_database(lambda: Membership.objects.filter(pk__in=lead)._raw_delete("default"))
    refused_by_the_database(lambda: Agreement.objects.update(until=date(2090, 1, 1)))
    refused_by_the_database(lambda: Community.objects.update(status="ended"))
    refused_by_the_database(lambda: Community.objects.update(status="draft"))
