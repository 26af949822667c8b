"""Importing the roster (A100): upload, check, look, confirm; all or nothing; twice changes nothing."""

import threading
import time
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone
from python_calamine import load_workbook

from accounts.models import User
from audit.models import Event
from common.errors import DomainError, WrongState
from schools import access
from schools.models import Office, RosterUpload, School
from schools.permissions import Post
from schools.roster.preview import compare
from schools.roster.reading import read
from schools.selectors import stored_roster
from schools.services import roster as services
from schools.services import schools as schools_services
from schools.views import roster as roster_views
from tests.factories import make_bureau, make_cast, make_office_user, make_school
from tests.workbooks import HEADER, as_csv, as_xls, as_xlsx, school, table

pytestmark = pytest.mark.django_db
PAGE = "/schools/roster/"


@pytest.fixture
def organiser() -> Client:
    client = Client()
    client.force_login(make_bureau())
    return client


def send(client: Client, data: bytes, name: str = "名册.csv"):
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data)})


def check(client: Client, *rows) -> RosterUpload:
    answer = send(client, as_csv(table(*rows)))
    assert answer.status_code == 302, answer.content.decode()
    return RosterUpload.objects.get(pk=answer.headers["Location"].split("/")[-2])


def confirm(client: Client, upload: RosterUpload, version: int | None = None):
    version = upload.version if version is None else version
    return client.post(f"{PAGE}{upload.pk}/confirm/", {"version": version})


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="schools.").order_by("seq").values_list("kind", flat=True))


# ---- the four steps ----


def test_nothing_is_written_before_the_confirmation_and_everything_after(organiser):
    upload = check(organiser, school(1), school(2, 教办="直属"))
    page = organiser.get(f"{PAGE}{upload.pk}/").content.decode()
    assert "将新增 2 所" in page
    assert School.objects.count() == 0
    assert "导入 2 所学校的资料？" in organiser.get(f"{PAGE}{upload.pk}/confirm/").content.decode()
    answer = confirm(organiser, upload)
    assert answer.headers["Location"] == "/schools/"
    assert "已导入：新增 2 所，更新 0 所，不变 0 所" in organiser.get("/schools/").content.decode()
    assert [(s.code, s.office and s.office.code) for s in School.objects.order_by("code")] == [
        ("FH001", "O01"),
        ("FH002", None),
    ]
    upload.refresh_from_db()
    assert (upload.status, upload.confirmed_by.username) == ("confirmed", "organiser")
    assert [kind for kind in kinds() if "roster" in kind] == ["schools.roster.checked", "schools.roster.imported"]
    assert Event.objects.get(kind="schools.roster.imported").data == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "untouched": 0,
    }


def test_importing_the_same_file_twice_changes_nothing(organiser):
    confirm(organiser, check(organiser, school(1), school(2)))
    versions = list(School.objects.order_by("code").values_list("version", "updated_at"))
    again = check(organiser, school(1), school(2))
    assert "文件与学校档案一致，不用导入" in organiser.get(f"{PAGE}{again.pk}/").content.decode()
    assert confirm(organiser, again).status_code == 302
    assert list(School.objects.order_by("code").values_list("version", "updated_at")) == versions
    assert kinds().count("schools.school.entered") == 2
    assert "schools.school.changed" not in kinds()


def test_the_preview_names_old_and_new_and_who_is_left_out(organiser):
    confirm(organiser, check(organiser, school(1), school(2), school(3)))
    upload = check(organiser, school(1, 学生数=900, 教办="城西教办"), school(2), school(4))
    context = organiser.get(f"{PAGE}{upload.pk}/").context
    changes = [(c.label, c.old, c.new) for s in context["changed"] for c in s.changes]
    assert changes == [("教办", "城东教办", "城西教办"), ("学生数", "800", "900")]
    assert context["untouched"] == ["第3小学"]
    assert {key: context["counts"][key] for key in ("new", "changed", "unchanged", "untouched")} == {
        "new": 1, "changed": 1, "unchanged": 1, "untouched": 1,
    }  # fmt: skip
    before = School.objects.get(code="FH003").updated_at
    confirm(organiser, upload)
    assert School.objects.get(code="FH001").office.name == "城西教办"
    assert School.objects.get(code="FH003").updated_at == before


def test_rights_follow_a_school_to_its_new_office(organiser):
    confirm(organiser, check(organiser, school(1)))
    east, west = make_office_user("城东教办", "east"), make_office_user("城西教办", "west")
    confirm(organiser, check(organiser, school(1, 教办="城西教办")))
    pk = School.objects.get().pk
    assert not access.can(User.objects.get(pk=east.pk), "view_school", pk)
    assert access.can(User.objects.get(pk=west.pk), "view_school", pk)


def test_offices_get_codes_in_order_of_first_appearance(organiser):
    rows = [school(1, 教办="直属"), school(2, 教办="乙教办"), school(3, 教办="甲教办"), school(4, 教办="乙教办")]
    confirm(organiser, check(organiser, *rows))
    assert list(Office.objects.order_by("code").values_list("code", "name")) == [("O01", "乙教办"), ("O02", "甲教办")]


@pytest.mark.parametrize(
    ("make", "name"), [(as_xlsx, "名册.xlsx"), (as_xls, "名册.xls"), (as_csv, "名册.csv"), (as_xlsx, "其实是.csv")]
)
def test_each_kind_of_file_is_taken_whatever_it_is_called(organiser, make, name):
    answer = send(organiser, make(table(school(1))), name)
    assert answer.status_code == 302
    assert RosterUpload.objects.get().counts["new"] == 1


def test_a_roster_of_48_schools_takes_less_than_a_second(organiser):
    data = as_csv(table(*[school(number) for number in range(1, 49)]))
    started = time.process_time()
    send(organiser, data)
    confirm(organiser, RosterUpload.objects.get())
    assert time.process_time() - started < 1
    assert School.objects.count() == 48


def test_what_cannot_be_written_to_the_end_takes_everything_back(organiser, monkeypatch):
    upload = check(organiser, school(1), school(2), school(3))

    def fails_after_writing(*schools):
        assert School.objects.count() == 3
        raise WrongState("写到一半停下")

    monkeypatch.setattr(schools_services, "project_grants", fails_after_writing)
    assert confirm(organiser, upload).status_code == 409
    assert School.objects.count() == 0
    assert "schools.roster.imported" not in kinds()
    upload.refresh_from_db()
    assert upload.status == "checked"


# ---- faults ----


def test_faulty_rows_are_named_on_the_page_and_in_a_list_to_take_away(organiser):
    upload = check(organiser, school(1), school(2, 学生数="八百", 学段="大学"))
    answer = organiser.get(f"{PAGE}{upload.pk}/")
    page = answer.content.decode()
    assert "<title>有 2 处要改 - 导入学校名册" in page
    assert "有 1 行、2 处要改，改好才能导入" in page
    for said in ("第 3 行“学段”：不在选项里", "八百", "只写数字，如 1200，不写单位"):
        assert said in page
    file = organiser.get(f"{PAGE}{upload.pk}/faults/")
    rows = load_workbook(BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert rows[1] == ["行", "列", "现在填的", "哪里不对", "怎么改"]
    assert [row[:3] for row in rows[2:]] == [[3, "学段", "大学"], [3, "学生数", "八百"]]
    assert "导出人：局组织科" in rows[0][0]


def test_a_faulty_roster_is_not_imported(organiser):
    upload = check(organiser, school(1), school(2, 学段="大学"))
    answer = confirm(organiser, upload)
    assert answer.status_code == 409
    assert "还有几处要改" in answer.content.decode()
    assert School.objects.count() == 0


def test_a_name_that_another_school_bears_is_a_fault_and_not_a_crash(organiser):
    confirm(organiser, check(organiser, school(1), school(2)))
    upload = check(organiser, school(1, 学校名称="第2小学"), school(2, 学校名称="第1小学"))
    assert [(f["row"], f["column"], f["reason"]) for f in upload.faults] == [
        (2, "学校名称", "FH002 现在叫这个名称"), (3, "学校名称", "FH001 现在叫这个名称"),
    ]  # fmt: skip


def test_a_value_that_is_markup_is_shown_as_text(organiser):
    upload = check(organiser, school(1, 学段="<script>alert(1)</script>"))
    page = organiser.get(f"{PAGE}{upload.pk}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "文件是空的"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "这不是电子表格"),
        (as_csv([["姓名"], ["王"]]), "没有找到表头"),
        (as_csv([HEADER, *[school(1)] * 5011]), "名册最多 5,000 行"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_on_the_form_and_nothing_is_kept(organiser, data, said):
    answer = send(organiser, data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "有 1 处要改" in answer.content.decode()
    assert not RosterUpload.objects.exists()


def test_no_file_is_an_error_of_the_field(organiser):
    answer = organiser.post(PAGE, {})
    assert answer.status_code == 422
    assert "选一个文件" in answer.content.decode()


def test_300_megabytes_are_refused_before_they_are_read(organiser):
    class Unread(BytesIO):
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = readinto = read

    request = RequestFactory().post(PAGE, b"", content_type="multipart/form-data; boundary=x")
    request.META["CONTENT_LENGTH"] = str(300 * 1024 * 1024)
    request.META["wsgi.input"] = request._stream = Unread()
    request.user = User.objects.get(username="organiser")
    request.session, request._messages = organiser.session, []
    answer = roster_views.roster(request)
    assert answer.status_code == 413
    assert "文件不超过 10 MB" in answer.content.decode()


def test_a_file_over_the_limit_is_refused(organiser):
    answer = send(organiser, b"x" * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 422
    assert "文件不超过 10 MB" in answer.content.decode()


def test_the_upload_is_protected_against_foreign_forms(organiser):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="organiser"))
    answer = strict.post(PAGE, {"file": SimpleUploadedFile("a.csv", as_csv(table(school(1))))})
    assert answer.status_code == 403
    assert not RosterUpload.objects.exists()


def test_a_file_name_is_kept_without_control_letters_and_cut(organiser):
    send(organiser, as_csv(table(school(1))), "名\x07册" + "长" * 250 + ".csv")
    name = RosterUpload.objects.get().filename
    assert len(name) <= 200
    assert name.isprintable()


# ---- who was first ----


def test_a_roster_that_changed_since_the_check_is_checked_again_first(organiser):
    upload = check(organiser, school(1))
    make_school("FH009", "插进来的小学")
    answer = confirm(organiser, upload)
    assert answer.status_code == 409
    assert "核对之后学校名册又有变化" in answer.content.decode()
    assert School.objects.count() == 1
    assert "重新核对" in organiser.get(f"{PAGE}{upload.pk}/").content.decode()
    assert organiser.post(f"{PAGE}{upload.pk}/recheck/").status_code == 302
    stale_version = confirm(organiser, upload)
    assert "刚才有人重新核对过这份名册" in stale_version.content.decode()
    upload.refresh_from_db()
    assert upload.counts["untouched"] == 1
    assert confirm(organiser, upload).status_code == 302
    assert School.objects.count() == 2


def test_what_somebody_else_confirmed_is_not_imported_again(organiser):
    upload = check(organiser, school(1))
    confirm(organiser, upload)
    other = Client()
    other.force_login(make_bureau(username="organiser-2"))
    answer = confirm(other, upload)
    assert answer.status_code == 409
    assert "局组织科 已导入这份名册，没有重复导入" in answer.content.decode()
    assert kinds().count("schools.roster.imported") == 1


def test_another_file_that_waited_is_outdated_by_an_import(organiser):
    first, second = check(organiser, school(1)), check(organiser, school(1, 学生数=900))
    confirm(organiser, first)
    second.refresh_from_db()
    assert second.status == "expired"
    assert confirm(organiser, second).status_code == 409
    organiser.post(f"{PAGE}{second.pk}/recheck/")
    second.refresh_from_db()
    assert (second.status, second.counts["changed"], second.counts["new"]) == ("checked", 1, 0)


@pytest.mark.parametrize("version", ["", "x", "0", "99999999999999999999", "-1", "１"])
def test_a_version_nobody_saw_is_refused(organiser, version):
    upload = check(organiser, school(1))
    answer = organiser.post(f"{PAGE}{upload.pk}/confirm/", {"version": version})
    assert answer.status_code == 409
    assert School.objects.count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_ten_confirmations_at_once_one_imports():
    by = make_bureau()
    data = [as_csv(table(school(1, 学生数=900 + place), school(2))) for place in range(2)]
    uploads = [services.check_roster(data=one, filename="a.csv", by=by, at=timezone.now()) for one in data]
    start, said = threading.Barrier(10), []

    def go(place: int) -> None:
        start.wait()
        try:
            services.confirm_import(
                upload=uploads[place % 2], version=None, by=User.objects.get(pk=by.pk), at=timezone.now()
            )
            said.append("imported")
        except DomainError as refusal:
            said.append(type(refusal).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(place,)) for place in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["WrongState"] * 9 + ["imported"]
    assert School.objects.count() == 2
    assert kinds().count("schools.roster.imported") == 1


# ---- who may ----


@pytest.mark.parametrize("post", [Post.SUPERVISOR, Post.LEADER, Post.SYSTEM_ADMIN, Post.SECRETARY])
def test_nobody_but_the_organisation_section_finds_the_import(organiser, post):
    upload = check(organiser, school(1))
    client = Client()
    client.force_login(make_cast("FH050").user("secretary") if post is Post.SECRETARY else make_bureau(post))
    for path in (
        PAGE,
        f"{PAGE}template/",
        f"{PAGE}{upload.pk}/",
        f"{PAGE}{upload.pk}/faults/",
        f"{PAGE}{upload.pk}/confirm/",
    ):
        assert client.get(path).status_code == 404, path
    for path in (PAGE, f"{PAGE}{upload.pk}/confirm/", f"{PAGE}{upload.pk}/recheck/"):
        assert client.post(path, {"version": upload.version}).status_code == 404, path
    assert not School.objects.filter(code="FH001").exists()
    by = User.objects.get(pk=client.session["_auth_user_id"])
    for act in (
        lambda: services.check_roster(data=as_csv(table(school(1))), filename="a", by=by, at=timezone.now()),
        lambda: services.recheck_roster(upload=upload, by=by, at=timezone.now()),
        lambda: services.confirm_import(upload=upload, version=None, by=by, at=timezone.now()),
        lambda: services.import_roster(data=as_csv(table(school(1))), by=by, at=timezone.now()),
    ):
        with pytest.raises(DomainError, match="名册由组织科导入"):
            act()


def test_the_template_is_a_spreadsheet_with_the_offices_of_today(organiser):
    make_school("FH001", office="城东教办")
    answer = organiser.get(f"{PAGE}template/")
    book = load_workbook(BytesIO(answer.content))
    assert book.sheet_names == ["学校名册", "填写说明", "选项"]
    assert tuple(book.get_sheet_by_index(0).to_python()[0]) == HEADER
    assert [row[3] for row in book.get_sheet_by_name("选项").to_python(skip_empty_area=False)[:2]] == [
        "城东教办",
        "直属",
    ]


def test_the_start_page_lists_what_was_uploaded_last(organiser):
    check(organiser, school(1))
    page = organiser.get(PAGE).content.decode()
    assert "名册.csv" in page
    assert "待确认" in page


def test_a_missing_upload_is_no_page(organiser):
    gone = f"{PAGE}00000000-0000-4000-8000-000000000000/"
    for path in (gone, f"{gone}confirm/", f"{gone}faults/"):
        assert organiser.get(path).status_code == 404


# ---- the command ----


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_schools", str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_imports_and_says_what_it_did(tmp_path):
    file = tmp_path / "roster.xlsx"
    file.write_bytes(as_xlsx(table(school(1), school(2))))
    assert "核对完，没有写入：新增 2 所，更新 0 所，不变 0 所" in run(file, "--dry-run")
    assert School.objects.count() == 0
    assert "已导入：新增 2 所，更新 0 所，不变 0 所" in run(file)
    assert "已导入：新增 0 所，更新 0 所，不变 2 所" in run(file)
    file.write_bytes(as_csv(table(school(1, 学生数=900))))
    said = run(file)
    assert "FH001 第1小学：学生数 800 → 900" in said
    assert "文件里没有、保持不变：第2小学" in said
    fact = Event.objects.filter(kind="schools.roster.imported").latest("seq")
    assert (fact.actor_name, fact.data["changed"]) == ("系统", 1)


def test_the_command_names_every_fault_and_writes_nothing(tmp_path):
    file = tmp_path / "roster.csv"
    file.write_bytes(as_csv(table(school(1), school(2, 学段="大学"))))
    out = StringIO()
    with pytest.raises(CommandError, match="有 1 处要改"):
        call_command("import_schools", str(file), stdout=out, stderr=out)
    assert "第 3 行“学段”“大学”：不在选项里" in out.getvalue()
    assert School.objects.count() == 0


@pytest.mark.parametrize(("content", "said"), [(None, "打不开"), (b"", "空的"), (b"x" * 11_000_000, "不超过 10 MB")])
def test_the_command_says_why_a_file_cannot_be_taken(tmp_path, content, said):
    file = tmp_path / "roster.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        run(file)


def test_comparing_is_pure_and_counts_each_school_once():
    rows = read(as_csv(table(school(1), school(2)))).rows
    preview = compare(rows, {})
    assert preview.counts == {"new": 2, "changed": 0, "unchanged": 0, "untouched": 0}
    assert stored_roster() == {}
