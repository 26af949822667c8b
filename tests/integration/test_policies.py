"""文件与签收: drafted and published by 组织科, read and signed by schools and offices, urged, superseded, cited."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from audit.models import Event
from audit.registry import kind_of
from common.errors import InvalidInput, NotAllowed, WrongState
from deadlines.models import Deadline
from pilots.models import Policy, PolicyReading, PolicyReceipt
from pilots.policies import clauses_in_force, receipt_counts
from pilots.selection_figures import founding_documents
from pilots.services.policies import draft_policy, edit_policy, publish_policy
from pilots.services.receipts import remind_all, remind_receipt, sign_receipt
from schools.permissions import Post
from tests import factories, rollout
from tests.factories import Cast
from tests.integration.test_api import machine, person

pytestmark = pytest.mark.django_db
LIST = "/pilots/policies/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def bureau() -> User:
    return factories.make_bureau()


@pytest.fixture
def office(cast: Cast) -> User:
    return factories.make_office_user("城东教办")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def receipt_of(cast: Cast, policy: Policy) -> PolicyReceipt:
    return PolicyReceipt.objects.get(policy=policy, school=cast.school)


def sign(receipt: PolicyReceipt, by: User, days: int = 0) -> PolicyReceipt:
    return sign_receipt(receipt=receipt, by=by, at=timezone.now() + timedelta(days=days))


def test_publishing_asks_every_school_and_office_for_a_receipt_with_its_deadline(
    cast: Cast, bureau: User, office: User
) -> None:
    factories.make_cast("FH002", office=None)
    policy = rollout.make_published(bureau)
    owed = {row.place: row for row in PolicyReceipt.objects.select_related("school", "office")}
    assert set(owed) == {"云上FH001小学", "云上FH002小学", "城东教办"}
    assert {row.due_on for row in owed.values()} == {policy.receipt_due_on}
    clock = Deadline.objects.get(school=cast.school)
    assert (clock.due_on, clock.responsible.name) == (policy.receipt_due_on, cast.secretary.name)
    told = {
        event.school_id: set(kind_of(event.kind).audience(event))  # type: ignore[misc]
        for event in Event.objects.filter(kind="pilots.receipt.opened")
    }
    assert told[cast.school.pk] == {cast.user(role).pk for role in ("secretary", "principal", "clerk")}
    assert told[None] == {office.pk}
    sign(owed["云上FH001小学"], cast.user("clerk"))
    clock.refresh_from_db()
    assert clock.ended_at is not None
    assert receipt_counts(bureau, [policy.pk])[policy.pk] == (3, 1)
    assert receipt_counts(cast.user("team"), [policy.pk])[policy.pk] == (1, 1), "a school counts its own"


def test_a_document_for_some_is_for_them_alone(cast: Cast, bureau: User, office: User) -> None:
    other = factories.make_cast("FH002", office="城西教办")
    policy = rollout.make_published(bureau, to_all=False, schools=[cast.school.pk])
    assert [row.place for row in PolicyReceipt.objects.all()] == ["云上FH001小学"]
    seen = {"team": cast.user("team"), "office": office, "leader": factories.make_bureau(Post.LEADER)}
    hidden = {"stranger": other.user("secretary"), "other office": factories.make_office_user("城西教办", "office-2"),
              "auditor": factories.make_bureau(Post.AUDITOR)}  # fmt: skip
    for who, user in (seen | hidden).items():
        expected = 200 if who in seen else 404
        for path in (f"{LIST}{policy.pk}/", f"{LIST}{policy.pk}/receipts/", f"/api/v1/pilots/policies/{policy.pk}/"):
            assert client_of(user).get(path).status_code == expected, (who, path)
        assert clauses_in_force(cast.school.pk).count() == 12 and not clauses_in_force(other.school.pk).exists()
    assert PolicyReceipt.objects.visible_to(other.user("secretary")).count() == 0


def test_a_receipt_is_signed_by_those_of_the_table_and_late_is_computed(cast: Cast, bureau: User, office: User) -> None:
    policy = rollout.make_published(bureau)
    mine = receipt_of(cast, policy)
    theirs = PolicyReceipt.objects.get(office__isnull=False)
    stranger = factories.make_cast("FH002").user("secretary")
    for user in (cast.user("deputy"), cast.user("team"), office, bureau, stranger):
        with pytest.raises(NotAllowed):
            sign(mine, user)
    with pytest.raises(NotAllowed, match="本教办"):
        sign(theirs, cast.user("secretary"))
    signed = sign(mine, cast.user("principal"), days=5)
    assert not signed.is_late(rollout.today())
    late = sign(theirs, office, days=6)
    assert (
        late.is_late(rollout.today()) and Event.objects.get(kind="pilots.receipt.signed", school_id=None).data["late"]
    )
    with pytest.raises(WrongState, match="不能签收"):
        sign(mine, cast.user("clerk"))
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyReceipt.objects.filter(pk=mine.pk).update(signed_by=None)


def test_opening_a_document_is_noted_once_for_those_it_went_to(cast: Cast, bureau: User, office: User) -> None:
    policy = rollout.make_published(bureau)
    for user in (cast.user("clerk"), cast.user("clerk"), cast.user("team"), office, bureau):
        assert client_of(user).get(f"{LIST}{policy.pk}/").status_code == 200
    assert client_of(cast.user("deputy")).head(f"{LIST}{policy.pk}/").status_code == 200
    readers = PolicyReading.objects.values_list("receipt__school__code", "reader__username")
    assert set(readers) == {("FH001", "clerk-FH001"), ("FH001", "team-FH001"), (None, "office")}
    assert Event.objects.filter(kind="pilots.receipt.read").count() == 3
    shown = text_of(client_of(bureau).get(f"{LIST}{policy.pk}/receipts/"))
    assert cast.clerk.name in shown and "待签收" in shown


def test_who_has_not_signed_is_urged_once_a_day(cast: Cast, bureau: User, office: User) -> None:
    factories.make_cast("FH002", office="城西教办")
    policy = rollout.make_published(bureau)
    mine = receipt_of(cast, policy)
    at = timezone.now()
    for user in (cast.user("secretary"), factories.make_bureau(Post.LEADER)):
        with pytest.raises(NotAllowed):
            remind_receipt(receipt=mine, by=user, at=at)
    mine = remind_receipt(receipt=mine, by=office, at=at)
    event = Event.objects.get(kind="pilots.receipt.reminded")
    audience = kind_of(event.kind).audience
    assert mine.status == "pending" and audience is not None and cast.user("clerk").pk in audience(event)
    with pytest.raises(WrongState, match="今天已经催办过"):
        remind_receipt(receipt=mine, by=office, at=at)
    with pytest.raises(WrongState, match="没有要催办的"):
        remind_all(policy=policy, by=office, at=at)
    assert remind_all(policy=policy, by=bureau, at=at) == 3, "the other school and both offices"
    assert remind_all(policy=policy, by=bureau, at=at + timedelta(days=1)) == 4
    answer = client_of(bureau).post(f"{LIST}{policy.pk}/remind/", follow=True)
    assert "没有要催办的" in text_of(answer) or "已催办" in text_of(answer)


def test_the_new_document_supersedes_the_old_and_closes_its_open_receipts(cast: Cast, bureau: User) -> None:
    other = factories.make_cast("FH002")
    old = rollout.make_published(bureau)
    sign(receipt_of(cast, old), cast.user("clerk"))
    new = rollout.make_published(bureau, "奉教党〔2026〕2号", supersedes=old.pk)
    old.refresh_from_db()
    assert old.status == "superseded" and receipt_of(cast, old).closed_at is None
    closed = receipt_of(other, old)
    assert closed.closed_at is not None and closed.status == "pending"
    assert Deadline.objects.filter(ended_at=None).count() == 2, "those of the new document"
    with pytest.raises(WrongState, match="不用再签收"):
        sign(closed, other.user("clerk"))
    assert set(clauses_in_force().values_list("policy", flat=True)) == {new.pk}
    assert Event.objects.get(kind="pilots.policy.superseded").data["closed"] == 2, "the school's and its office's"
    with pytest.raises(InvalidInput, match="现行文件"):
        rollout.make_published(bureau, "奉教党〔2026〕3号", supersedes=old.pk)
    today, yesterday = rollout.today(), rollout.today() - timedelta(days=1)
    assert list(founding_documents(bureau, today)) == [new] and not founding_documents(bureau, yesterday).exists()
    assert "被" in text_of(client_of(cast.user("team")).get(f"{LIST}{old.pk}/"))


def test_founding_documents_name_all_six_elements(cast: Cast, bureau: User) -> None:
    plan = rollout.make_published(bureau, kind="implementation_plan")
    rollout.make_published(bureau, "2号", kind="guide")
    rollout.make_published(bureau, "3号", sections={"tasks": "只有一个要素"})
    at = timezone.now()
    draft_policy(new=rollout.policy_input("4号"), by=bureau, at=at)
    assert list(founding_documents(bureau, rollout.today())) == [plan]
    partly = draft_policy(
        new=rollout.policy_input("5号", kind="implementation_plan", sections={"tasks": "只有一个"}), by=bureau, at=at
    )
    with pytest.raises(InvalidInput, match="还缺 5 个"):
        publish_policy(policy=partly, by=bureau, at=at)


def test_drafts_are_checked_and_what_is_published_does_not_change(cast: Cast, bureau: User) -> None:
    at, today = timezone.now(), rollout.today()
    with pytest.raises(NotAllowed):
        draft_policy(new=rollout.policy_input(), by=cast.user("secretary"), at=at)
    with pytest.raises(InvalidInput) as why:
        draft_policy(new=rollout.policy_input("x", title="短", kind="poem"), by=bureau, at=at)
    assert [fault.path for fault in why.value.faults] == ["number", "title", "kind"]
    unfit = rollout.policy_input(
        issued_on=today + timedelta(days=1), receipt_due_on=None, to_all=False, sections={}
    )  # fmt: skip
    policy = draft_policy(new=unfit, by=bureau, at=at)
    with pytest.raises(InvalidInput) as why:
        publish_policy(policy=policy, by=bureau, at=at)
    assert [fault.path for fault in why.value.faults] == ["issued_on", "receipt_due_on", "schools", "sections"]
    policy = edit_policy(policy=policy, new=rollout.policy_input(), by=bureau, at=at)
    policy = publish_policy(policy=policy, by=bureau, at=at)
    with pytest.raises(WrongState, match="已经发布"):
        edit_policy(policy=policy, new=rollout.policy_input(), by=bureau, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(published_by=None)


def test_the_bureau_drafts_with_files_and_publishes_on_its_pages(
    cast: Cast, bureau: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    client = client_of(bureau)
    typed = {
        "number": "奉教党〔2026〕1号", "title": "关于做好试点工作的通知", "kind": "notice", "issued_on": str(rollout.today()),
        "receipt_due_on": str(rollout.today() + timedelta(days=5)), "to_all": "1", "tasks": "第一件\n第二件", "version": 0,
    }  # fmt: skip
    assert client.post(f"{LIST}new/", typed | {"number": ""}).status_code == 422
    file = SimpleUploadedFile("通知.pdf", b"%PDF-1.4 notice")
    assert client.post(f"{LIST}new/", typed | {"files": [file]}).status_code == 302
    policy = Policy.objects.get()
    page = f"{LIST}{policy.pk}/"
    assert list(policy.clauses.values_list("label", flat=True)) == ["一（一）", "一（二）"]
    attachment = Attachment.objects.get()
    download = f"/files/{attachment.pk}/"
    for user in (cast.user("secretary"), factories.make_bureau(Post.LEADER)):
        assert client_of(user).get(page).status_code == 404, "a draft is the bureau's own"
        assert client_of(user).get(attachment.get_absolute_url()).status_code == 404, download
    assert client.post(f"{page}edit/", typed | {"title": "关于试点工作的通知", "version": 5}).status_code == 409
    assert client.post(f"{page}edit/", typed | {"title": "关于试点工作的通知", "version": 1}).status_code == 302
    assert client.post(f"{page}publish/", {"version": 1}).status_code == 409
    assert client.post(f"{page}publish/", {"version": Policy.objects.get().version}).status_code == 302
    clerk = client_of(cast.user("clerk"))
    assert "第二件" in text_of(clerk.get(page))
    assert b"".join(clerk.get(attachment.get_absolute_url()).streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert "签收《关于试点工作的通知》" in text_of(clerk.get("/")) and "待签收" in text_of(clerk.get(LIST))
    receipt = receipt_of(cast, policy)
    assert clerk.post(f"{page}sign/", {"receipt": receipt.pk, "version": 9}).status_code == 412
    assert clerk.post(f"{page}sign/", {"receipt": receipt.pk, "version": receipt.version}).status_code == 302
    assert "已签收" in text_of(clerk.get(f"{LIST}mine/")) and "待签收" not in text_of(clerk.get("/"))
    assert cast.clerk.name in client.get(f"{page}receipts/export.csv").content.decode("utf-8-sig")
    assert "关于试点工作的通知" in client.get(f"{LIST}export.csv").content.decode("utf-8-sig")
    assert client.get(f"{page}edit/").status_code == 302
    for user in (cast.user("secretary"), factories.make_bureau(Post.SUPERVISOR)):
        assert client_of(user).get(f"{LIST}new/").status_code == 404
        assert client_of(user).post(f"{page}publish/", {"version": 3}).status_code == 404


def test_a_draft_is_discarded_with_its_files(bureau: User, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("通知.pdf", b"%PDF-1.4 notice")
    policy = draft_policy(new=rollout.policy_input(), files=[file], by=bureau, at=timezone.now())
    client, page = client_of(bureau), f"{LIST}{policy.pk}/"
    assert client.post(f"{page}files/remove/", {"file": Attachment.objects.get().pk}).status_code == 302
    assert not Attachment.objects.exists()
    assert client.post(f"{page}discard/", {"version": 1}).status_code == 409
    assert client.post(f"{page}discard/", {"version": 2}).status_code == 302 and not Policy.objects.exists()
    assert Event.objects.filter(kind="pilots.policy.discarded").exists()


def test_policies_and_receipts_by_api(cast: Cast, bureau: User, office: User) -> None:
    policy = rollout.make_published(bureau)
    rollout.make_published(bureau, "2号", to_all=False, schools=[factories.make_cast("FH002", office=None).school.pk])
    api = machine("pilots:read", schools=("FH001",))
    rows = api.get("pilots/policies/").json()["results"]
    assert [(row["number"], row["issued_on"]) for row in rows] == [("奉教党〔2026〕1号", str(rollout.today()))]
    assert (
        set(rows[0]["elements"]) == set(rollout.ELEMENTS)
        and rows[0]["elements"]["tasks"] == "tasks 第一条\ntasks 第二条"
    )
    assert rows[0]["receipts"] == {"due": 1, "signed": 0}
    whole = machine("pilots:read", "pilots:write")
    assert len(whole.get("pilots/policies/?kind=notice&status=published").json()["results"]) == 2
    assert whole.get("pilots/policies/?kind=poem").status_code == 400
    detail = whole.get(f"pilots/policies/{policy.pk}/").json()
    assert len(detail["clauses"]) == 12 and detail["receipts"] == {"due": 2, "signed": 0}, "offices are no client's"
    receipt = receipt_of(cast, policy)
    clerk = person(cast.user("clerk"))
    seen = clerk.get(f"pilots/receipts/{receipt.pk}/")
    assert seen.json()["actions"] == ["sign"] and seen.json()["late"] is False
    assert whole.post(f"pilots/receipts/{receipt.pk}/actions/sign/").status_code == 403, "a client holds no post"
    assert person(office).post(f"pilots/receipts/{receipt.pk}/actions/sign/").status_code == 403
    assert person(office).get(f"pilots/receipts/{receipt.pk}/").json()["actions"] == ["remind"]
    stranger = person(factories.make_cast("FH003").user("clerk"))
    assert stranger.post(f"pilots/receipts/{receipt.pk}/actions/sign/").status_code == 404
    done = clerk.post(f"pilots/receipts/{receipt.pk}/actions/sign/", {}, **{"If-Match": seen["ETag"]})
    assert (done.status_code, done.json()["status"], done.json()["signed_by"]) == (200, "signed", cast.clerk.name)
    assert clerk.post(f"pilots/receipts/{receipt.pk}/actions/sign/").status_code == 409
    assert [row["school"] for row in whole.get("pilots/receipts/?status=signed").json()["results"]] == ["FH001"]


def test_lists_of_documents_cost_the_same_for_1_and_20(cast: Cast, bureau: User, office: User) -> None:
    first = rollout.make_published(bureau)
    clerk, client, api = client_of(cast.user("clerk")), client_of(bureau), person(bureau)
    doors = [(clerk.get, LIST), (client.get, LIST), (client.get, f"{LIST}{first.pk}/receipts/"), (clerk.get, f"{LIST}mine/"),
             (clerk.get, "/"), (api.get, "pilots/policies/"), (api.get, "pilots/receipts/")]  # fmt: skip

    def queries() -> list[int]:
        counts = []
        for get, path in doors:
            get(path)
            with CaptureQueriesContext(connection) as counted:
                assert get(path).status_code == 200, path
            counts.append(len(counted))
        return counts

    one = queries()
    for number in range(2, 12):
        rollout.make_published(bureau, f"{number}号", receipt_due_on=rollout.today() + timedelta(days=number))
    assert queries() == one and max(one[:4] + one[5:]) <= 12, one


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_who_sign_at_once_one_signs() -> None:
    bureau, cast = factories.make_bureau(), factories.make_cast("FH001")
    receipt = receipt_of(cast, rollout.make_published(bureau))
    gate, said = threading.Barrier(2), []

    def attempt(role: str) -> None:
        try:
            gate.wait(5)
            sign(receipt, cast.user(role))
            said.append("signed")
        except WrongState:
            said.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=(role,)) for role in ("secretary", "clerk")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(said) == ["refused", "signed"]
    assert Event.objects.filter(kind="pilots.receipt.signed").count() == 1
