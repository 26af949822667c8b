"""The list of schools (S03): filter, sort, search, pages, export, at a constant number of queries."""

import csv
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import load_workbook

from audit.models import Event
from common.exports import neutral
from schools.models import School
from schools.permissions import Post
from schools.roster.reading import read
from schools.services.appointments import end_appointment
from tests.factories import make_bureau, make_cast, make_office_user, make_person, make_school

pytestmark = pytest.mark.django_db
LIST = "/schools/"


@pytest.fixture
def organiser() -> Client:
    client = Client()
    client.force_login(make_bureau())
    return client


def district() -> None:
    make_school(
        "FH001",
        "松风高级中学",
        None,
        stage="senior",
        size="large",
        foundation="strong",
        students=2500,
        party_org_type="committee",
    )
    make_school("FH002", "白鹭小学", "城东教办", stage="primary", size="small", foundation="weak", students=300)
    make_school("FH003", "莲塘小学", "北郊教办", location="town", leadership_mode="combined", students=534)


def codes(client: Client, query: str = "") -> list[str]:
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return [row["code"] for row in answer.context["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["FH001", "FH002", "FH003"]),
        ("?office=none", ["FH001"]),
        ("?office=O01", ["FH002"]),
        ("?stage=senior", ["FH001"]),
        ("?size=small", ["FH002"]),
        ("?foundation=weak", ["FH002"]),
        ("?location=town", ["FH003"]),
        ("?party_org_type=committee", ["FH001"]),
        ("?leadership_mode=combined", ["FH003"]),
        ("?stage=primary&location=urban", ["FH002"]),
        ("?q=白鹭", ["FH002"]),
        ("?q=bailu", ["FH002"]),
        ("?q=BLXX", ["FH002"]),
        ("?q=liantang", ["FH003"]),
        ("?q=fh001", ["FH001"]),
        ("?q=没有这所", []),
        ("?q=小学&sort=-students", ["FH003", "FH002"]),
        ("?sort=name", ["FH002", "FH003", "FH001"]),
        ("?sort=-name", ["FH001", "FH003", "FH002"]),
        ("?sort=students", ["FH002", "FH003", "FH001"]),
        ("?sort=-code", ["FH003", "FH002", "FH001"]),
    ],
)
def test_filter_sort_and_search(organiser, query, found):
    district()
    assert codes(organiser, query) == found


@pytest.mark.parametrize(
    "query",
    ["?stage=nonsense", "?office=O99", "?sort=password", "?sort=-", "?page=%21%21", "?page=WyJ4Iiww", "?size=&size=", "?q=%20%09", "?stage=%F0%9F"],
)  # fmt: skip
def test_what_makes_no_sense_is_no_filter(organiser, query):
    district()
    assert len(codes(organiser, query)) == 3


def test_the_sorted_column_says_so_and_turns_round(organiser):
    district()
    page = organiser.get(LIST + "?sort=name&stage=primary").content.decode()
    assert 'aria-sort="ascending"><a class="sort" href="?stage=primary&amp;sort=-name">学校' in page
    assert page.count("aria-sort") == 1


def test_a_row_names_who_leads_today(organiser):
    cast = make_cast("FH001", "松风小学")
    secretary = cast.secretary.appointments.get()
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    end_appointment(appointment=secretary, ends_on=yesterday, by=None, at=timezone.now())
    row = organiser.get(LIST).context["rows"][0]
    assert "secretary" not in row
    assert row["principal"] == cast.principal.name


def test_pages_go_on_from_a_row_and_keep_the_filter(organiser, monkeypatch):
    monkeypatch.setattr("schools.views.common.PAGE_SIZE", 3)
    for number in range(1, 9):
        make_school(f"FH{number:03}", stage="primary" if number != 2 else "junior")
    first = organiser.get(LIST + "?stage=primary&sort=-code")
    assert [row["code"] for row in first.context["rows"]] == ["FH008", "FH007", "FH006"]
    second = organiser.get(LIST + first.context["next_url"])
    assert [row["code"] for row in second.context["rows"]] == ["FH005", "FH004", "FH003"]
    last = organiser.get(LIST + second.context["next_url"])
    assert [row["code"] for row in last.context["rows"]] == ["FH001"]
    assert last.context["next_url"] == ""
    back = organiser.get(LIST + last.context["previous_url"])
    assert [row["code"] for row in back.context["rows"]] == ["FH005", "FH004", "FH003"]


def test_everybody_sees_the_schools_of_the_own_posts_only(client):
    cast = make_cast("FH001", office="城东教办")
    make_cast("FH002", office="城东教办")
    make_cast("FH003", office="城西教办")
    make_person("无任职", "nobody")
    for user, found in (
        (cast.user("secretary"), ["FH001"]),
        (cast.user("clerk"), ["FH001"]),
        (make_office_user("城东教办"), ["FH001", "FH002"]),
        (make_bureau(Post.SUPERVISOR), ["FH001", "FH002", "FH003"]),
        (make_bureau(Post.SYSTEM_ADMIN), []),
    ):
        client.force_login(user)
        assert codes(client) == found
        assert len(
            list(csv.reader(StringIO(client.get("/schools/export/csv/").content.decode("utf-8-sig"))))
        ) == 2 + len(found)


def test_one_row_and_thirty_cost_the_same_queries(organiser):
    make_cast("FH001")
    organiser.get(LIST)
    with CaptureQueriesContext(connection) as one:
        organiser.get(LIST)
    for number in range(2, 31):
        make_school(f"FH{number:03}")
    make_cast("FH031")
    with CaptureQueriesContext(connection) as many:
        assert len(codes(organiser)) == 31
    assert len(one) == len(many) <= 8


def test_an_empty_list_says_why_and_what_to_do(organiser, client):
    assert "导入名册" in organiser.get(LIST).content.decode()
    make_school()
    assert "没有符合条件的学校" in organiser.get(LIST + "?q=zz").content.decode()
    client.force_login(make_bureau(Post.AUDITOR))
    page = client.get(LIST).content.decode()
    assert "没有你能看的学校档案" in page
    assert "导入名册" not in page


# ---- export ----


def rows_of(content: bytes, kind: str) -> list[list[object]]:
    if kind == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return [list(row) for row in csv.reader(StringIO(content.decode("utf-8-sig")))]
    return load_workbook(BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_export_holds_the_filtered_list_and_says_who_took_it(organiser, kind):
    district()
    cast = make_cast("FH009", "启明小学", students=160)
    answer = organiser.get(f"/schools/export/{kind}/?stage=primary&sort=-students")
    assert f".{kind}" in answer["Content-Disposition"]
    rows = rows_of(answer.content, kind)
    fact = Event.objects.get(kind="schools.register.exported")
    assert fact.data == {"rows": 3, "filters": {"stage": "primary"}, "format": kind}
    assert rows[0][0].startswith("学校名册　导出人：局组织科　时间：20")
    assert rows[0][0].endswith(f"编号：{fact.seq}")
    assert [row[0] for row in rows[2:]] == ["FH003", "FH002", "FH009"]
    last = dict(zip(rows[1], rows[-1], strict=True))
    assert (last["书记"], last["书记任职起"], float(last["学生数"])) == (cast.secretary.name, "2020-09-01", 160)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_can_be_imported_again_and_changes_nothing(organiser, kind):
    district()
    reading = read(organiser.get(f"/schools/export/{kind}/").content)
    assert reading.faults == []
    assert [row.code for row in reading.rows] == ["FH001", "FH002", "FH003"]
    assert reading.rows[0].office is None


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠", " =", "\x0b="])
def test_no_cell_of_an_export_is_a_live_formula(organiser, kind, sign):
    school = make_school("FH001")
    School.objects.filter(pk=school.pk).update(name=f"{sign}HYPERLINK(1)")
    content = organiser.get(f"/schools/export/{kind}/").content
    for row in rows_of(content, kind):
        for cell in row:
            assert not str(cell).lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert "HYPERLINK(1)" in str(rows_of(content, kind)[2][1])


def test_harmless_text_stays_as_it_is():
    assert [neutral(text) for text in ("云上小学", "1-2", "a=b", "–", "")] == ["云上小学", "1-2", "a=b", "–", ""]


def test_an_export_is_taken_by_get_only(organiser):
    assert organiser.post("/schools/export/csv/").status_code == 405
    assert organiser.head("/schools/export/csv/").status_code == 405
    assert not Event.objects.filter(kind="schools.register.exported").exists()


def test_the_list_is_for_people_who_signed_in(client):
    for path in (LIST, "/schools/export/xlsx/", "/schools/permissions/", "/schools/FH001/"):
        assert client.get(path).headers["Location"].startswith("/accounts/sign-in/")


def test_pinyin_order_is_by_sound_and_not_by_code_point(organiser):
    for number, name in enumerate(("张坝小学", "安岩小学", "溪口小学"), start=1):
        make_school(f"FH00{number}", name)
    assert [row["name"] for row in organiser.get(LIST + "?sort=name").context["rows"]] == [
        "安岩小学",
        "溪口小学",
        "张坝小学",
    ]
