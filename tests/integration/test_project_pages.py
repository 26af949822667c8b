"""书记领雁项目 on pages and by API: who sees what, the ledger's numbers, imports, the case library, query counts."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment, AttachmentText
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from demo import leading
from projects import results, services
from projects.models import Award, Flagship, ProjectUpload, SelectedCase
from projects.services import AwardInput, CaseInput
from projects.services.importing import check_table, confirm_table
from projects.tables import AWARDS, PROJECTS
from tests import factories, projecting
from tests.factories import Cast
from tests.integration.test_api import machine, person, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast("FH001")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def status_of_file(client: Client, file: Attachment) -> int:
    answer = client.get(file.get_absolute_url())
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def table(columns: Any, *rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([[column.title for column in columns], *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(line, place, cell)
    return out.getvalue()


def project_row(number: str = "LY-2023-01", title: str = "旧项目", **cells: Any) -> list[Any]:
    named = {
        "编号": number, "项目名称": title, "学校代码": "FH001", "类别": "教学", "主持人": "沈书记01", "立项日期": "2023-03-18",
        "核定经费": "32000", "状态": "实施中", "完成期限": "", "结题等次": "", "涉及领域": "课堂教学、德育思政",
    } | cells  # fmt: skip
    return [named[column.title] for column in PROJECTS]


def award_row(
    number: str = "LY-2023-01", level: str = "省级", name: str = "省“双减”优秀实践案例", year: str = "2024"
) -> list[Any]:
    return [number, level, name, year, "", "", ""]


def check(data: bytes, what: str) -> ProjectUpload:
    return check_table(data=data, filename="表.xlsx", what=what, by=projecting.organiser(), at=timezone.now())


def confirm(upload: ProjectUpload, **values: Any) -> ProjectUpload:
    return confirm_table(upload=upload, by=projecting.organiser(), at=timezone.now(), **values)


def imported(*rows: list[Any]) -> None:
    confirm(check(table(PROJECTS, *(rows or [project_row()])), "projects"))


# ---- pages ----


def test_a_school_applies_on_one_page_from_the_first_word_to_the_bureaus_list(cast: Cast) -> None:
    secretary, today = signed_in(cast.user("secretary")), timezone.localdate()
    sheet = {
        "title": "山海课堂", "kind": "teaching", "areas": ["classroom"], "problem": "备课各自为政", "content": "集体备课",
        "outcomes": "课例库", "funds_asked": "32000", "party_opinion": "同意", "version": "0", "do": "send",
        "team-TOTAL_FORMS": "1", "team-INITIAL_FORMS": "0", "team-0-person": str(cast.team.pk), "team-0-duty": "执行",
        "plan-TOTAL_FORMS": "1", "plan-INITIAL_FORMS": "0", "plan-0-target": "课例库", "plan-0-measures": "每月一次",
        "plan-0-due_on": (today + timedelta(days=60)).isoformat(), "plan-0-responsible": str(cast.principal.pk),
    }  # fmt: skip
    path = reverse("projects:flagship-new")
    answer = secretary.post(path, sheet | {"plan-0-measures": ""})
    assert answer.status_code == 422 and "第 1 个节点要写明" in answer.content.decode()
    assert not Flagship.objects.exists()
    answer = secretary.post(path, sheet | {"do": "more-team"})
    assert "成员 3" in answer.content.decode() and "备课各自为政" in answer.content.decode()
    project = Flagship.objects.get(pk=secretary.post(path, sheet).headers["Location"].split("/")[2])
    assert (project.status, project.applied_by) == ("applied", cast.user("secretary"))
    page = signed_in(projecting.organiser()).get("/projects/?view=mine").content.decode()
    assert "山海课堂" in page and "待我办" in page


def test_steps_on_the_page_need_the_version_and_refusals_come_back_in_words(cast: Cast) -> None:
    project = projecting.make_reviewed(cast)
    client = signed_in(projecting.organiser())
    path = reverse("projects:flagship-action", args=[project.pk, "list"])
    assert "立项" in client.get(path).content.decode()
    answer = client.post(path, {"budget": "", "version": project.version})
    assert answer.status_code == 422 and "写金额" in answer.content.decode()
    assert client.post(path, {"budget": "1000", "version": 1}).status_code == 409
    answer = client.post(path, {"budget": "1000", "version": project.version}, follow=True)
    assert "已立项，编号 LY-" in answer.content.decode()
    answer = client.get(reverse("projects:flagship-action", args=[project.pk, "start"]))
    assert "由主持人沈书记01办理" in answer.content.decode()


def test_the_score_sheet_is_the_reviewers_own_and_tells_nothing_of_others(cast: Cast) -> None:
    project = projecting.make_checked(cast)
    mine, other = projecting.assign(project, 1), projecting.assign(project, 2)
    projecting.score(other, 7)
    client = signed_in(projecting.account(mine.reviewer))
    page = client.get(mine.get_absolute_url()).content.decode()
    assert project.content in page and other.reviewer.name not in page and "42" not in page.split("<main")[1]
    for address in (other.get_absolute_url(), project.get_absolute_url(), "/projects/", "/projects/awards/"):
        assert client.get(address).status_code == 404, address
    assert "评审：山海课堂" in client.get("/").content.decode()
    sheet = {"leadership": 20, "problem": 15, "content": 25, "feasibility": 15, "outcomes": 15, "funding": 11}
    answer = client.post(mine.get_absolute_url(), sheet | {"opinion": "思路清楚，措施可行。", "version": mine.version})
    assert answer.status_code == 422 and "经费合理打 0 至 10 分的整数" in answer.content.decode()
    sheet["funding"] = 10
    client.post(mine.get_absolute_url(), sheet | {"opinion": "思路清楚，措施可行。", "version": mine.version})
    page = client.get(mine.get_absolute_url()).content.decode()
    assert "专家一" in page and "42 分" in page and other.reviewer.name not in page


def test_a_declined_review_shows_the_application_no_more(cast: Cast) -> None:
    review = projecting.assign(projecting.make_checked(cast))
    client = signed_in(projecting.account(review.reviewer))
    proof = SimpleUploadedFile("方案.txt", "方案".encode())
    file = services.attach_to_flagship
    with pytest.raises(WrongState):
        file(project=review.project, upload=proof, by=cast.user("clerk"), at=timezone.now())
    client.post(review.get_absolute_url(), {"do": "decline", "reason": "与主持人是师生", "version": review.version})
    assert "备课各自为政" not in client.get(review.get_absolute_url()).content.decode()


def test_the_school_learns_scores_after_the_listing_and_names_never(cast: Cast) -> None:
    project = projecting.make_reviewed(cast)
    secretary = signed_in(cast.user("secretary"))
    page = secretary.get(project.get_absolute_url()).content.decode()
    assert "专家评审" not in page and "评审甲" not in page
    services.list_flagship(project=project, budget=1, by=projecting.organiser(), at=timezone.now())
    page = secretary.get(project.get_absolute_url()).content.decode()
    assert "专家一" in page and "48" in page and "评审甲" not in page and "提交评分" not in page


def test_the_list_costs_the_same_for_one_and_for_many(cast: Cast) -> None:
    projecting.make_running(cast)
    for path in (
        "/projects/",
        "/projects/awards/",
        "/projects/coverage/",
        "/projects/cases/",
        "/api/v1/projects/flagships/",
    ):
        for user in (projecting.organiser(), cast.user("secretary")):
            client = signed_in(user)
            few = queries(client, path)
            if not Flagship.objects.filter(number="LY-2023-09").exists():
                imported(*(project_row(f"LY-2023-{n:02d}", f"项目{n}") for n in range(1, 10)))
                for project in Flagship.objects.filter(number__startswith="LY-2023"):
                    projecting.make_award(project)
            assert queries(client, path) == few, path


def test_bulk_export_takes_what_is_ticked_and_filters_stay_in_the_address(cast: Cast) -> None:
    imported(project_row(), project_row("LY-2023-02", "另一个"))
    client = signed_in(projecting.organiser())
    one = Flagship.objects.get(number="LY-2023-02")
    text = client.get(f"/projects/export/csv/?pick={one.pk}").content.decode("utf-8-sig")
    assert "另一个" in text and "旧项目" not in text
    page = client.get("/projects/?kind=teaching&q=另一个").content.decode()
    assert "kind=teaching&amp;q=" in page and "旧项目" not in page


# ---- API ----


def test_the_api_shows_listed_and_applied_projects_and_their_next_steps(cast: Cast) -> None:
    draft, project = projecting.make_draft(cast, title="草稿"), projecting.make_listed(cast)
    projecting.make_award(project)
    api = person(cast.user("secretary"))
    rows = api.get("projects/flagships/?school=FH001&kind=teaching&status=listed").json()["results"]
    assert [row["number"] for row in rows] == [project.number]
    assert rows[0]["leader"] == {"person": str(cast.secretary.pk), "name": "沈书记01"}
    assert [{**a, "id": ""} for a in rows[0]["awards"]] == [
        {"id": "", "level": "provincial", "name": "省“双减”优秀实践案例", "year": timezone.localdate().year, "verified": True}
    ]  # fmt: skip
    assert api.get(f"projects/flagships/{draft.pk}/").status_code == 404
    detail = api.get(f"projects/flagships/{project.pk}/")
    assert detail.json()["actions"] == ["start"]
    answer = api.post(f"projects/flagships/{project.pk}/actions/start/", {}, **{"If-Match": detail["ETag"]})
    assert answer.status_code == 200 and answer.json()["milestones"][0]["status"] == "not_started"
    assert api.post(f"projects/flagships/{project.pk}/actions/mid_check/", {}).status_code == 403
    assert api.get("projects/flagships/?colour=red").status_code == 400
    schema = json.loads(Client().get("/api/v1/schema/?format=json").content)
    assert "/api/v1/projects/flagships/" in resolve(schema, schema)["paths"]


def test_an_application_by_api_is_complete_and_the_secretarys(cast: Cast) -> None:
    today = timezone.localdate()
    body: dict[str, Any] = {
        "school": "FH001", "title": "接口申报", "kind": "culture", "areas": ["culture"], "problem": "问题", "content": "举措",
        "outcomes": "成果", "funds_asked": 12000, "party_opinion": "同意", "team": [{"name": "外聘专家"}],
        "milestones": [{
            "target": "目标", "measures": "措施", "due_on": (today + timedelta(days=30)).isoformat(),
            "responsible": {"person": str(cast.principal.pk)},
        }],
    }  # fmt: skip
    assert person(cast.user("principal")).post("projects/flagships/", body).status_code == 403
    faulty = person(cast.user("secretary")).post("projects/flagships/", body | {"problem": "", "colour": 1})
    assert faulty.status_code == 400 and not Flagship.objects.exists()
    made = person(cast.user("secretary")).post("projects/flagships/", body)
    assert (made.status_code, made.json()["status"], made.json()["number"]) == (201, "applied", None)
    key = made.json()["id"]
    organiser = person(projecting.organiser())
    gone = organiser.post(f"projects/flagships/{key}/actions/return/", {"reason": "补写经费明细"})
    assert gone.json()["deleted"] is True
    assert organiser.get("projects/flagships/").json()["results"] == []
    assert organiser.get("projects/flagships/?include_deleted=true").json()["results"][0]["deleted"] is True


def test_another_school_and_a_client_of_another_school_see_nothing(cast: Cast) -> None:
    project = projecting.make_listed(cast)
    award = projecting.make_award(project)
    other = factories.make_cast("FH002", office="城西教办")
    for api in (person(other.user("secretary")), machine("projects:read", schools=("FH002",))):
        assert api.get("projects/flagships/").json()["results"] == []
        assert api.get(f"projects/flagships/{project.pk}/").status_code == 404
        assert api.get(f"projects/awards/{award.pk}/").status_code == 404
    assert machine("projects:read").get(f"projects/flagships/{project.pk}/").json()["actions"] == []
    assert machine("schools:read").get("projects/flagships/").status_code == 403


# ---- results ----


def test_awards_are_kept_once_and_counts_are_distinct_projects(cast: Cast) -> None:
    imported(project_row(), project_row("LY-2023-02", "另一个"))
    first, second = Flagship.objects.order_by("number")
    projecting.make_award(first, year=2024)
    with pytest.raises(InvalidInput, match="同一成果只记一次"):
        projecting.make_award(first, name="省 双减 优秀实践案例", year=2024)
    with pytest.raises(IntegrityError), transaction.atomic():
        award = Award.objects.get()
        Award.objects.bulk_create(
            [
                Award(
                    **{
                        **{f.attname: getattr(award, f.attname) for f in Award._meta.concrete_fields},
                        "id": project_id(),
                    }
                )
            ]
        )
    projecting.make_award(first, year=2025)
    projecting.make_award(second, name="省“双减”优秀实践案例 ", year=2025)
    today = timezone.localdate()
    assert (results.figure("F08", today), results.figure("F11", today), results.figure("F10", today)) == (2, 2, 0)
    assert results.figure("F11", date(2024, 12, 31)) == 1 and results.figure("F08", date(2023, 1, 1)) == 0
    levels = {one.level: (one.projects, one.awards) for one in results.by_level(Award.objects.all())}
    assert levels["provincial"] == (2, 3)
    assert [(one.label, one.projects) for one in results.by_name(Award.objects.all())] == [("省“双减”优秀实践案例", 2)]


def project_id() -> Any:
    from common.ids import new_id

    return new_id()


def test_what_a_school_registers_counts_when_the_bureau_has_verified_it(cast: Cast) -> None:
    imported()
    project, today = Flagship.objects.get(), timezone.localdate()
    award = projecting.make_award(project, cast.user("clerk"))
    assert results.figure("F11", today) == 0
    for by in (cast.user("secretary"), factories.make_office_user()):
        with pytest.raises(NotAllowed):
            services.verify_award(award=award, by=by, at=timezone.now())
    award = services.verify_award(award=award, by=projecting.organiser(), at=timezone.now())
    assert results.figure("F11", today) == 1
    new = AwardInput("city", "改名", today.year)
    with pytest.raises(NotAllowed, match="已核验"):
        services.edit_award(award=award, new=new, by=cast.user("clerk"), at=timezone.now())
    with pytest.raises(Stale):
        services.remove_award(award=award, reason="重复登记", version=0, by=projecting.organiser(), at=timezone.now())
    services.remove_award(award=award, reason="重复登记", by=projecting.organiser(), at=timezone.now())
    assert results.figure("F11", today) == 0


def test_the_certificate_is_read_by_who_sees_the_school(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    imported()
    project = Flagship.objects.get()
    client = signed_in(cast.user("clerk"))
    given = {
        "level": "city",
        "name": "市级奖",
        "year": "2024",
        "certificate_file": SimpleUploadedFile("证书.txt", b"ok"),
    }
    assert client.post(reverse("projects:award-new", args=[project.pk]), given).status_code == 302
    file = Attachment.objects.get()
    assert status_of_file(client, file) == 200
    assert signed_in(factories.make_cast("FH002").user("secretary")).get(file.get_absolute_url()).status_code == 404


# ---- import ----


def test_an_import_shows_every_cell_to_mend_and_writes_nothing(cast: Cast) -> None:
    rows = [
        project_row(), project_row(), project_row("x", "坏编号"), project_row("LY-2023-03", "坏类别", **{"类别": "体育"}),
        project_row("LY-2023-04", "外校", **{"学校代码": "FH999"}), project_row("LY-2023-05", "等次", **{"状态": "已结题"}),
        project_row("LY-2023-06", "日子", **{"立项日期": "前年"}),
    ]  # fmt: skip
    upload = check(table(PROJECTS, *rows), "projects")
    faults = {(fault["row"], fault["column"]) for fault in upload.faults}
    assert faults == {
        (3, "编号"), (3, "项目名称"), (4, "编号"), (5, "类别"), (6, "学校代码"), (7, "结题等次"), (8, "立项日期"),
    }  # fmt: skip
    assert all(fault["mend"] for fault in upload.faults)
    with pytest.raises(WrongState):
        confirm(upload)
    assert not Flagship.objects.exists()


def test_the_same_file_twice_changes_nothing(cast: Cast) -> None:
    data = table(
        PROJECTS, project_row(), project_row("LY-2022-01", "已结题的", **{"状态": "已结题", "结题等次": "优秀"})
    )
    upload = confirm(check(data, "projects"))
    with pytest.raises(WrongState, match="没有重复导入"):
        confirm(upload)
    again = check(data, "projects")
    assert (again.counts["new"], again.counts["known"]) == (0, 2)
    confirm(again)
    assert Flagship.objects.count() == 2
    project = Flagship.objects.get(number="LY-2023-01")
    assert (project.leader, project.status, project.areas.count()) == (cast.secretary, "running", 2)


def test_the_import_of_awards_finds_doubles_in_the_file_in_the_records_and_nearly(cast: Cast) -> None:
    imported(project_row(), project_row("LY-2023-02", "另一个"))
    faulty = check(table(AWARDS, award_row(), award_row(name="省双减优秀实践案例"), award_row("LY-9999-01")), "awards")
    assert [(fault["row"], fault["column"]) for fault in faulty.faults] == [(3, "奖项或名单"), (4, "项目编号")]
    confirm(check(table(AWARDS, award_row()), "awards"))
    upload = check(table(AWARDS, award_row(), award_row("LY-2023-02"), award_row("LY-2023-02", year="2025")), "awards")
    assert {name: upload.counts[name] for name in ("new", "known", "near")} == {"new": 1, "known": 1, "near": 1}
    done = confirm(upload)
    assert (done.counts["left"], Award.objects.count()) == (1, 2)
    confirm(check(table(AWARDS, award_row("LY-2023-02")), "awards"), near=True)
    assert Award.objects.count() == 3


def test_the_import_page_walks_from_template_to_result(cast: Cast) -> None:
    client = signed_in(projecting.organiser())
    template = client.get("/projects/import/projects/template/").content
    assert (
        "没有内容"
        in client.post("/projects/import/projects/", {"file": SimpleUploadedFile("a.xlsx", template)}).content.decode()
    )
    answer = client.post(
        "/projects/import/projects/", {"file": SimpleUploadedFile("a.xlsx", table(PROJECTS, project_row()))}
    )
    check_page = client.get(answer.headers["Location"])
    assert "将新增 1 行" in check_page.content.decode()
    upload = ProjectUpload.objects.get()
    done = client.post(reverse("projects:import-confirm", args=[upload.pk]), {"version": upload.version}, follow=True)
    assert "已导入 1 行" in done.content.decode() and Flagship.objects.count() == 1
    faulty = table(PROJECTS, project_row("LY-2023-05", "坏", **{"类别": "体育"}))
    answer = client.post("/projects/import/projects/", {"file": SimpleUploadedFile("a.xlsx", faulty)}, follow=True)
    assert "可选：党建+育人" in answer.content.decode()
    assert signed_in(cast.user("secretary")).get("/projects/import/projects/").status_code == 404


# ---- cases ----


def test_a_case_is_entered_by_the_bureau_and_read_everywhere_once_published(
    cast: Cast, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    at, organiser = timezone.now(), projecting.organiser()
    new = CaseInput(title="渔歌课堂", level="city", year=2024, text="从一首渔歌开始。")
    with pytest.raises(NotAllowed):
        services.enter_case(school=cast.school, new=new, by=cast.user("secretary"), at=at)
    case = services.enter_case(school=cast.school, new=new, by=organiser, at=at)
    file = services.attach_to_case(
        case=case, upload=SimpleUploadedFile("附件.txt", "潮汐".encode()), by=organiser, at=at
    )
    AttachmentText.objects.create(attachment=file, state="read", text="潮汐表", tried_at=at)
    other = signed_in(factories.make_cast("FH002").user("clerk"))
    assert other.get(case.get_absolute_url()).status_code == 404
    assert other.get(file.get_absolute_url()).status_code == 404
    services.publish_case(case=case, by=organiser, at=at)
    assert status_of_file(other, file) == 200
    for words, found in (("渔歌", True), ("潮汐表", True), ("渔歌 潮汐", True), ("渔歌 高铁", False)):
        assert ("渔歌课堂" in other.get(f"/projects/cases/?q={words}").content.decode().split("<main")[1]) is found, (
            words
        )
    assert signed_in(projecting.account(projecting.reviewer())).get(case.get_absolute_url()).status_code == 404
    assert signed_in(organiser).get("/projects/cases/export/csv/?q=渔歌").content.decode().count("渔歌课堂") == 1
    assert SelectedCase.objects.count() == 1


def test_the_demonstration_district_holds_the_figures_of_the_report() -> None:
    """report_figures.yaml F08, F10–F12, from what the loader writes; a load of 48 schools is a matter of minutes."""
    imported_ones = {number for number in range(leading.LISTED) if number % leading.EVERY != leading.FROM}
    assert (leading.LISTED, len(leading.given()["projects"])) == (40, 40)
    for numbers, figure in ((leading.NATIONAL, 3), (leading.RELIEF, 8), (leading.REFORM, 12)):
        assert len(set(numbers)) == figure and set(numbers) <= imported_ones
    assert {leading.school_of(number) for number in range(40)} <= set(range(48))
