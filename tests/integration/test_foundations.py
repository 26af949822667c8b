"""五项工程: registered by 书记 with a signed decision of the school, kept in a register, read in the table and among peers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from checklists import services as tasks
from checklists.models import Task
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance.models import AgendaItem, Decision
from governance.models.items import ItemReader
from pilots import foundations as reading
from pilots.matrix import groups_of
from pilots.models import Foundation, FoundationKind, FoundationText, PlanRow
from pilots.services.foundations import AdoptedText, register_text
from schools.adoptions import signed_decisions
from tests import factories, plans
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def organiser() -> User:
    return factories.make_bureau()


@pytest.fixture
def decision(cast: Cast) -> Decision:
    return factories.make_signed(cast).decisions.get()


def text_of(decision: Decision, **values: Any) -> AdoptedText:
    given = AdoptedText("学校章程", "2026 年修订", decision.decided_on, f"governance.decision:{decision.pk}")
    return replace(given, **values)


def register(
    cast: Cast, text: AdoptedText, *, kind: str = "charter", by: str = "secretary", **values: Any
) -> Foundation:
    return register_text(school=cast.school, kind=kind, text=text, by=cast.user(by), at=timezone.now(), **values)


def work(cast: Cast, kind: str = "charter") -> reading.Work:
    return reading.works_of([cast.school.pk], timezone.localdate())[cast.school.pk][kind]


def test_a_work_is_done_with_its_text_day_and_signed_decision(
    cast: Cast, decision: Decision, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    done = register(cast, text_of(decision), files=[SimpleUploadedFile("章程.txt", "第一条".encode())])
    assert (done.status, done.text_version, done.adopted_on) == ("done", "2026 年修订", decision.decided_on)
    line = reading.register_of(cast.school, cast.user("secretary"))["charter"][0]
    assert line.url == decision.get_absolute_url() and [file.name for file in line.files] == ["章程.txt"]
    assert decision.number in line.text.adopted_text
    office = factories.make_office_user()
    assert reading.register_of(cast.school, office)["charter"][0].url == ""  # sees the file, not the meeting
    assert reading.may_read_text_files(office, line.text.pk)


@pytest.mark.parametrize("role", ["principal", "clerk", "deputy"])
def test_only_the_secretary_registers(cast: Cast, decision: Decision, role: str) -> None:
    with pytest.raises(NotAllowed, match="书记"):
        register(cast, text_of(decision), by=role)


def test_only_a_signed_decision_of_the_school_adopts(cast: Cast, decision: Decision) -> None:
    neighbour = factories.make_signed(factories.make_cast("FH002")).decisions.get()
    for subject in ("", "governance.meeting:x", f"governance.decision:{neighbour.pk}"):
        with pytest.raises(InvalidInput, match="只列本校已签发的"):
            register(cast, text_of(decision, adopted_by=subject))
    assert [found.subject for found in signed_decisions(cast.school.pk, cast.user("secretary"))] == [
        f"governance.decision:{decision.pk}"
    ]
    AgendaItem.objects.filter(decision=decision).update(secrecy="restricted")
    ItemReader.objects.create(item=decision.item, person=cast.secretary)  # who may read it may not show it to all
    with pytest.raises(InvalidInput, match="只列本校已签发的"):
        register(cast, text_of(decision))


@pytest.mark.parametrize(
    ("values", "path"),
    [({"title": " "}, "title"), ({"text_version": ""}, "text_version"), ({"adopted_on": None}, "adopted_on")],
)
def test_what_is_registered_is_whole(cast: Cast, decision: Decision, values: dict[str, Any], path: str) -> None:
    if values == {"adopted_on": None}:
        values = {"adopted_on": decision.decided_on - timedelta(days=1)}
    with pytest.raises(InvalidInput) as refusal:
        register(cast, text_of(decision, **values))
    assert [fault.path for fault in refusal.value.faults] == [path]
    assert not Foundation.objects.exists()


def test_a_later_text_takes_the_place_and_the_register_keeps_both(cast: Cast, decision: Decision) -> None:
    first = register(cast, text_of(decision))
    with pytest.raises(Stale):
        register(cast, text_of(decision), version=first.version - 1)
    register(cast, text_of(decision, text_version="2027 年修订"), version=first.version)
    lines = reading.register_of(cast.school, cast.user("secretary"))["charter"]
    assert [(line.text.text_version, line.until) for line in lines] == [
        ("2027 年修订", None),
        ("2026 年修订", decision.decided_on),
    ]
    for change in (lambda: FoundationText.objects.update(title="别的"), lambda: FoundationText.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_work_is_in_progress_when_one_of_its_tasks_is(
    cast: Cast, organiser: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    plans.make_approved(cast, organiser)
    assert (work(cast).status, work(cast).total) == ("not_started", 1)
    task = Task.objects.get(plan_rows__kind="charter")
    file = SimpleUploadedFile("章程草案.txt", b"text")
    tasks.progress(task=task, text="已起草", files=[file], by=cast.user("principal"), at=timezone.now())
    assert (work(cast).status, work(cast).state) == ("in_progress", "n")
    assert [f.name for f in reading.evidence_of(cast.school, "charter")] == ["章程草案.txt"]
    Task.objects.filter(pk=task.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    assert work(cast).tag == ("bad", "1 项逾期")


def test_the_text_is_taken_from_the_evidence_of_its_tasks_only(
    cast: Cast, decision: Decision, organiser: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    plans.make_approved(cast, organiser)
    for kind in ("charter", "duties"):
        task = Task.objects.get(plan_rows__kind=kind)
        tasks.progress(
            task=task,
            text="",
            files=[SimpleUploadedFile(f"{kind}.txt", b"x")],
            by=cast.user("principal"),
            at=timezone.now(),
        )
    keys = {file.name: file.pk for file in Attachment.objects.all()}
    with pytest.raises(InvalidInput, match="从这项工程任务的佐证里选"):
        register(cast, text_of(decision, evidence=(keys["duties.txt"],)))
    register(cast, text_of(decision, evidence=(keys["charter.txt"],)))
    text = FoundationText.objects.get()
    assert Attachment.objects.get(subject=f"pilots.foundationtext:{text.pk}").name == "charter.txt"


def test_the_figures_count_what_the_day_knew(cast: Cast, decision: Decision, organiser: User) -> None:
    today = timezone.localdate()
    plans.make_approved(cast, organiser)
    for kind in FoundationKind.values[:-1]:
        register(cast, text_of(decision), kind=kind)
    assert not reading.completed_schools(today).exists()
    register(cast, text_of(decision), kind=FoundationKind.values[-1])
    assert list(reading.completed_schools(today)) == [cast.school]
    assert not reading.completed_schools(today - timedelta(days=1)).exists()
    assert reading.plan_tasks(today).count() == reading.definite_tasks(today).count() == 5
    assert reading.plan_tasks(today - timedelta(days=1)).count() == 0


# ---- pages ----


@pytest.fixture
def page(client: Client) -> Iterator[Any]:
    def get(user: User, name: str, *args: Any, data: Any = None, **query: str) -> Any:
        client.force_login(user)
        url = reverse(name, args=args)
        return client.post(url, data) if data is not None else client.get(url, query)

    yield get


def test_registering_in_the_browser(cast: Cast, decision: Decision, page: Any) -> None:
    secretary = cast.user("secretary")
    body = page(secretary, "pilots:foundation-register", "FH001", "charter").content.decode()
    assert decision.number in body and "非涉密系统" in body
    given = {"title": "学校章程", "text_version": "2026 版", "adopted_on": str(decision.decided_on), "version": "0"}
    assert page(secretary, "pilots:foundation-register", "FH001", "charter", data=given).status_code == 422
    given["adopted_by"] = f"governance.decision:{decision.pk}"
    assert page(secretary, "pilots:foundation-register", "FH001", "charter", data=given).status_code == 302
    assert "2026 版" in page(cast.user("team"), "pilots:foundations", "FH001").content.decode()
    assert page(cast.user("clerk"), "pilots:foundation-register", "FH001", "charter").status_code == 404
    stranger = factories.make_cast("FH002").user("secretary")
    assert page(stranger, "pilots:foundations", "FH001").status_code == 404


def test_the_table_drills_down_and_asks_the_same_of_one_and_many(
    cast: Cast, decision: Decision, organiser: User, page: Any
) -> None:
    plans.make_approved(cast, organiser)
    for kind in FoundationKind.values:
        register(cast, text_of(decision), kind=kind)
    page(organiser, "pilots:foundation-matrix")
    with CaptureQueriesContext(connection) as one:
        page(organiser, "pilots:foundation-matrix")
    for number in range(2, 6):
        plans.make_approved(factories.make_cast(f"FH00{number}"), organiser)
    with CaptureQueriesContext(connection) as many:
        body = page(organiser, "pilots:foundation-matrix").content.decode()
    assert len(many) == len(one)
    assert "5 所学校，" in body and "1 所</a>五项都完成" in body
    assert f"{reverse('pilots:foundations', args=['FH001'])}#charter" in body
    Task.objects.filter(school__code="FH002").update(due_on=timezone.localdate() - timedelta(days=2))
    late = page(organiser, "pilots:foundation-matrix", view="late").content.decode()
    assert "FH002" in late and "FH003" not in late
    rows = page(organiser, "pilots:foundations-export", "csv", view="done").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3 and "已完成" in rows[2]
    own = page(cast.user("principal"), "pilots:foundation-matrix")
    assert own.url == reverse("pilots:foundations", args=["FH001"])


def test_peers_show_medians_without_the_names_of_others(cast: Cast, organiser: User, page: Any) -> None:
    others = [factories.make_cast(f"FH00{number}") for number in range(2, 5)]
    for other in (cast, *others):
        plans.make_approved(other, organiser)
    Task.objects.filter(school=cast.school).update(due_on=timezone.localdate() - timedelta(days=2))
    group = groups_of(organiser, timezone.localdate())[0]
    assert (group.label, group.medians) == ("规模中、基础中、城区", {"done": "0", "share": "0", "overdue": "0"})
    assert group.place_of(group.peers[0], "overdue") == "多于多数同类"
    seen = page(cast.user("principal"), "pilots:foundation-peers").content.decode()
    assert cast.school.short_name in seen and others[0].school.short_name not in seen
    assert others[0].school.short_name in page(organiser, "pilots:foundation-peers").content.decode()


def test_rows_of_a_draft_are_no_tasks(cast: Cast) -> None:
    plans.fill(plans.make_draft(cast), cast)
    assert PlanRow.objects.count() == 5 and work(cast).total == 0


def test_an_unknown_work_is_not_found(cast: Cast, page: Any) -> None:
    assert page(cast.user("secretary"), "pilots:foundation-register", "FH001", "kitchen").status_code == 404


def test_done_is_a_state_of_the_table() -> None:
    from pilots.states import FOUNDATION

    with pytest.raises(WrongState):
        FOUNDATION.require("done", "done")
