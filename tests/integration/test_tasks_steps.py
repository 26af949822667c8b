"""A task through its door: who may take which step in which state, what a refusal keeps, and that one of two wins."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from audit.models import Event
from checklists import services
from checklists.guards import open_actions
from checklists.models import Progress, SourceKind, Task, TaskStatus
from checklists.selectors import to_close
from checklists.services import NewTask, open_checklist
from common.dates import local_day
from common.errors import DomainError, NotAllowed
from deadlines.models import Deadline
from schools.permissions import Post
from tests import factories

pytestmark = pytest.mark.django_db
ROLES = ("secretary", "principal", "deputy", "member", "team", "clerk")
OUTSIDERS = ("organiser", "supervisor", "leader", "office", "stranger")
WORK, ASSIGN = {"progress", "submit"}, {"reschedule", "hand_to", "cancel"}
CLOSE = {"close", "return"}


def due(days: int) -> date:
    return local_day(timezone.now()) + timedelta(days=days)


def give(cast: factories.Cast, role: str = "principal", *days: int, source: Any = None) -> list[Task]:
    """Tasks of that person, due in so many days, given by the secretary."""
    new = [NewTask(f"任务{n}", f"措施{n}", due(day), cast.people[role], "") for n, day in enumerate(days or (10,), 1)]
    at = timezone.now()
    checklist = open_checklist(
        school=cast.school, source=source or cast.school, kind=SourceKind.DECISION, title="2026-党-001-01 换届",
        url="/governance/decisions/", tasks=new, by=cast.user("secretary"), at=at,
    )  # fmt: skip
    return list(checklist.tasks.order_by("order"))


def bring(task: Task, status: str, worker: User, closer: User) -> Task:
    """Take the task to that state by its own steps."""
    at = timezone.now()
    if status == "in_progress":
        return services.progress(task=task, text="已开始", by=worker, at=at)
    if status in ("submitted", "closed"):
        task = services.submit(task=task, text="已办好", by=worker, at=at)
    if status == "closed":
        task = services.close(task=task, by=closer, at=at)
    if status == "cancelled":
        task = services.cancel(task=task, reason="上级另有安排", by=closer, at=at)
    return task


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast()


@pytest.fixture
def world(cast: factories.Cast) -> dict[str, Any]:
    """Everybody who may look at the school, and a stranger: maker of a fresh account object by role."""
    accounts = {
        "organiser": factories.make_bureau(),
        "supervisor": factories.make_bureau(Post.SUPERVISOR),
        "leader": factories.make_bureau(Post.LEADER),
        "office": factories.make_office_user(),
        "stranger": factories.make_cast("FH002").user("secretary"),
    }
    return {
        **{role: lambda role=role: cast.user(role) for role in ROLES},
        **{k: lambda k=k: User.objects.get(pk=accounts[k].pk) for k in accounts},
    }


def allowed(task: Task, user: User) -> set[str]:
    task = Task.objects.select_related("school", "responsible").get(pk=task.pk)
    return {step.name for step in open_actions(task, user)}


# What the paper allows when 校长 is responsible: per state, per role. Everybody not named may do nothing.
TABLE: dict[str, dict[str, set[str]]] = {
    "not_started": {"principal": WORK | {"reschedule", "hand_to"}, "secretary": ASSIGN},
    "in_progress": {"principal": WORK | {"reschedule", "hand_to"}, "secretary": ASSIGN},
    "submitted": {"principal": {"reschedule", "hand_to"}, "secretary": ASSIGN | CLOSE, "deputy": CLOSE},
    "closed": {
        "secretary": {"reopen"},
        "deputy": {"reopen"},
        "organiser": {"reopen"},
        "supervisor": {"reopen"},
        "office": {"reopen"},
    },
    "cancelled": {},
}


@pytest.mark.parametrize("status", TaskStatus.values)
def test_each_role_may_take_the_steps_of_the_table_and_no_others(
    cast: factories.Cast, world: dict[str, Any], status: str
) -> None:
    [task] = give(cast)
    bring(task, status, cast.user("principal"), cast.user("secretary"))
    for role in (*ROLES, *OUTSIDERS):
        assert allowed(task, world[role]()) == TABLE[status].get(role, set()), role


@pytest.mark.parametrize("status", TaskStatus.values)
def test_the_door_lets_nobody_take_a_step_the_table_does_not_allow(
    cast: factories.Cast, world: dict[str, Any], status: str
) -> None:
    """Every step by everybody: refused with the state untouched, or 404 for the stranger; only allowed ones are left out."""
    [task] = give(cast)
    task = bring(task, status, cast.user("principal"), cast.user("secretary"))
    forms = {
        "text": "好了", "reason": "理由写足四个字", "due_on": due(30).isoformat(), "person": str(cast.people["team"].pk),
    }  # fmt: skip
    for role in (*ROLES, *OUTSIDERS):
        client = Client()
        client.force_login(world[role]())
        for name in ("progress", "submit", "close", "return", "reschedule", "hand_to", "cancel", "reopen"):
            if name in TABLE[status].get(role, set()):
                continue
            address = reverse("checklists:task-action", args=[task.pk, name])
            answer = client.post(address, {**forms, "version": task.version})
            assert answer.status_code == (404 if role == "stranger" else 409), (role, name)
    after = Task.objects.get(pk=task.pk)
    assert (after.status, after.version, after.due_on) == (status, task.version, task.due_on)


# ---- footnote 9: another person closes ----


def closers(cast: factories.Cast, task: Task, *more: User) -> set[str]:
    """Who may close, by the guard; the list of 待我确认销号 must say the same."""
    users = {role: cast.user(role) for role in cast.people} | {user.username: user for user in more}
    by_guard = {name for name, user in users.items() if "close" in allowed(task, user)}
    by_list = {name for name, user in users.items() if to_close(user, due(0)).filter(pk=task.pk).exists()}
    assert by_guard == by_list
    return by_guard


def submitted(cast: factories.Cast, role: str) -> Task:
    [task] = give(cast, role)
    return services.submit(task=task, text="已办好", by=cast.user(role), at=timezone.now())


@pytest.mark.parametrize(
    ("responsible", "expected"),
    [
        ("principal", {"secretary", "deputy"}),
        ("deputy", {"secretary", "principal"}),
        ("team", {"secretary", "principal", "deputy"}),
        ("clerk", {"secretary", "principal", "deputy"}),
        ("secretary", {"principal"}),  # 书记是责任人的由校长确认
    ],
)
def test_who_confirms_depends_on_who_is_responsible(cast: factories.Cast, responsible: str, expected: set[str]) -> None:
    assert closers(cast, submitted(cast, responsible), factories.make_bureau()) == expected


def combined(deputy: bool) -> factories.Cast:
    """A school in which one person is 书记 and 校长, with or without 副书记."""
    cast = factories.Cast(factories.make_school("FH009", leadership_mode="combined"))
    rows = [("secretary", "沈书记", (Post.SECRETARY, Post.PRINCIPAL)), ("team", "何主任", (Post.ADMIN_TEAM_MEMBER,))]
    if deputy:
        rows.append(("deputy", "吴副书记", (Post.DEPUTY_SECRETARY,)))
    for role, name, posts in rows:
        cast.people[role] = factories.make_person(name, f"{role}-9", *posts, school=cast.school)
    return cast


@pytest.mark.parametrize(("deputy", "expected"), [(True, {"deputy"}), (False, {"organiser"})])
def test_one_person_in_both_posts_is_confirmed_by_the_deputy_or_else_by_the_organisers(
    deputy: bool, expected: set[str]
) -> None:
    cast = combined(deputy)
    organiser = factories.make_bureau()
    task = submitted(cast, "secretary")
    assert closers(cast, task, organiser, factories.make_bureau(Post.SUPERVISOR)) == expected
    closer = organiser if expected == {"organiser"} else cast.user("deputy")
    assert services.close(task=task, by=closer, at=timezone.now()).status == "closed"


def test_who_leaves_the_post_can_no_longer_close(cast: factories.Cast) -> None:
    task = submitted(cast, "team")
    cast.people["deputy"].appointments.update(ends_on=due(-1))
    assert closers(cast, task) == {"secretary", "principal"}


def test_the_doer_cannot_close_in_the_service_nor_past_it_in_the_database(cast: factories.Cast) -> None:
    """Submitted by 校长, then handed to somebody else: 校长 is not responsible any more, but it was he who marked it done."""
    task = submitted(cast, "principal")
    task = services.hand_to(task=task, person=cast.people["team"], by=cast.user("secretary"), at=timezone.now())
    assert closers(cast, task) == {"secretary", "deputy"}
    with pytest.raises(NotAllowed, match="另一个人"):
        services.close(task=task, by=cast.user("principal"), at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(
            status="closed", closed_by=cast.user("principal"), closed_at=timezone.now()
        )


# ---- versions, concurrency ----


def post(user: User, task: Task, name: str, **data: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(reverse("checklists:task-action", args=[task.pk, name]), data)


def test_a_step_on_what_others_have_changed_meanwhile_is_refused_and_keeps_what_was_typed(cast: factories.Cast) -> None:
    [task] = give(cast)
    services.reschedule(task=task, due_on=due(20), reason="上级推迟检查", by=cast.user("secretary"), at=timezone.now())
    photo = SimpleUploadedFile("现场.jpg", b"\xff\xd8\xff123")
    answer = post(cast.user("principal"), task, "progress", text="已开会布置", evidence=photo, version=task.version)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "刚才有人办理过这项任务" in page
    assert "已开会布置</textarea>" in page
    assert "再选一次：现场.jpg" in page
    assert not Progress.objects.exists() and not Attachment.objects.exists()
    fresh = answer.context["task"].version
    assert f'name="version" value="{fresh}"' in page
    assert post(cast.user("principal"), task, "progress", text="已开会布置", version=fresh).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_form_without_a_readable_version_counts_as_stale(cast: factories.Cast, version: str) -> None:
    [task] = give(cast)
    assert post(cast.user("principal"), task, "submit", text="好了", version=version).status_code == 409
    assert Task.objects.get(pk=task.pk).status == "not_started"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_wins_and_the_other_is_told(cast: factories.Cast) -> None:
    task = submitted(cast, "team")
    people = [cast.user(role) for role in ("secretary", "principal", "deputy")]
    ready, outcomes = threading.Barrier(len(people)), []

    def confirm(user: User) -> None:
        try:
            ready.wait(10)
            services.close(task=task, version=task.version, by=user, at=timezone.now())
            outcomes.append("closed")
        except DomainError as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["Stale", "Stale", "closed"]
    assert Event.objects.filter(kind="checklists.task.closed").count() == 1


# ---- what each step does ----


def test_the_way_from_progress_to_the_closing(cast: factories.Cast) -> None:
    [task] = give(cast)
    photo = SimpleUploadedFile("现场 1.jpg", b"\xff\xd8\xff123")
    paper = SimpleUploadedFile("方案.pdf", b"%PDF-1.4")
    home = reverse("checklists:mine")
    answer = post(
        cast.user("principal"),
        task,
        "progress",
        text="开会布置",
        evidence=[photo, paper],
        version=task.version,
        next=home,
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, home)
    assert set(Attachment.objects.values_list("name", flat=True)) == {"现场 1.jpg", "方案.pdf"}
    task.refresh_from_db()
    assert task.status == "in_progress"
    answer = post(cast.user("principal"), task, "submit", version=task.version, next="https://elsewhere.example/")
    assert answer.headers["Location"] == task.get_absolute_url(), "leads nowhere but within the portal"
    task.refresh_from_db()
    answer = post(cast.user("secretary"), task, "return", reason="照片不清楚，重拍一张", version=task.version)
    task.refresh_from_db()
    assert (task.status, task.submitted_by) == ("in_progress", None)
    assert Attachment.objects.count() == 2 and Progress.objects.count() == 1, "evidence stays when it is sent back"
    post(cast.user("principal"), task, "submit", text="已重拍", version=task.version)
    task.refresh_from_db()
    post(cast.user("deputy"), task, "close", version=task.version)
    task.refresh_from_db()
    assert (task.status, task.closed_by) == ("closed", cast.user("deputy"))
    deadline = Deadline.objects.get(subject=f"checklists.task:{task.pk}")
    assert deadline.ended_at is not None and deadline.remind_at is None
    kinds = Event.objects.filter(subject=f"checklists.task:{task.pk}").order_by("seq").values_list("kind", flat=True)
    assert [kind.rpartition(".")[2] for kind in kinds] == [
        "opened", "progressed", "submitted", "returned", "submitted", "closed",
    ]  # fmt: skip


def test_the_secretary_moves_the_day_hands_over_and_ends(cast: factories.Cast) -> None:
    [task] = give(cast)
    secretary = cast.user("secretary")
    post(secretary, task, "reschedule", due_on=due(40).isoformat(), reason="等上级批复", version=task.version)
    task.refresh_from_db()
    assert task.due_on == due(40)
    answer = post(secretary, task, "hand_to", person=str(cast.people["team"].pk), version=task.version)
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.responsible, task.responsible_post) == (cast.people["team"], "行政班子成员")
    post(secretary, task, "cancel", reason="与另一任务合并", version=task.version)
    task.refresh_from_db()
    assert (task.status, task.cancelled_by) == ("cancelled", secretary)


def test_a_closed_task_runs_again_with_reason_and_day(cast: factories.Cast) -> None:
    [task] = give(cast)
    task = bring(task, "closed", cast.user("principal"), cast.user("secretary"))
    supervisor = factories.make_bureau(Post.SUPERVISOR)
    answer = post(
        supervisor, task, "reopen", due_on=due(5).isoformat(), reason="抽查发现没有落实", version=task.version
    )
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.status, task.due_on, task.closed_by) == ("in_progress", due(5), None)


@pytest.mark.parametrize(
    ("name", "data", "field", "words"),
    [
        ("progress", {}, "text", "写一句进展，或传一份佐证"),
        ("progress", {"text": "字" * 2001}, "text", "2000 字以内"),
        ("submit", {}, "text", "先写一句完成情况"),
        ("cancel", {"reason": "短"}, "reason", "4 至 500 个字"),
        ("reschedule", {"reason": "等上级批复"}, "due_on", "选一个新的时限"),
        ("reschedule", {"reason": "等上级批复", "due_on": "2020-01-01"}, "due_on", "今天"),
        ("reschedule", {"reason": "等上级批复", "due_on": "x"}, "due_on", "2026-11-20"),
        ("hand_to", {"person": ""}, "person", "选一位在任的人"),
        ("hand_to", {"person": "x"}, "person", "选一位现在在本校任职的人"),
    ],
)
def test_a_faulty_form_says_beside_the_field_what_to_write(
    cast: factories.Cast, name: str, data: dict[str, str], field: str, words: str
) -> None:
    [task] = give(cast)
    who = "principal" if name in WORK else "secretary"
    answer = post(cast.user(who), task, name, **data, version=task.version)
    assert answer.status_code == 422
    assert words in "".join(answer.context["form"].errors[field])
    assert "有 1 处要改" in answer.content.decode()
    assert Task.objects.get(pk=task.pk).version == task.version


def test_a_bad_file_stops_all_and_names_what_must_be_chosen_again(cast: factories.Cast) -> None:
    [task] = give(cast)
    files = [
        SimpleUploadedFile("好.pdf", b"%PDF-1.4"),
        SimpleUploadedFile("坏.exe", b"MZ"),
        SimpleUploadedFile("空.jpg", b""),
    ]
    answer = post(cast.user("principal"), task, "progress", text="开会布置", evidence=files, version=task.version)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“坏.exe”这种文件不能上传" in page and "“空.jpg”是空文件" in page
    assert "再选一次：好.pdf、坏.exe、空.jpg" in page
    assert "开会布置</textarea>" in page
    assert not Attachment.objects.exists() and not Progress.objects.exists()


def test_more_than_nine_files_are_refused(cast: factories.Cast) -> None:
    [task] = give(cast)
    files = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4") for n in range(10)]
    answer = post(cast.user("principal"), task, "progress", evidence=files, version=task.version)
    assert answer.status_code == 422
    assert "一次最多传 9 份，现在有 10 份" in answer.content.decode()


def test_a_closed_door_is_explained_and_unknown_steps_do_not_exist(cast: factories.Cast) -> None:
    [task] = give(cast)
    client = Client()
    client.force_login(cast.user("team"))
    page = client.get(reverse("checklists:task-action", args=[task.pk, "submit"])).content.decode()
    assert "只有责任人林校长01可以标为完成" in page
    assert 'id="f"' not in page
    assert client.get(reverse("checklists:task-action", args=[task.pk, "fly"])).status_code == 404
