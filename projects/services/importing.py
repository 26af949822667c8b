"""导入已有项目和成果: check, look, confirm. Nothing is written before; then all or nothing. The same file twice changes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.dates import at_hour, local_day
from common.errors import NotAllowed, Stale, WrongState
from projects.models import Award, Flagship, FlagshipStatus, ProjectUpload, name_key
from projects.services.awarding import AwardInput, write_award
from projects.services.base import one_at_a_time
from projects.services.drafting import write_areas
from projects.tables import STATUSES, as_day, read_table
from schools import access
from schools.models import Person, School
from schools.permissions import SchoolPerm

Status = ProjectUpload.Status
What = ProjectUpload.What
MAX_FAULTS = 500
S = FlagshipStatus


@dataclass
class Preview:
    """What a table would do, as the records are now: new rows, known ones, and near doubles to look at."""

    new: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    near: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)


def may_import(user: User) -> bool:
    """The organisation section, which lists projects, also enters those of the years before."""
    return access.school_ids(user, SchoolPerm.REVIEW).everywhere


def check_table(*, data: bytes, filename: str, what: str, by: User, at: datetime) -> ProjectUpload:
    """Read a file and keep what it says. Raises `Unreadable` when it is no such table; then nothing is kept."""
    _require(by)
    reading = read_table(data, what)
    upload = ProjectUpload(what=what, uploaded_by=by, filename=_plain(filename), rows=reading.rows)
    with transaction.atomic():
        preview = look(what, reading.rows, at)
        faults = sorted(reading.faults + preview.faults, key=lambda fault: fault["row"])
        upload.faults = faults[:MAX_FAULTS]
        upload.status = Status.FAULTY if faults else Status.CHECKED
        upload.counts = {
            "new": len(preview.new), "known": len(preview.known), "near": len(preview.near), "faults": len(faults),
            "faulty_rows": len({fault["row"] for fault in faults}), "notes": reading.notes,
        }  # fmt: skip
        upload.commit(at)
        counts: dict[str, Any] = {name: count for name, count in upload.counts.items() if isinstance(count, int)}
        record("projects.upload.checked", by=by, at=at, on=upload, what=what, **counts)
    return upload


@transaction.atomic
def confirm_table(
    *, upload: ProjectUpload, near: bool = False, version: int | None = None, by: User, at: datetime
) -> ProjectUpload:
    """导入: what is new, all or nothing. `near`: near doubles were looked at and are meant; without it they are left out."""
    _require(by)
    one_at_a_time()
    upload = ProjectUpload.objects.select_for_update(of=("self",)).select_related("confirmed_by").get(pk=upload.pk)
    if upload.status == Status.CONFIRMED:
        raise WrongState(f"{upload.confirmed_by} 已导入这份表，没有重复导入。")
    if upload.status == Status.FAULTY:
        raise WrongState("这份表还有几处要改。改好文件，重新上传。")
    if version is not None and version != upload.version:
        raise Stale("刚才有人办理过这份表。看过最新结果再确认。")
    preview = look(upload.what, upload.rows, at)
    if preview.faults:
        raise WrongState("核对之后记录又有变化，这份表不能导入了。重新上传核对。")
    rows = preview.new + (preview.near if near else [])
    write = write_projects if upload.what == What.PROJECTS else write_awards
    write(rows, by, at)
    upload.status, upload.confirmed_by, upload.confirmed_at = Status.CONFIRMED, by, at
    left = 0 if near else len(preview.near)
    upload.counts = {**upload.counts, "new": len(rows), "known": len(preview.known), "left": left}
    upload.commit(at)
    record("projects.upload.imported", by=by, at=at, on=upload, what=upload.what, rows=len(rows))
    return upload


def look(what: str, rows: Sequence[dict[str, Any]], at: datetime) -> Preview:
    """Hold the rows against the records as they are now."""
    return _look_projects(rows, local_day(at)) if what == What.PROJECTS else _look_awards(rows, local_day(at))


# ---- projects ----


def _look_projects(rows: Sequence[dict[str, Any]], today: date) -> Preview:
    preview = Preview()
    schools = {school.code: school for school in School.objects.filter(code__in={row["school"] for row in rows})}
    known = {p.number: p for p in Flagship.objects.filter(number__in={row["number"] for row in rows})}
    titles = _titles(schools.values())
    numbers: dict[str, int] = {}
    named: dict[tuple[str, str], int] = {}
    for row in rows:
        before = len(preview.faults)
        _double(preview, row, "编号", numbers, row["number"])
        _double(preview, row, "项目名称", named, (row["school"], row["title"]))
        _project_faults(preview, row, schools, today)
        if len(preview.faults) > before:
            continue
        stored = known.get(row["number"])
        if stored is None and titles.get((row["school"], row["title"])):
            other = titles[(row["school"], row["title"])]
            _wrong(preview, row, "项目名称", row["title"], f"本校已有同名项目（{other}）", "改名称，或用原来的编号")
        elif stored is None:
            (preview.near if _alike(row, titles) else preview.new).append(row)
        elif (schools[row["school"]].pk, row["title"]) == (stored.school_id, stored.title):
            preview.known.append(row)
        else:
            _wrong(preview, row, "编号", row["number"], f"编号已是“{stored.title}”", "换一个编号")
    return preview


def _titles(schools: Any) -> dict[tuple[str, str], str]:
    rows = Flagship.objects.filter(school__in=[school.pk for school in schools])
    return {
        (code, title): number or "申报中" for code, title, number in rows.values_list("school__code", "title", "number")
    }


def _alike(row: dict[str, Any], titles: dict[tuple[str, str], str]) -> str:
    """A project of the same school whose name differs in punctuation only: perhaps the same under another number."""
    for (code, title), number in titles.items():
        if code == row["school"] and name_key(title) == name_key(row["title"]):
            row["like"] = f"{number} {title}"
            return row["like"]
    return ""


def _double(preview: Preview, row: dict[str, Any], column: str, seen: dict[Any, int], key: Any) -> None:
    if key in seen:
        value = key if isinstance(key, str) else key[-1]
        _wrong(preview, row, column, str(value), f"与第 {seen[key]} 行重复", "只留一行")
    else:
        seen[key] = row["line"]


def _project_faults(preview: Preview, row: dict[str, Any], schools: dict[str, School], today: date) -> None:
    if row["school"] not in schools:
        _wrong(preview, row, "学校代码", row["school"], "没有这所学校", "写学校档案里的代码，如 FH001")
    listed, ends = as_day(row["listed_on"]), as_day(row["ends_on"])
    if listed is not None and listed > today:
        _wrong(preview, row, "立项日期", row["listed_on"], "在今天之后", "写今天或之前的日期")
    if listed is not None and ends is not None and ends <= listed:
        _wrong(preview, row, "完成期限", row["ends_on"], "不在立项日期之后", "写立项以后的日期，或留空")
    if (row["status"] == S.CONCLUDED) != bool(row["grade"]):
        label = STATUSES[S(row["status"])]
        mend = "已结题的写优秀或合格" if row["status"] == S.CONCLUDED else f"状态是“{label}”，清空等次"
        _wrong(preview, row, "结题等次", row["grade"], "与状态不符", mend)


def write_projects(rows: Sequence[dict[str, Any]], by: User, at: datetime) -> list[Flagship]:
    """The projects of the rows, in few statements; their areas with them."""
    schools = {school.code: school for school in School.objects.filter(code__in={row["school"] for row in rows})}
    people = _people(schools.values())
    made = []
    for row in rows:
        project = _project(row, schools[row["school"]], people, by, at)
        project.stamp(at)
        made.append(project)
    Flagship.objects.bulk_create(made)
    for project, row in zip(made, rows, strict=True):
        write_areas(project, row["areas"])
        record(
            "projects.flagship.imported", by=by, at=at, on=project, school_id=project.school_id,
            url=project.get_absolute_url(), number=project.number,
        )  # fmt: skip
    return made


def _people(schools: Any) -> dict[tuple[Any, str], Person | None]:
    """People by school and name; two of one name are nobody."""
    found: dict[tuple[Any, str], list[Person]] = defaultdict(list)
    for person in Person.objects.filter(school__in=[school.pk for school in schools]):
        found[(person.school_id, person.name)].append(person)
    return {key: people[0] if len(people) == 1 else None for key, people in found.items()}


def _project(row: dict[str, Any], school: School, people: Any, by: User, at: datetime) -> Flagship:
    listed_on = as_day(row["listed_on"])
    assert listed_on is not None  # noqa: S101  a needed column
    project = Flagship(
        school=school, number=row["number"], title=row["title"], kind=row["kind"], status=row["status"],
        leader=people.get((school.pk, row["leader"])), leader_name=row["leader"], budget=Decimal(row["budget"]),
        listed_on=listed_on, listed_by=by, listed_at=at_hour(listed_on), ends_on=as_day(row["ends_on"]),
        grade=row["grade"], imported_by=by, imported_at=at,
    )  # fmt: skip
    if row["status"] == S.CONCLUDED:
        project.concluded_by, project.concluded_at = by, at
    return project


# ---- awards ----


def _look_awards(rows: Sequence[dict[str, Any]], today: date) -> Preview:
    """Doubles within the file are faults; known ones are left alone; same name and year at another project is near."""
    preview = Preview()
    projects = {p.number: p for p in Flagship.objects.filter(number__in={row["number"] for row in rows})}
    stored = _stored_awards({name_key(row["name"]) for row in rows})
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        project = projects.get(row["number"])
        key = (row["number"], row["level"], name_key(row["name"]), row["year"])
        if key in seen:
            _wrong(preview, row, "奖项或名单", row["name"], f"与第 {seen[key]} 行重复", "只留一行")
        elif project is None:
            _wrong(preview, row, "项目编号", row["number"], "没有这个项目", "先导入项目，或改编号")
        elif row["year"] > today.year:
            _wrong(preview, row, "年份", str(row["year"]), "在今年之后", f"写 {today.year} 或之前")
        else:
            seen[key] = row["line"]
            _sort_award(preview, row, project, stored, seen)
    return preview


def _stored_awards(keys: set[str]) -> dict[tuple[str, int], list[Award]]:
    found: dict[tuple[str, int], list[Award]] = defaultdict(list)
    for award in Award.objects.filter(name_key__in=keys).select_related("project"):
        found[(award.name_key, award.year)].append(award)
    return found


def _sort_award(
    preview: Preview, row: dict[str, Any], project: Flagship, stored: dict[Any, list[Award]], seen: dict[Any, int]
) -> None:
    same = stored.get((name_key(row["name"]), row["year"]), [])
    if any(award.project_id == project.pk and award.level == row["level"] for award in same):
        preview.known.append(row)
        return
    other = _near_double(row, project, same)
    if other:
        row["like"] = other
        preview.near.append(row)
    else:
        preview.new.append(row)


def _near_double(row: dict[str, Any], project: Flagship, same: Sequence[Award]) -> str:
    """The same name and year of this project at another level, or at another project: perhaps meant, perhaps a slip."""
    for award in same:
        if award.project_id == project.pk:
            return f"本项目已登记为{award.get_level_display()}"
        if row["certificate"] and award.certificate == row["certificate"]:
            return f"证书编号与 {award.project.number} {award.project.title} 相同"
    others = [award.project for award in same if award.level == row["level"]]
    return f"{others[0].number} {others[0].title} 已登记同名同年的成果" if others else ""


def write_awards(rows: Sequence[dict[str, Any]], by: User, at: datetime) -> list[Award]:
    """The awards of the rows, verified: the organisation section holds the certificates."""
    projects = {p.number: p for p in Flagship.objects.filter(number__in={row["number"] for row in rows})}
    made = []
    for row in rows:
        award = Award(project=projects[row["number"]], entered_by=by, verified_by=by, verified_at=at)
        write_award(
            award, AwardInput(row["level"], row["name"], row["year"], row["prize"], row["issuer"], row["certificate"])
        )
        award.stamp(at)
        made.append(award)
    Award.objects.bulk_create(made)
    for award in made:
        record(
            "projects.award.registered", by=by, at=at, on=award, school_id=award.project.school_id,
            url=award.get_absolute_url(), accounts=[], project=str(award.project_id),
        )  # fmt: skip
    return made


def _wrong(preview: Preview, row: dict[str, Any], column: str, value: str, reason: str, mend: str) -> None:
    preview.faults.append({"row": row["line"], "column": column, "value": value[:60], "reason": reason, "mend": mend})


def _require(by: User) -> None:
    if not may_import(by):
        raise NotAllowed("已有项目和成果由组织科导入。")


def _plain(filename: str) -> str:
    kept = "".join(char for char in filename if char.isprintable())
    return kept[-200:] or "导入表"
