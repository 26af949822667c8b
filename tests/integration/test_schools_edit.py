"""修改学校资料: short name, township and the roster's figures, by the organisation section between two rosters."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from common.errors import InvalidInput, NotAllowed, Stale
from reports.selectors.audit_log import details
from schools.models import School
from schools.permissions import Post
from schools.services.details import LABELS, SchoolDetails, change_details, details_of
from tests.factories import make_bureau, make_cast, make_office_user, make_school

pytestmark = pytest.mark.django_db
URL = "/schools/FH001/edit/"


@pytest.fixture
def school() -> School:
    return make_school("FH001", "松风高级中学", stage="senior")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_bureau())
    return client


def form_of(school: School, **changed: Any) -> dict[str, Any]:
    """What the page posts when nothing was touched but `changed`."""
    values = {name: getattr(details_of(school), name) for name in LABELS}
    return {"version": school.version, **values, **changed}


def change(school: School, *, by: Any = None, version: int | None = None, **changed: Any) -> dict[str, list[Any]]:
    values = {name: getattr(details_of(school), name) for name in LABELS}
    return change_details(
        school=school,
        details=SchoolDetails(**{**values, **changed}),
        version=school.version if version is None else version,
        by=by or User.objects.filter(username="second").first() or make_bureau(username="second"),
        at=timezone.now(),
    )


def test_the_page_opens_with_what_is_stored_and_says_what_the_roster_keeps(desk: Client, school: School) -> None:
    page = desk.get(URL).content.decode()
    assert 'value="松风高中"' in page and "校名、学段、教办由名册导入更改" in page
    assert f'name="version" value="{school.version}"' in page
    assert f'href="{URL}"' in desk.get("/schools/FH001/").content.decode()


def test_a_change_is_stored_recorded_and_shown(desk: Client, school: School) -> None:
    said = form_of(school, short_name="松风", township="岳林街道", students=1300, has_committee=False)
    answer = desk.post(URL, said, follow=True)
    assert answer.redirect_chain == [("/schools/FH001/", 302)]
    page = answer.content.decode()
    assert "已保存：简称、镇（街道）、学生数、已建立党组织委员会" in page
    for shown in ("松风", "岳林街道", "1,300", "未建立"):
        assert shown in page
    after = School.objects.get()
    assert (after.short_name, after.township, after.students, after.has_committee) == ("松风", "岳林街道", 1300, False)
    assert after.version == school.version + 1
    fact = Event.objects.get(kind="schools.school.changed")
    assert fact.school_id == school.pk and fact.actor_name == "局组织科"
    assert fact.data["changes"] == {
        "short_name": ["松风高中", "松风"], "township": ["", "岳林街道"], "students": [800, 1300], "has_committee": [True, False],
    }  # fmt: skip
    assert "简称 松风高中、松风" in dict(details(fact.data))["改动"], "the auditor reads it in words"


def test_a_township_taken_out_is_null_again(school: School) -> None:
    change(school, township="岳林街道")
    school.refresh_from_db()
    change(school, township="")
    assert School.objects.get().township is None


def test_the_party_organisation_is_named_after_its_type(school: School) -> None:
    change(school, party_org_type="committee")
    school.refresh_from_db()
    assert school.party_organisation.name == "中共松风高级中学委员会"


def test_the_same_details_once_more_change_and_record_nothing(desk: Client, school: School) -> None:
    answer = desk.post(URL, form_of(school), follow=True)
    assert "没有改动，学校资料不变" in answer.content.decode()
    assert School.objects.get().version == school.version
    assert not Event.objects.filter(kind="schools.school.changed").exists()


def test_who_comes_second_sees_the_differences_and_loses_nothing_he_typed(desk: Client, school: School) -> None:
    said = form_of(school, short_name="松风", size="large")
    change(school, short_name="松高", students=900)
    answer = desk.post(URL, said)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "刚才有人更新了这份内容" in page and 'value="松风"' in page
    found = {(one.label, one.theirs, one.yours) for one in answer.context["differences"]}
    assert found == {("简称", "松高", "松风"), ("学生数", "900", "800"), ("规模", "中", "大")}
    assert School.objects.get().short_name == "松高", "nothing was written over"
    again = {**said, "version": answer.context["form"]["version"].value()}
    assert desk.post(URL, again).status_code == 302
    assert School.objects.get().short_name == "松风"


@pytest.mark.parametrize(
    ("field", "said", "reason"),
    [
        ("short_name", "", "填写简称"),
        ("short_name", "  ", "填写简称"),
        ("short_name", "松" * 21, "20"),
        ("short_name", "松\u202e风", "有看不见的字符"),
        ("township", "岳" * 41, "40"),
        ("township", "岳林\u200b街道", "有看不见的字符"),
        ("students", "", "填写人数"),
        ("students", "一千", "只写整数"),
        ("students", "-1", "0 或更大"),
        ("staff", "100001", "填 0 到 100,000 的整数"),
        ("location", "moon", "选一个列表里有的"),
        ("has_committee", "", "选一项"),
        ("party_org_type", "x", "选一个列表里有的"),
        ("version", "", "重新打开"),
    ],
)
def test_bad_input_comes_back_with_its_reason(desk: Client, school: School, field: str, said: str, reason: str) -> None:
    answer = desk.post(URL, form_of(school, **{"township": "岳林街道", field: said}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert reason in page
    assert said.strip() in page or not said.strip() or field in ("location", "party_org_type")
    assert School.objects.get().version == school.version


def test_a_short_name_another_school_has_is_refused(desk: Client, school: School) -> None:
    make_school("FH002", "望山小学")
    answer = desk.post(URL, form_of(school, short_name="望山小学"))
    assert answer.status_code == 422
    assert "望山小学已用这个简称，换一个" in answer.content.decode()


def test_the_service_itself_refuses_what_the_form_would(school: School) -> None:
    with pytest.raises(InvalidInput) as refusal:
        change(school, short_name="", location="moon", students=100_001, township="x" * 41)
    assert {fault.path for fault in refusal.value.faults} == {"short_name", "location", "students", "township"}
    with pytest.raises(Stale):
        change(school, version=school.version - 1, students=5)


def test_only_the_organisation_section_may_and_others_do_not_find_the_page(client: Client) -> None:
    cast = make_cast("FH001")
    stranger = make_cast("FH002", office="城西教办")
    insiders = [cast.user("secretary"), cast.user("clerk"), make_office_user(), make_bureau(Post.SUPERVISOR)]
    outsiders = [stranger.user("secretary"), make_bureau(Post.SYSTEM_ADMIN)]
    for user in (*insiders, *outsiders):
        client.force_login(user)
        assert client.get(URL).status_code == client.post(URL, form_of(cast.school)).status_code == 404
        assert URL not in client.get("/schools/FH001/").content.decode()
        with pytest.raises(NotAllowed, match="组织科"):
            change(cast.school, by=user, students=5)
    assert School.objects.get(code="FH001").students == 800


def test_a_roster_that_renames_the_school_keeps_a_short_name_somebody_chose(school: School) -> None:
    make_school("FH001", "松风新高级中学", stage="senior")
    assert School.objects.get().short_name == "松风新高中", "one that was derived is derived anew"
    change(School.objects.get(), short_name="松风")
    make_school("FH001", "松风高级中学", stage="senior")
    assert School.objects.get().short_name == "松风"


def test_a_roster_checked_before_the_change_is_to_be_checked_again(school: School) -> None:
    from schools.roster.preview import digest
    from schools.selectors import stored_roster

    before = digest(stored_roster())
    change(school, students=801)
    assert digest(stored_roster()) != before


def test_saving_costs_the_same_for_one_field_and_for_all(desk: Client, school: School) -> None:
    desk.get(URL)
    one = form_of(school, students=801)
    with CaptureQueriesContext(connection) as few:
        assert desk.post(URL, one).status_code == 302
    school.refresh_from_db()
    many = form_of(school, students=802, staff=9, size="small", foundation="weak", location="rural", township="大堰镇")
    with CaptureQueriesContext(connection) as all_of_them:
        assert desk.post(URL, many).status_code == 302
    assert len(few) == len(all_of_them) <= 24


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_who_save_the_same_version_one_wins_and_the_others_are_told() -> None:
    school = make_school("FH001", "松风高级中学", stage="senior")
    user = make_bureau()

    def save(number: int) -> str:
        try:
            change(school, by=User.objects.get(pk=user.pk), students=1000 + number)
            return "saved"
        except Stale:
            return "stale"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(save, range(4)))
    assert said == ["saved", "stale", "stale", "stale"]
    assert Event.objects.filter(kind="schools.school.changed").count() == 1
