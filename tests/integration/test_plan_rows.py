"""推进清单: rows with 四明确, written by several people at once, imported twice, taken from templates, carried into tasks (S10, A100)."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from checklists import services as tasks
from checklists.models import Task, TaskStatus
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from deadlines.models import Deadline
from pilots.models import Plan, PlanRow, RowDependency, Template, TemplateStatus
from pilots.row_table import from_paste
from pilots.rows import EXPORTED
from pilots.services import plans as plan_services
from pilots.services import rows as services
from pilots.services import templates as template_services
from pilots.services.row_import import import_rows, look
from pilots.services.rows import RowInput
from pilots.services.templates import TemplateInput, TemplateLine
from tests import factories, plans, workbooks
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


@pytest.fixture
def plan(cast: Cast) -> Plan:
    return plans.make_draft(cast)


def now() -> Any:
    return timezone.now()


def soon(days: int = 20) -> date:
    return timezone.localdate() + timedelta(days=days)


def row_of(cast: Cast, target: str = "修订章程", **values: Any) -> RowInput:
    given = {"kind": "charter", "measures": "起草、审定", "due_on": soon(), "responsible": cast.people["principal"]}
    return RowInput(target=target, **(given | values))


def add(plan: Plan, cast: Cast, target: str = "修订章程", **values: Any) -> PlanRow:
    return services.add_row(plan=plan, row=row_of(cast, target, **values), by=cast.user("clerk"), at=now())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def orders(plan: Plan) -> list[str]:
    return list(plan.rows.order_by("order").values_list("target", flat=True))


def typed(row: PlanRow | None, cast: Cast, **values: Any) -> dict[str, Any]:
    given = {
        "kind": "charter",
        "target": "修订章程",
        "measures": "起草、审定",
        "due_on": soon().isoformat(),
        "responsible": str(cast.people["principal"].pk),
    }
    return given | ({"version": row.version} if row else {}) | values


# ---- the four ----


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"target": " "}, "target"),
        ({"measures": ""}, "measures"),
        ({"due_on": None}, "due_on"),
        ({"responsible": None}, "responsible"),
    ],
)
def test_no_row_is_saved_without_one_of_the_four(plan: Plan, cast: Cast, lacking: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.add_row(
            plan=plan, row=row_of(cast, **({"target": "修订章程"} | lacking)), by=cast.user("clerk"), at=now()
        )
    assert [fault.path for fault in refusal.value.faults] == [field]
    assert not plan.rows.exists()


def test_all_faults_are_told_at_once_and_only_people_of_the_school_answer(plan: Plan, cast: Cast) -> None:
    other = factories.make_cast("FH002")
    row = RowInput(measures="x" * 2001, due_on=date(2206, 1, 1), responsible=other.people["principal"], kind="none")
    with pytest.raises(InvalidInput) as refusal:
        services.add_row(plan=plan, row=row, by=cast.user("clerk"), at=now())
    assert {fault.path for fault in refusal.value.faults} == {"target", "measures", "due_on", "responsible", "kind"}


def test_the_database_takes_no_plan_in_with_a_row_that_lacks_something(plan: Plan, cast: Cast) -> None:
    PlanRow(plan=plan, kind="charter", order=1, target="修订章程", measures="起草", due_on=soon()).commit(now())
    given = {"status": "submitted", "submitted_at": now(), "submitted_by": cast.user("secretary")}
    with pytest.raises(DatabaseError), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(**given)
    plan.rows.update(responsible=cast.people["principal"])
    assert Plan.objects.filter(pk=plan.pk).update(**given) == 1
    for change in (lambda: plan.rows.update(target="别的"), lambda: plan.rows.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# ---- writing together ----


def test_two_people_change_different_rows_and_both_stay(plan: Plan, cast: Cast) -> None:
    first, second = add(plan, cast, "甲"), add(plan, cast, "乙")
    services.change_row(row=first, new=row_of(cast, "甲一"), version=first.version, by=cast.user("clerk"), at=now())
    services.change_row(
        row=second, new=row_of(cast, "乙一"), version=second.version, by=cast.user("principal"), at=now()
    )
    assert orders(plan) == ["甲一", "乙一"]


def test_the_second_of_two_who_change_one_row_hears_what_differs(plan: Plan, cast: Cast) -> None:
    row = add(plan, cast)
    services.change_row(
        row=row, new=row_of(cast, due_on=soon(9)), version=row.version, by=cast.user("principal"), at=now()
    )
    with pytest.raises(Stale) as refusal:
        services.change_row(
            row=row, new=row_of(cast, units="党政办"), version=row.version, by=cast.user("clerk"), at=now()
        )
    found = {one.label: (one.theirs, one.yours) for one in refusal.value.differences}
    assert found == {"完成时限": (str(soon(9)), str(soon())), "协同部门": ("–", "党政办")}
    assert plan.rows.get().units == ""


def test_a_row_taken_out_meanwhile_is_not_saved(plan: Plan, cast: Cast) -> None:
    row = add(plan, cast)
    services.remove_row(row=row, version=row.version, by=cast.user("principal"), at=now())
    with pytest.raises(Stale, match="删去"):
        services.change_row(row=PlanRow(pk=row.pk, plan=plan), new=row_of(cast), by=cast.user("clerk"), at=now())
    kept = Event.objects.get(kind="pilots.plan.row_removed").data["before"]
    assert kept["target"] == "修订章程" and kept["responsible"] == cast.people["principal"].name


def test_only_the_school_writes_and_only_while_the_plan_is_with_it(cast: Cast) -> None:
    plan = plans.make_submitted(cast)
    row = plan.rows.first()
    assert row is not None
    with pytest.raises(WrongState, match="已经报送"):
        services.change_row(row=row, new=row_of(cast), by=cast.user("clerk"), at=now())
    with pytest.raises(NotAllowed):
        services.add_row(plan=plan, row=row_of(cast), by=cast.user("team"), at=now())
    with pytest.raises(NotAllowed):
        services.remove_row(row=row, by=factories.make_bureau(), at=now())


def test_numbers_run_through_the_works_and_rows_move_within_theirs(plan: Plan, cast: Cast) -> None:
    last = add(plan, cast, "机构换届", kind="organisation")
    add(plan, cast, "甲")
    second = add(plan, cast, "乙")
    assert orders(plan) == ["甲", "乙", "机构换届"]
    services.move_row(row=second, up=True, by=cast.user("clerk"), at=now())
    assert orders(plan) == ["乙", "甲", "机构换届"]
    with pytest.raises(WrongState, match="第一项"):
        services.move_row(row=last, up=True, by=cast.user("clerk"), at=now())


# ---- what waits for what ----


def test_rows_wait_for_others_but_never_in_a_circle(plan: Plan, cast: Cast) -> None:
    first = add(plan, cast, "甲")
    second = add(plan, cast, "乙", after=(first.pk,))
    third = add(plan, cast, "丙", after=(second.pk,))
    with pytest.raises(InvalidInput, match="绕成了圈"):
        services.change_row(row=first, new=row_of(cast, "甲", after=(third.pk,)), by=cast.user("clerk"), at=now())
    with pytest.raises(InvalidInput, match="另外一项"):
        services.change_row(row=first, new=row_of(cast, "甲", after=(first.pk,)), by=cast.user("clerk"), at=now())
    services.change_row(row=third, new=row_of(cast, "丙", after=(first.pk,)), by=cast.user("clerk"), at=now())
    assert set(RowDependency.objects.values_list("row__target", "after__target")) == {("乙", "甲"), ("丙", "甲")}


# ---- approval and later editions ----


def test_a_later_edition_keeps_its_tasks_and_carries_changes_over(cast: Cast) -> None:
    reviewer = factories.make_bureau()
    old = plans.make_approved(cast, reviewer)
    before = {row.line: row.task_id for row in old.rows.all()}
    done = old.rows.get(order=3).task
    tasks.submit(task=done, text="已完成", by=cast.user("principal"), at=now())
    tasks.close(task=done, by=cast.user("secretary"), at=now())
    new = plan_services.revise_plan(plan=old, by=cast.user("clerk"), at=now())
    moved, dropped = new.rows.get(order=1), new.rows.get(order=2)
    values = row_of(cast, moved.target, due_on=soon(60), responsible=cast.people["team"])
    services.change_row(row=moved, new=values, by=cast.user("clerk"), at=now())
    services.change_row(
        row=new.rows.get(order=3),
        new=row_of(cast, "改了也不动", kind="rules_of_procedure"),
        by=cast.user("clerk"),
        at=now(),
    )
    services.remove_row(row=dropped, by=cast.user("clerk"), at=now())
    add(new, cast, "新任务", kind="duties")
    new = plan_services.submit_plan(plan=new, by=cast.user("secretary"), at=now())
    plan_services.approve_plan(plan=new, by=reviewer, at=now())
    assert Task.objects.count() == 6
    carried = Task.objects.get(pk=before[moved.line])
    assert (carried.due_on, carried.responsible, carried.responsible_post) == (
        soon(60),
        cast.people["team"],
        "行政班子成员",
    )
    assert Deadline.objects.get(subject=f"checklists.task:{carried.pk}").due_on == soon(60)
    fact = Event.objects.get(kind="checklists.task.amended")
    assert (
        fact.data["changed"] == ["measures", "due_on", "responsible"]
        and fact.data["before"] == cast.people["principal"].name
    )
    gone = Task.objects.get(pk=before[dropped.line])
    assert gone.status == TaskStatus.CANCELLED
    assert Event.objects.get(kind="checklists.task.cancelled").data["reason"] == "新版方案不再列此项"
    closed = Task.objects.get(pk=before[new.rows.get(order=3).line])
    assert (closed.status, closed.target) == (TaskStatus.CLOSED, done.target)
    assert carried.checklist.url == new.get_absolute_url()
    page = signed_in(cast.user("team")).get(carried.get_absolute_url())
    assert "新版方案改了推进措施、完成时限、责任主体" in page.content.decode()


# ---- the page ----


def test_the_table_shows_tasks_marks_and_what_waits(cast: Cast) -> None:
    plan = plans.fill(plans.make_draft(cast), cast)
    plans.approve_school(cast.school)
    first, second = plan.rows.get(order=1), plan.rows.get(order=2)
    RowDependency.objects.create(row=second, after=first)
    plan = plan_services.submit_plan(plan=plan, by=cast.user("secretary"), at=now())
    plan = plan_services.approve_plan(plan=plan, by=factories.make_bureau(), at=now())
    first.refresh_from_db()
    Task.objects.filter(pk=first.task_id).update(due_on=soon(-8))
    page = signed_in(cast.user("clerk")).get(reverse("pilots:plan-rows", args=[plan.pk])).content.decode()
    assert "逾期 8 天" in page and "逾期 1 项" in page and "等第 1 项完成" in page
    assert "5 项中 5 项四项齐全" in page and "data-paste" not in page
    late = (
        signed_in(cast.user("clerk"))
        .get(reverse("pilots:plan-rows", args=[plan.pk]), {"view": "late"})
        .content.decode()
    )
    assert first.target in late and second.target not in late
    mine = signed_in(cast.user("principal")).get("/tasks/").content.decode()
    assert "有关职责 · 云上FH001小学一校一案第 1 版" in mine and f"前置任务“{first.target}”还没有完成" in mine


def test_a_cell_opens_saves_and_is_refused_without_a_person(plan: Plan, cast: Cast) -> None:
    row, client = add(plan, cast), signed_in(cast.user("clerk"))
    here = reverse("pilots:plan-rows", args=[plan.pk])
    opened = client.get(f"{here}?edit={row.pk}&cell=due_on", headers={"HX-Request": "true"}).content.decode()
    assert opened.lstrip().startswith('<div id="plan-rows"') and 'data-cell="due_on"' in opened
    save = reverse("pilots:row-save", args=[row.pk])
    refused = client.post(save, typed(row, cast, responsible=""), headers={"HX-Request": "true"})
    assert refused.status_code == 422 and "填写一名负责人" in refused.content.decode()
    plain = client.post(save, typed(row, cast, responsible=""))
    assert plain.status_code == 422 and f'href="#row-{row.pk}-responsible"' in plain.content.decode()
    done = client.post(save, typed(row, cast, target="修订章程并备案"))
    assert done.status_code == 302 and plan.rows.get().target == "修订章程并备案"
    stale = client.post(save, typed(row, cast, target="第三个人的"))
    assert (
        stale.status_code == 412
        and "修订章程并备案" in stale.content.decode()
        and "第三个人的" in stale.content.decode()
    )


def test_rows_are_added_moved_and_removed_by_plain_forms(plan: Plan, cast: Cast) -> None:
    client = signed_in(cast.user("clerk"))
    adding = reverse("pilots:row-add", args=[plan.pk])
    assert client.post(adding, typed(None, cast, target="甲")).status_code == 302
    onward = client.post(adding, typed(None, cast, target="乙", after="1", then="add:charter"))
    assert onward["Location"].endswith("?add=charter") and RowDependency.objects.count() == 1
    assert "没有第 9 项" in client.post(adding, typed(None, cast, target="丙", after="9")).content.decode()
    row = plan.rows.get(target="乙")
    assert client.post(reverse("pilots:row-move", args=[row.pk]), {"do": "up"}).status_code == 302
    assert orders(plan) == ["乙", "甲"]
    client.post(reverse("pilots:row-remove", args=[row.pk]), {"version": row.version})
    assert orders(plan) == ["甲"]


def test_the_number_of_queries_is_the_same_for_few_and_many_rows(plan: Plan, cast: Cast) -> None:
    client, here = signed_in(cast.user("clerk")), reverse("pilots:plan-rows", args=[plan.pk])
    previous = add(plan, cast, "第一项")

    def measured() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(here, headers={"HX-Request": "true"}).status_code == 200
        return len(queries)

    client.get(here)
    few = measured()
    for number in range(12):
        previous = add(plan, cast, f"任务 {number}", kind="duties", after=(previous.pk,))
    assert measured() == few


# ---- import, paste, export ----


def table(*lines: tuple[str, ...]) -> str:
    return "\n".join("\t".join(line) for line in lines)


def test_pasted_rows_are_checked_cell_by_cell_and_written_whole(plan: Plan, cast: Cast) -> None:
    client, name = signed_in(cast.user("clerk")), cast.people["principal"].name
    text = table(("甲", "起草", "2026年12月1日", name), ("乙", "审定", "明年", ""), ("丙", "", "2026-12-03", "无此人"))
    page = client.post(reverse("pilots:rows-import", args=[plan.pk]), {"text": text, "kind": "duties"})
    said = page.content.decode()
    assert page.status_code == 422 and "有 4 处要改" in said
    assert "第 2 行“完成时限”：日期写成 2026-11-20 这样" in said and "本校现在任职的人里没有无此人" in said
    assert not plan.rows.exists()
    kept = {"table": page.context["table"], "seen": page.context["preview"].seen}
    mended = {"c-1-due_on": "2026-12-02", "c-1-responsible": name, "c-2-measures": "公示"}
    confirm = reverse("pilots:rows-confirm", args=[plan.pk])
    assert client.post(confirm, kept | mended).status_code == 422 and not plan.rows.exists()
    assert client.post(confirm, kept | mended | {"c-2-responsible": name}).status_code == 302
    assert list(plan.rows.order_by("order").values_list("target", "kind", "due_on")) == [
        ("甲", "duties", date(2026, 12, 1)), ("乙", "duties", date(2026, 12, 2)), ("丙", "duties", date(2026, 12, 3)),
    ]  # fmt: skip


def test_the_export_imported_again_changes_nothing_and_a_changed_cell_changes_one_row(plan: Plan, cast: Cast) -> None:
    first = add(plan, cast, "=甲")
    add(plan, cast, "乙", kind="duties", after=(first.pk,), units="党政办")
    client = signed_in(cast.user("clerk"))
    exported = client.get(reverse("pilots:rows-export", args=[plan.pk, "xlsx"]))
    assert exported.status_code == 200 and Event.objects.filter(kind="pilots.rows.exported").count() == 1
    again = SimpleUploadedFile("清单.xlsx", exported.content)
    page = client.post(reverse("pilots:rows-import", args=[plan.pk]), {"file": again})
    assert page.status_code == 200 and page.context["same"] == 2, page.context["lines"]
    refused = client.post(
        reverse("pilots:rows-confirm", args=[plan.pk]),
        {"table": page.context["table"], "seen": page.context["preview"].seen},
    )
    assert refused.status_code == 409 and "没有重复导入" in refused.content.decode()
    line = ("2", "有关职责", "乙", "起草、审定", soon(40).isoformat(), cast.people["team"].name, "", "", "", "", "")
    changed = SimpleUploadedFile("清单.xlsx", workbooks.as_xlsx([EXPORTED[:11], line]))
    page = client.post(reverse("pilots:rows-import", args=[plan.pk]), {"file": changed})
    assert (page.context["new"], page.context["changed"]) == (0, 1)
    assert f"原来：{cast.people['principal'].name}" in page.content.decode()
    done = client.post(
        reverse("pilots:rows-confirm", args=[plan.pk]),
        {"table": page.context["table"], "seen": page.context["preview"].seen},
    )
    row = plan.rows.get(target="乙")
    assert done.status_code == 302 and (row.due_on, row.units, row.responsible) == (soon(40), "", cast.people["team"])
    assert plan.rows.count() == 2 and not RowDependency.objects.exists()


def test_an_import_is_refused_when_the_checklist_is_not_what_was_looked_at(plan: Plan, cast: Cast) -> None:
    cells = from_paste(table(("甲", "起草", "2026-12-01", cast.people["principal"].name)))
    seen = look(plan=plan, table=cells, today=timezone.localdate()).seen
    add(plan, cast, "甲", kind="")
    with pytest.raises(Stale, match="又有变化"):
        import_rows(plan=plan, table=cells, seen=seen, by=cast.user("clerk"), at=now())
    assert plan.rows.count() == 1


def test_lines_wait_for_each_other_by_their_own_numbers(plan: Plan, cast: Cast) -> None:
    name = cast.people["principal"].name
    head = ("序号", "目标任务", "推进措施", "完成时限", "责任主体", "前置任务")
    ring = from_paste(
        table(head, ("7", "甲", "起", "2026-12-01", name, "8"), ("8", "乙", "起", "2026-12-01", name, "第7项"))
    )
    preview = look(plan=plan, table=ring, today=timezone.localdate())
    assert [line.faults.get("after", "")[:6] for line in preview.lines] == ["几项互相等待", "几项互相等待"]
    chain = from_paste(
        table(head, ("7", "甲", "起", "2026-12-01", name, ""), ("8", "乙", "起", "2026-12-01", name, "7"))
    )
    seen = look(plan=plan, table=chain, today=timezone.localdate()).seen
    import_rows(plan=plan, table=chain, seen=seen, by=cast.user("clerk"), at=now())
    assert RowDependency.objects.get().after.target == "甲"
    assert look(plan=plan, table=chain, today=timezone.localdate()).number_of("same") == 2


def test_doubles_within_a_table_and_formulas_are_faults(plan: Plan, cast: Cast) -> None:
    name = cast.people["principal"].name
    double = from_paste(table(("甲", "起", "2026-12-01", name), ("甲 ", "起", "2026-12-01", name)))
    assert look(plan=plan, table=double, today=timezone.localdate()).lines[1].faults == {
        "target": "与第 1 行重复，只留一行"
    }
    sheet = workbooks.as_xlsx([EXPORTED[:11], ("1", "", "=A1", "起", "2026-12-01", name)])
    page = signed_in(cast.user("clerk")).post(
        reverse("pilots:rows-import", args=[plan.pk]), {"file": SimpleUploadedFile("x.xlsx", sheet)}
    )
    assert page.status_code == 422 and "单元格里是公式" in page.content.decode()


# ---- templates ----


def make_template(bureau: User, *extra: TemplateLine) -> Template:
    rows = (
        TemplateLine("charter", "修订章程", "起草、审定", 30, "principal"),
        TemplateLine("organisation", "专班组建", "发文", 10, "vice_principal"),
        *extra,
    )
    new = TemplateInput("五项工程通用模板", "各校", rows)
    return template_services.draft_template(new=new, by=bureau, at=now())


def test_a_template_is_written_published_and_withdrawn_by_the_bureau_alone(cast: Cast) -> None:
    bureau = factories.make_bureau()
    with pytest.raises(NotAllowed):
        make_template(cast.user("secretary"))
    template = make_template(bureau)
    assert not Template.objects.visible_to(cast.user("clerk")).exists()
    template = template_services.publish_template(template=template, version=template.version, by=bureau, at=now())
    assert Template.objects.visible_to(cast.user("clerk")).exists()
    with pytest.raises(WrongState, match="已发布"):
        template_services.edit_template(template=template, new=TemplateInput("别的", "", ()), by=bureau, at=now())
    template = template_services.withdraw_template(template=template, by=bureau, at=now())
    assert template.status == TemplateStatus.WITHDRAWN


def test_a_template_taken_twice_doubles_nothing_and_open_posts_stay_to_be_filled(plan: Plan, cast: Cast) -> None:
    bureau = factories.make_bureau()
    template = make_template(bureau, TemplateLine("duties", "责任清单", "起草", 5, "deputy_secretary"))
    template_services.publish_template(template=template, by=bureau, at=now())
    mine = add(plan, cast, "修订 章程", measures="本校自己的措施")
    cast_gone = cast.people["deputy"]
    cast_gone.appointments.update(ends_on=timezone.localdate() - timedelta(days=1))
    client = signed_in(cast.user("clerk"))
    here = reverse("pilots:template-take", args=[plan.pk, template.pk])
    page = client.get(here)
    assert (page.context["new"], page.context["known"], page.context["open"]) == (2, 1, 1)
    assert client.post(here).status_code == 302
    twice = client.post(here)
    assert twice.status_code == 409 and "没有重复添加" in twice.content.decode()
    rows = {row.target: row for row in plan.rows.all()}
    assert rows["修订 章程"].measures == "本校自己的措施" and rows["修订 章程"].pk == mine.pk
    assert rows["专班组建"].responsible == cast.people["member"]
    assert rows["专班组建"].due_on == plan.starts_on + timedelta(days=10)
    assert rows["责任清单"].responsible is None
    page = client.get(reverse("pilots:plan-rows", args=[plan.pk]))
    assert "第 2 项缺责任主体" in page.content.decode()


def test_the_bureau_writes_a_template_on_its_page(cast: Cast) -> None:
    bureau = signed_in(factories.make_bureau())
    data = {"name": "通用模板", "row-TOTAL_FORMS": "3", "row-INITIAL_FORMS": "0"}
    lines = {"row-0-target": "修订章程", "row-0-kind": "charter", "row-0-days": "30", "row-0-post": "secretary"}
    refused = bureau.post(reverse("pilots:template-new"), data | lines)
    assert refused.status_code == 422 and "写明推进措施" in refused.content.decode()
    saved = bureau.post(reverse("pilots:template-new"), data | lines | {"row-0-measures": "起草"})
    template = Template.objects.get()
    assert saved["Location"] == template.get_absolute_url() and template.rows.get().post == "secretary"
    bureau.post(reverse("pilots:template-action", args=[template.pk, "publish"]), {"version": template.version})
    assert bureau.get(f"{reverse('pilots:template-new')}?{urlencode({'from': template.pk})}").status_code == 200
    assert signed_in(cast.user("clerk")).post(reverse("pilots:template-new"), data).status_code == 404
