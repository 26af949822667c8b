"""Workbooks and files of decisions: right columns, no error in any cell, nothing a spreadsheet would compute, nothing withheld."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from audit.models import Event
from governance import collection
from governance.decisions_file import COLUMNS
from governance.models import AgendaItem, Decision, ItemReader, MeetingMember
from governance.models.items import Secrecy
from schools.permissions import Body
from tests import factories

pytestmark = pytest.mark.django_db
TIOL = "序号 会议名称 会议类型 会议时间 主持人 参会人 会议通知 会议纪要 议题名称 任务来源 专项名称 事项编码 关联会议 关联议题 列席人员 审议结果 是否通过 是否报国资委 是否听取意见 听取意见情况 议题材料 议题决议 备注"


@pytest.fixture
def cast() -> factories.Cast:
    return factories.make_cast("FH001", "松风中学")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def book(user: User, name: str, **values: str) -> list[list[Any]]:
    """The rows of a workbook, read back by another library."""
    today = timezone.localdate()
    given = {"school": "FH001", "since": f"{today.year}-01-01", "until": today.isoformat(), **values}
    answer = client_of(user).get(reverse("governance:collection", args=[name]), given)
    assert answer.status_code == 200, answer.content.decode()[:500]
    found = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    rows = found.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert not [cell for row in rows for cell in row if isinstance(cell, str) and cell.startswith("#")]
    return rows


def restrict(item: AgendaItem, *readers: Any) -> None:
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.filter(item=item).delete()
    for person in readers:
        ItemReader.objects.create(item=item, person=person)


def test_the_table_of_meetings_has_the_23_columns_in_order(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    rows = book(cast.user("secretary"), "meetings")
    assert rows[1] == TIOL.split() and len(rows[1]) == 23
    line = dict(zip(rows[1], rows[2], strict=True))
    assert line["序号"] == 1 and line["会议名称"] == f"松风中学{meeting.title()}"
    assert (line["会议类型"], line["事项编码"], line["议题名称"]) == ("党组织会议", "P01", "议题1")
    assert (line["审议结果"], line["是否通过"], line["是否报国资委"]) == ("通过", "通过", "否")
    assert line["参会人"] == "沈书记01、林校长01、吴副书记01、郑委员01" and line["议题决议"] == "会议同意。"
    assert rows[3][0].startswith("填表说明：") and "不另填类别字母" in rows[3][0] and len(rows) == 4
    assert "松风中学" in rows[0][0] and "编号" in rows[0][0]


def test_absentees_stand_with_their_reason(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    rows = collection.rows_of(
        collection.MEETINGS, cast.user("secretary"), cast.school, timezone.localdate(), timezone.localdate()
    )
    assert rows
    member = MeetingMember(name="李明", status="leave", reason="外出培训")
    assert collection._attendee(member) == "李明（外出培训）"
    assert collection._attendee(MeetingMember(name="李明", status="absent")) == "李明（缺席）"


def test_a_withheld_item_leaves_its_number_only(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    restrict(meeting.items.get(), cast.people["principal"])
    rows = book(factories.make_bureau(), "meetings")
    assert rows[2][8] == "限定人员议题，无权查看" and rows[2][22] == "第 1 项"
    assert not any(rows[2][9:22])
    assert book(cast.user("principal"), "meetings")[2][8] == "议题1"


def test_unsigned_meetings_other_schools_and_other_years_are_not_in_it(cast: factories.Cast) -> None:
    factories.make_recorded(cast)
    other = factories.make_cast("FH002", "竹坞小学", office="城西教办")
    factories.make_signed(other)
    assert len(book(cast.user("secretary"), "meetings")) == 3
    factories.make_signed(cast)
    assert len(book(cast.user("secretary"), "meetings", since="2001-01-01", until="2001-12-31")) == 3


def test_the_table_of_matters_lists_the_catalogue(cast: factories.Cast) -> None:
    factories.reference()
    rows = book(cast.user("clerk"), "matters")
    assert len(rows) == 2 + 45 + 1 and rows[2][2] == "P01" and rows[46][2] == "A20"
    assert all(len(row) == len(collection.MATTERS.columns) for row in rows)


def test_the_table_of_regulations_can_be_empty_and_still_opens(cast: factories.Cast) -> None:
    rows = book(cast.user("secretary"), "regulations")
    assert rows[1] == list(collection.REGULATIONS.columns) and rows[2][0].startswith("填表说明")


def test_formulas_stay_text_in_every_file(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    Decision.objects.filter(meeting=meeting).update(title="=1+1")
    client = client_of(cast.user("secretary"))
    text = client.get(reverse("governance:decisions-export", args=["csv"])).content.decode()
    assert "'=1+1" in text
    content = client.get(reverse("governance:decisions-export", args=["xlsx"])).content
    cells = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert any("'=1+1" in row for row in cells)
    assert collection.to_xlsx(collection.MATTERS, [[1, "=HYPERLINK(1)", *[""] * 8]], "@x")


def test_who_may_take_them_and_that_it_is_recorded(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    url = reverse("governance:collection", args=["meetings"])
    today = timezone.localdate().isoformat()
    given = {"school": "FH001", "since": today, "until": today}
    stranger = factories.make_cast("FH002", office="城西教办")
    assert client_of(cast.user("member")).get(url, given).status_code == 404
    assert client_of(factories.make_office_user()).get(url, given).status_code == 404
    assert client_of(stranger.user("secretary")).get(url, given).status_code == 404
    assert client_of(cast.user("clerk")).get(reverse("governance:collection", args=["none"]), given).status_code == 404
    assert client_of(cast.user("clerk")).get(url, {**given, "since": "x"}).status_code == 422
    assert client_of(cast.user("clerk")).get(url, given).status_code == 200
    assert Event.objects.filter(kind="governance.collection.exported", data__book="meetings").count() == 1


def test_the_cost_of_the_meetings_table_does_not_grow(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    costs = []
    for _ in range(2):
        user, today = cast.user("secretary"), timezone.localdate()
        with CaptureQueriesContext(connection) as captured:
            collection.rows_of(collection.MEETINGS, user, cast.school, today - timedelta(days=9), today)
        costs.append(len(captured))
        factories.make_signed(cast)
        factories.make_signed(cast)
    assert costs[0] == costs[1]


# ---- decisions.csv ----


def decisions(user: User, **query: str) -> list[dict[str, str]]:
    answer = client_of(user).get(reverse("governance:decisions-export", args=["csv"]), query)
    assert answer.status_code == 200 and not answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(answer.content.decode(), newline="")))


def test_decisions_csv_is_one_row_a_decision_with_the_head_first(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    rows = decisions(cast.user("secretary"))
    assert tuple(rows[0]) == COLUMNS
    decision = meeting.decisions.get()
    assert rows == [
        {
            "number": decision.number, "date": str(decision.decided_on), "school": "FH001", "school_name": "松风中学",
            "body": "party", "matter": "P01", "title": "议题1", "due": "4", "present": "4", "for": "4", "against": "0",
            "abstain": "0", "result": "approved",
        }
    ]  # fmt: skip
    assert Event.objects.filter(kind="governance.decisions.exported").count() == 1


def test_restricted_decisions_are_left_out_whoever_asks(cast: factories.Cast) -> None:
    meeting = factories.make_signed(cast)
    restrict(meeting.items.get(), cast.people["secretary"])
    assert decisions(cast.user("secretary")) == [] == decisions(factories.make_bureau())


def test_filters_and_rights_hold(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    factories.make_signed(cast, Body.PRINCIPAL, matters=("A10",))
    stranger = factories.make_cast("FH002", office="城西教办")
    assert len(decisions(cast.user("secretary"))) == 2
    assert [row["body"] for row in decisions(cast.user("secretary"), body="principal")] == ["principal"]
    assert decisions(cast.user("secretary"), year="2001") == []
    assert decisions(stranger.user("secretary")) == []
    assert (
        client_of(factories.make_office_user()).get(reverse("governance:decisions-export", args=["csv"])).status_code
        == 404
    )


def test_the_list_offers_both_files(cast: factories.Cast) -> None:
    factories.make_signed(cast)
    page = client_of(cast.user("secretary")).get(reverse("governance:decisions")).content.decode()
    assert "decisions/export.xlsx" in page and "decisions/export.csv" in page
