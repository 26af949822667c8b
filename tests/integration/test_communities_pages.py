"""党建共同体 on pages and in the API: the same rights, the same words, a constant number of queries."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from communities import services
from communities.models import Activity, Booking, Community, Demand, Refusal, Resource, ResourcePeriod
from communities.services import ActivityInput
from tests import communities as made

pytestmark = pytest.mark.django_db
API = "/api/v1/communities/"


@pytest.fixture
def circle(settings: Any, tmp_path: Any) -> made.Circle:
    settings.MEDIA_ROOT = tmp_path
    return made.make_circle()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(f"communities:{name}", args=args) + query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def send(client: Client, method: str, path: str, body: Any, **headers: str) -> Any:
    return getattr(client, method)(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_community_goes_through_the_browser_from_its_founding_to_its_signature(circle: made.Circle) -> None:
    clerk, secretary = client_of(circle.lead.user("clerk")), client_of(circle.lead.user("secretary"))
    today = made.today()
    terms = {"name": "山海共同体", "lead": "FH001", "starts_on": today, "until": today + timedelta(days=300)}
    answer = clerk.post(reverse("communities:community-new"), terms)
    community = Community.objects.get()
    assert answer.headers["Location"] == reverse("communities:community-members", args=[community.pk])
    join = reverse("communities:community-action", args=[community.pk, "join"])
    said = clerk.post(join, {"schools": "FH002 没有的学校", "version": community.version})
    assert said.status_code == 422 and "没有找到“没有的学校”" in said.content.decode()
    clerk.post(join, {"schools": "FH002、FH003", "version": community.version})
    upload = SimpleUploadedFile("框架协议书.pdf", made.TEXT)
    clerk.post(reverse("communities:community-text", args=[community.pk]), {"file": upload})
    sign = reverse("communities:community-action", args=[community.pk, "sign"])
    community.refresh_from_db()
    early = secretary.post(sign, {"signed_on": today, "version": community.version})
    assert early.status_code == 409 and "书记还没有表示同意" in early.content.decode()
    for cast in (circle.second, circle.third):
        community.refresh_from_db()
        member = client_of(cast.user("secretary"))
        assert "同意协议" in page(member, "community", community.pk)
        given = {"school": cast.school.code, "version": community.version}
        member.post(reverse("communities:community-consent", args=[community.pk]), given)
    community.refresh_from_db()
    assert secretary.post(sign, {"signed_on": today, "version": 1}).status_code == 409, "a stale page is refused"
    assert "登记签约" in page(secretary, "community", community.pk)
    secretary.post(sign, {"signed_on": today, "version": community.version})
    community.refresh_from_db()
    assert community.status == "active"
    assert "协议有效" in page(client_of(circle.third.user("team")), "community", community.pk)


def full(circle: made.Circle, name: str = "山海共同体") -> Community:
    """An active community with something in every list."""
    community = made.make_community(circle, name=name)
    resource = made.make_resource(community, circle.lead)
    wish = made.make_demand(community, circle.second)
    made.book(resource, circle.second, 1, wish)
    made.make_demand(community, circle.third, kind="venue", amount=1, title="借用场馆")
    made.make_project(community, circle.lead, schools=[circle.third.school], demands=[wish])
    new = ActivityInput(
        "culture", made.today(), "送教下乡", circle.lead.school, [circle.third.school], 30, "两节示范课"
    )
    services.record_activity(community=community, new=new, by=circle.lead.user("clerk"), at=timezone.now())
    return Community.objects.get(pk=community.pk)


def test_every_page_opens_for_members_and_is_404_for_strangers(circle: made.Circle) -> None:
    community = full(circle)
    resource, wish = Resource.objects.get(), Demand.objects.first()
    project, held = community.projects.get(), Activity.objects.get()  # type: ignore[attr-defined]
    tabs = ("", "-members", "-lists", "-matching", "-activities", "-help")
    paths = [reverse(f"communities:community{tab}", args=[community.pk]) for tab in tabs]
    assert wish is not None
    paths += [one.get_absolute_url() for one in (resource, wish, project, held)]
    paths += [f"{one.get_absolute_url()}edit/" for one in (resource, project, held)]
    paths += [f"{project.get_absolute_url()}tasks/", f"{project.get_absolute_url()}result/"]
    paths += [
        reverse("communities:entry-new", args=[community.pk, what])
        for what in ("resource", "demand", "project", "activity")
    ]
    paths += [reverse("communities:booking-cancel", args=[Booking.objects.get().pk])]
    paths += [reverse("communities:community-terms", args=[community.pk])]
    member, stranger = client_of(circle.lead.user("clerk")), client_of(circle.outside.user("secretary"))
    for path in paths:
        assert member.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 404, path
        assert stranger.post(path, {"do": "withdraw"}).status_code in (404, 405), path
    for name in ("communities", "help"):
        assert "山海" not in page(stranger, name)
    assert "海洋课程" not in page(stranger, "entries", "resources")
    assert "还没有加入共同体" not in page(stranger, "communities"), "its secretary may found one"


def test_entries_are_entered_mended_booked_and_taken_down_in_the_browser(circle: made.Circle) -> None:
    community, today = made.make_community(circle), made.today()
    clerk, other = client_of(circle.lead.user("clerk")), client_of(circle.second.user("clerk"))
    form = {
        "school": "FH001", "kind": "course", "title": "海洋课程", "subject": "科学", "note": "",
        "periods-TOTAL_FORMS": "2", "periods-INITIAL_FORMS": "0", "periods-0-starts_on": today,
        "periods-0-ends_on": today + timedelta(days=60), "periods-0-times": "周三下午", "periods-0-capacity": "0",
    }  # fmt: skip
    new = reverse("communities:entry-new", args=[community.pk, "resource"])
    assert clerk.post(new, form).status_code == 422
    clerk.post(new, form | {"periods-0-capacity": "5"})
    resource, period = Resource.objects.get(), ResourcePeriod.objects.get()
    assert (period.capacity, period.times) == (5, "周三下午")
    booking = {"period": period.pk, "school": "FH002", "amount": "6", "demand": "", "purpose": "五年级"}
    full_ = other.post(resource.get_absolute_url(), booking)
    assert full_.status_code == 422 and "还可约 5" in full_.content.decode()
    other.post(resource.get_absolute_url(), booking | {"amount": "2"})
    edited = form | {
        "periods-INITIAL_FORMS": "1", "periods-0-key": period.pk, "periods-0-capacity": "3", "title": "海洋课",
        "version": resource.version,
    }  # fmt: skip
    clerk.post(f"{resource.get_absolute_url()}edit/", edited)
    period.refresh_from_db()
    resource.refresh_from_db()
    assert (period.capacity, resource.title) == (3, "海洋课")
    down = clerk.post(resource.get_absolute_url(), {"do": "withdraw", "version": resource.version})
    assert down.status_code == 409 and "先取消预约" in down.content.decode()
    cancel = reverse("communities:booking-cancel", args=[Booking.objects.get().pk])
    other.post(cancel, {"reason": "改到下学期", "version": Booking.objects.get().version})
    clerk.post(resource.get_absolute_url(), {"do": "withdraw", "version": resource.version})
    resource.refresh_from_db()
    assert resource.withdrawn_at is not None
    assert other.get(f"{resource.get_absolute_url()}edit/").status_code == 404


def test_the_lead_school_accepts_and_turns_down_matches_in_the_browser(circle: made.Circle) -> None:
    community = made.make_community(circle)
    made.make_resource(community, circle.lead, capacity=1)
    made.make_resource(community, circle.third, capacity=5, title="民俗课程")
    wish = made.make_demand(community, circle.second, amount=2)
    lead, second = client_of(circle.lead.user("secretary")), client_of(circle.second.user("secretary"))
    matching = reverse("communities:community-matching", args=[community.pk])
    assert "接受并预约" in page(lead, "community-matching", community.pk)
    assert "接受并预约" not in page(second, "community-matching", community.pk)
    near, far = (ResourcePeriod.objects.get(resource__title=title) for title in ("海洋课程", "民俗课程"))
    lead.post(matching, {"do": "accept", "demand": wish.pk, "period": near.pk, "amount": "1"})
    assert Booking.objects.get().demand == wish
    line = {"do": "refuse", "demand": wish.pk, "period": far.pk}
    assert lead.post(matching, line | {"reason": "远"}).status_code == 422
    assert second.post(matching, line | {"reason": "路太远了些"}).status_code == 409
    lead.post(matching, line | {"reason": "路太远，接送不便"})
    assert Refusal.objects.get().reason == "路太远，接送不便"
    shown = page(lead, "community-matching", community.pk)
    assert "路太远，接送不便" in shown and "未满足的需求" in shown


def test_lists_filter_export_and_keep_their_queries(circle: made.Circle) -> None:
    full(circle)
    member = client_of(circle.lead.user("clerk"))
    routes = [
        ("communities", ()),
        ("help", ()),
        *(("entries", (what,)) for what in ("resources", "demands", "projects")),
    ]
    for name, args in routes:
        page(member, name, *args)
    counts = {}
    for name, args in routes:
        with CaptureQueriesContext(
            connection,
        ) as one:
            page(member, name, *args)
        counts[name, args] = len(one)
    for number in range(3):
        full(circle, f"共同体{number}")
    for name, args in routes:
        with CaptureQueriesContext(connection) as many:
            page(member, name, *args)
        assert len(many) == counts[name, args], (name, args)
    assert "借用场馆" in page(member, "entries", "demands", query="?state=unmet&kind=venue")
    assert "请来上海洋课" not in page(member, "entries", "demands", query="?kind=venue")
    answer = member.get(reverse("communities:entries-export", args=["demands", "csv"]) + "?kind=venue")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 + 4 and "借用场馆" in lines[2]
    fact = Event.objects.filter(kind="communities.list.exported").latest("seq")
    assert fact.data["rows"] == 4 and f"编号：{fact.seq}" in lines[0]
    assert member.get(reverse("communities:communities-export", args=["xlsx"])).status_code == 200
    assert member.get(reverse("communities:entries-export", args=["demands", "pdf"])).status_code == 404


def test_the_picture_opens_the_records_behind_each_number(circle: made.Circle) -> None:
    community = full(circle)
    member = client_of(circle.third.user("team"))
    shown = page(member, "community-help", community.pk)
    assert 'class="ln up"' in shown and "?from=FH001&amp;to=FH003#records" in shown
    narrowed = page(member, "community-help", community.pk, query="?from=FH001&to=FH003")
    assert narrowed.count("送教下乡") == 1 and "海洋课程" not in narrowed
    assert "style=" not in shown


def test_the_api_lists_communities_as_the_contract_says(circle: made.Circle) -> None:
    community = full(circle)
    client = client_of(circle.second.user("secretary"))
    listed = client.get(API).json()["results"]
    assert [one["id"] for one in listed] == [str(community.pk)]
    one = client.get(f"{API}{community.pk}/").json()
    assert {key: one[key] for key in ("name", "lead_school", "members")} == {
        "name": "山海共同体", "lead_school": "FH001", "members": ["FH001", "FH002", "FH003"],
    }  # fmt: skip
    assert one["agreement"] | {"signed_on": str(made.today()), "until": str(community.until)} == one["agreement"]
    assert (len(one["resources"]), len(one["demands"]), len(one["projects"])) == (1, 2, 1)
    assert one["resources"][0]["periods"][0]["booked"] == 1
    reasons = {row["title"]: row["reason"] for row in one["unmet_demands"]}
    assert reasons["借用场馆"] == "别的成员校没有提供这一类资源"
    assert one["actions"] == ["leave"]
    assert client_of(circle.outside.user("secretary")).get(API).json()["results"] == []
    assert client_of(circle.outside.user("secretary")).get(f"{API}{community.pk}/").status_code == 404
    assert client.get(f"{API}?status=draft").json()["results"] == []
    assert client.get(f"{API}?colour=red").status_code == 400
    with CaptureQueriesContext(connection) as few:
        client.get(API)
    for number in range(3):
        full(circle, f"共同体{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(API).json()["results"]) == 4
    assert len(few) == len(many)


def test_the_api_answers_304_until_something_in_the_community_changes(circle: made.Circle) -> None:
    community = full(circle)
    client, path = client_of(circle.lead.user("secretary")), f"{API}{community.pk}/"
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    made.make_resource(community, circle.second, title="又一项资源")
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
    acted = send(client, "post", f"{path}actions/join/", {"schools": ["FH004"]}, **{"If-Match": etag})
    assert acted.status_code == 200, "an entry changes no words of the agreement"
    assert "FH004" in acted.json()["members"]
    assert send(client, "post", f"{path}actions/join/", {"schools": ["FH004"]}, **{"If-Match": etag}).status_code == 412


def test_the_api_takes_the_whole_way_of_an_agreement(circle: made.Circle) -> None:
    lead, second = client_of(circle.lead.user("secretary")), client_of(circle.second.user("secretary"))
    today = made.today()
    body = {
        "name": "山海共同体", "lead_school": "FH001", "starts_on": str(today), "until": str(today + timedelta(days=50)),
    }  # fmt: skip
    made_ = send(lead, "post", API, body)
    assert made_.status_code == 201 and made_.json()["status"] == "draft"
    assert send(second, "post", API, body).status_code == 403
    community = Community.objects.get()
    path = f"{API}{community.pk}/"
    assert send(lead, "post", f"{path}actions/join/", {"schools": ["FH002"]}).status_code == 200
    upload = SimpleUploadedFile("书.pdf", made.TEXT)
    services.add_agreement_text(community=community, upload=upload, by=circle.lead.user("secretary"), at=timezone.now())
    assert send(lead, "post", f"{path}actions/sign/", {}).status_code == 409
    assert send(second, "post", f"{path}consents/", {"school": "FH001"}).status_code == 403
    assert send(second, "post", f"{path}consents/", {"school": "FH002"}).status_code == 201
    signed = send(lead, "post", f"{path}actions/sign/", {"signed_on": str(today)})
    assert signed.json()["status"] == "active" and signed.json()["agreement"]["due_for_renewal"] is True
    tag = signed.headers["ETag"]
    assert send(lead, "patch", path, {"until": str(today + timedelta(days=400))}).status_code == 428
    terms = send(lead, "patch", path, {"until": str(today + timedelta(days=400))}, **{"If-Match": tag})
    assert terms.json()["agreement"]["proposed_until"] == str(today + timedelta(days=400))
    ended = send(client_of(circle.organiser), "post", f"{path}actions/end/", {"reason": "区里统一调整"})
    assert ended.json()["status"] == "ended" and ended.json()["actions"] == []
    assert send(lead, "post", f"{path}actions/fly/", {}).status_code == 404


def test_the_api_enters_resources_and_demands_and_books_them(circle: made.Circle) -> None:
    community, today = made.make_community(circle), made.today()
    lead, second = client_of(circle.lead.user("clerk")), client_of(circle.second.user("clerk"))
    base = {"community": str(community.pk), "kind": "course", "title": "海洋课程"}
    days = {"starts_on": str(today), "ends_on": str(today + timedelta(days=30))}
    bad = send(lead, "post", f"{API}resources/", base | {"school": "FH001", "periods": [days]})
    assert bad.status_code == 400 and bad.json()["errors"][0]["path"] == "periods.0.capacity"
    resource = send(lead, "post", f"{API}resources/", base | {"school": "FH001", "periods": [days | {"capacity": 2}]})
    assert resource.status_code == 201
    wish = send(second, "post", f"{API}demands/", base | days | {"school": "FH002", "amount": 2})
    body = {
        "period": resource.json()["periods"][0]["id"], "school": "FH002", "amount": 2, "demand": wish.json()["id"],
    }  # fmt: skip
    key = {"Idempotency-Key": "one"}
    first, again = (send(second, "post", f"{API}bookings/", body, **key) for _ in range(2))
    assert first.status_code == 201 and again.json() == first.json() and Booking.objects.count() == 1
    more = send(second, "post", f"{API}bookings/", body)
    assert more.status_code == 400 and "还可约 0" in more.json()["detail"]
    assert second.get(f"{API}demands/{wish.json()['id']}/").json()["met"] == 2
    assert second.get(f"{API}bookings/?school=FH002").json()["results"][0]["id"] == first.json()["id"]
    stranger = client_of(circle.outside.user("clerk"))
    assert stranger.get(f"{API}bookings/{first.json()['id']}/").status_code == 404
    assert stranger.get(f"{API}resources/").json()["results"] == []
    assert send(stranger, "post", f"{API}bookings/", body).status_code == 400
    cancel = f"{API}bookings/{first.json()['id']}/actions/cancel/"
    assert send(second, "post", cancel, {"reason": "改到下学期"}).json()["cancelled_at"]
